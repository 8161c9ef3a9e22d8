"""The backend of a database that is not configured; every use reports the variable that is not set."""
