"""Provide tools for developers: write and check a procedure, generate committed text. They require only a checkout."""
