"""Database errors: the meaning of each driver error, and the operator's next step."""
