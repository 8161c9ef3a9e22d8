"""What procedures read from the databases, one module per subject."""
