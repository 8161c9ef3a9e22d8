"""Connections, row locks, writes and error translation for both databases; no knowledge of a table."""
