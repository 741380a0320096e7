"""Runs the command line as ``python -m skillmeat_audit``."""

from skillmeat_audit.ui.cli.main import entry

entry()
