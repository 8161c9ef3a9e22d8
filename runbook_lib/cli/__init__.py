"""What each command of the command line does; `runbook_lib.cli.main` says which there are."""
