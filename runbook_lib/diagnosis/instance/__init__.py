"""What the databases, the clouds, Argo, Celery and the logs say about one instance."""
