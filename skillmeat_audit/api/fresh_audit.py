"""Audits a home again, for whoever shows a part of its findings."""

import pandas as pd

from skillmeat_audit.api.inspection import inspect_database
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.recheck import select_other
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.loaders.snapshot import Reading


def audit_again(shown: Audit, options: Options) -> Audit:
    """Return a new audit of the home of *shown*; raise as `skillmeat_audit.audit` does."""
    home = shown.snapshot.home
    if home.database is None:
        raise DatabaseError("there is no cache to audit")
    reading = Reading(progress=False, state_dir=options.state_dir, allow_links=options.allow_links)
    return Audit(*inspect_database(str(home.root), home.database, **reading))


def same_part(fresh: Audit, shown: Audit) -> Audit:
    """Return *fresh* without the findings that *shown* leaves out; new ones are in it."""
    left_out = pd.concat([shown.unselected, shown.ignored], ignore_index=True)
    findings = select_other(fresh.findings, select_other(left_out, shown.findings))
    return fresh if len(findings) == len(fresh.findings) else fresh.only(findings)
