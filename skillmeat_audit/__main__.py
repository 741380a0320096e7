"""Runs the command line as ``python -m skillmeat_audit``."""

from skillmeat_audit.ui.cli import entry

entry()
