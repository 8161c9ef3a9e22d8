"""Safe and readable text: commands, escaping, masking, counts and ages, SVG."""
