"""Database errors in our words: what each error of a driver means, and what the operator does next."""
