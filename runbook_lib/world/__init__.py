"""The systems of one run, opened at their first use and closed together."""
