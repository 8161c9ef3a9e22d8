"""Plans, inspections, procedures and findings as terminal text, Markdown and SVG."""
