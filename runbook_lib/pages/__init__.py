"""Convert notebooks, registry and receipts to Markdown pages and data for the site."""
