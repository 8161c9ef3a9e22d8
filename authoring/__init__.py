"""Tools for developers: write and check a procedure, generate committed text. They need a checkout, and no site."""
