"""Starts the command line: the command ``skillmeat-audit``, and ``python -m skillmeat_audit``."""


def entry() -> None:
    """Run the command line, ready for signals before its modules load; never return."""
    from skillmeat_audit.ui.cli.signals import leave_on_signals  # noqa: PLC0415 - below

    leave_on_signals()
    from skillmeat_audit.ui.cli.main import entry as run  # noqa: PLC0415 - loads much

    run()


if __name__ == "__main__":
    entry()
