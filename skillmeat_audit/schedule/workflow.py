"""Schedules with a GitHub workflow; output goes to the log and the summary of its runs."""

import os
import shlex
from pathlib import Path

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.schedule.cron import cron_times
from skillmeat_audit.schedule.job import OWNER_MARK, Job
from skillmeat_audit.schedule.tools import is_owned, remove_owned, write_owned

WORKFLOW_FILE = Path(".github/workflows/skillmeat-audit.yml")
_TEXT = """\
# {mark}: {home}
name: SkillMeat cache audit
on:
  schedule:
    - cron: "{when}"  # UTC
  workflow_dispatch:
permissions:
  actions: read
  contents: read
  security-events: write
concurrency:
  group: skillmeat-audit
jobs:
  audit:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - uses: actions/cache/restore@v4
        with:
          path: .skillmeat-audit
          key: skillmeat-audit-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          restore-keys: skillmeat-audit-
      - run: |
          python -m pip install {package}
      - env:
          SKILLMEAT_AUDIT_NOTIFY: ${{{{ secrets.SKILLMEAT_AUDIT_NOTIFY }}}}{variables}
        run: |
          {command}
      - if: always()  # the previous step exits 1 on findings; the history is saved nevertheless
        uses: actions/cache/save@v4
        with:
          path: .skillmeat-audit
          key: skillmeat-audit-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: skillmeat-audit
          path: skillmeat-audit.*
      - if: always()
        uses: github/codeql-action/upload-sarif@v3
        with:
          sarif_file: skillmeat-audit.sarif
"""


def render(job: Job) -> str:
    """Return the text of the workflow; raise `UsageError` for a path that it cannot hold."""
    command = " ".join(shlex.quote(argument) for argument in job.argv)
    # GitHub replaces expressions before the shell sees the line: quoting does not help.
    if "${{" in command:
        raise UsageError(f"{printable(job.home)} holds ${{{{, an expression in a workflow")
    secrets = [f"\n          {name}: ${{{{ secrets.{name} }}}}" for name in job.variables]
    return _TEXT.format(
        mark=OWNER_MARK,
        home=job.home,
        when=cron_times(job),
        package=_package(job),
        command=command,
        variables="".join(secrets),
    )


def _package(job: Job) -> str:
    """Return what pip installs, as a word of the shell; raise `UsageError` for an expression."""
    extras = "[notify,live]" if job.variables else "[notify]"
    package = job.package
    if package is None:
        requirement = f"{TOOL}{extras}=={job.version}"
    elif "://" in package:
        requirement = f"{TOOL}{extras} @ {package}"
    else:  # without "./", pip would look on the index for a folder of that name
        requirement = f"{os.path.join('.', package)}{extras}"
    if "${{" in requirement:
        raise UsageError(f"{printable(package)} holds ${{{{, an expression in a workflow")
    return shlex.quote(requirement)


def install(job: Job) -> str:
    """Write the workflow below the working folder; return what was done."""
    path = Path.cwd() / WORKFLOW_FILE
    changed = write_owned(path, render(job))
    return f"{path} {'written' if changed else 'is installed already, unchanged'}"


def remove(_home: str) -> str:
    """Remove the workflow, if this program wrote it; return what was done."""
    path = Path.cwd() / WORKFLOW_FILE
    return f"{path} removed" if remove_owned(path) else f"{path} is not installed by {TOOL}"


def status(_home: str) -> str:
    """Return whether the workflow is installed."""
    path = Path.cwd() / WORKFLOW_FILE
    state = "is installed" if is_owned(path) else "is not installed"
    return f"{path} {state}"
