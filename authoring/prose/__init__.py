"""Bind the words and numbers of the pages to facts: the code's own names, and upstream's with file and line."""
