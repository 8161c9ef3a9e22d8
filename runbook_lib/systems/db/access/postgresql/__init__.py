"""Django's PostgreSQL backend, for servers older than Django supports: Atmosphere was deployed on 9.6."""
