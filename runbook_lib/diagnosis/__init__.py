"""What all sources together know of one thing: gathered at once, as plain values, for more than one procedure."""
