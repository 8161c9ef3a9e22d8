"""Django's PostgreSQL backend for servers that Django no longer supports; Atmosphere was deployed on 9.6."""
