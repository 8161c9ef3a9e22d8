"""Safe and readable text: escaping, masking, words for counts and ages, SVG."""
