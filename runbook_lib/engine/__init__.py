"""Apply plans, verify them, undo them: the only code that writes."""
