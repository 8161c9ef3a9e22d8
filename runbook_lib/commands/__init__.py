"""What each command of the command line does; `runbook_lib.cli` says which there are."""
