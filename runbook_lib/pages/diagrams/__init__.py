"""Draw the diagrams of the pages: their data, their SVG and their Markdown extension."""
