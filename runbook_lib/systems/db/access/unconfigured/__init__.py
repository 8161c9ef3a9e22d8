"""A database backend for a database whose address nobody gave: every use says which variable is not set."""
