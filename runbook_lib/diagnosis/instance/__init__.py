"""Diagnose one instance from the database, Nova, Celery, Argo and the logs."""
