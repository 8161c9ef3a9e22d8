"""Copying images between providers with upstream's scripts: what would fail, what would be copied, what came of it."""
