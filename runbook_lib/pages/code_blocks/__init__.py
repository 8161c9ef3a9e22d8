"""List the code blocks of the pages, with the proof of each."""
