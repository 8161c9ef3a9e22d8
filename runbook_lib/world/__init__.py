"""The systems of one run, opened when they are first used and closed together."""
