"""Read the settings from the environment and secrets from where their references point; values only."""
