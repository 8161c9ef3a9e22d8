"""Read the settings from the environment, and secrets from their references."""
