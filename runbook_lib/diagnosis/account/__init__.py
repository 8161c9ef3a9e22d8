"""What the databases and the clouds say about one account."""
