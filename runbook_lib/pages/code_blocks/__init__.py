"""The code blocks of the pages: which there are, and what proves each."""
