"""Connections, row locks, writes and error translation for both databases, independent of any table."""
