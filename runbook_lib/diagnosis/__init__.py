"""Combine all sources about one object into plain values, for several procedures."""
