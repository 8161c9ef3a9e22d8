"""Notebooks, registry and receipts → Markdown pages and data for the site."""
