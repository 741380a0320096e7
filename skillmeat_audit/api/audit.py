"""Audits a home."""

from typing import Unpack

from skillmeat_audit.api.inspection import inspect_home
from skillmeat_audit.api.live import ask_live, with_live
from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.loaders.home import DEFAULT_HOME
from skillmeat_audit.loaders.snapshot import Reading


def audit(
    home: PathLike = DEFAULT_HOME,
    *,
    database: PathLike | None = None,
    scope: Scope | None = None,
    live: str | None = None,
    **reading: Unpack[Reading],
) -> Audit:
    """Return the audit of a home. Nothing of the home is written.

    Parameters
    ----------
    home : path
        A ``.skillmeat`` folder, or the folder that holds it; or a tenant of an enterprise
        database, ``postgresql://…?tenant=UUID``.
    database : path or str, optional
        Another cache than the home's own: a file, or an SQLAlchemy URL (SQLite or PostgreSQL).
    scope : Scope, optional
        Which findings to report; by default all.
    live : str, optional
        The address of a running SkillMeat: its pages in *scope* are compared with ``Audit.pages``,
        the result is ``Audit.live``. The environment's ``SKILLMEAT_AUDIT_TOKEN`` is its token.
    **reading
        How files are read (`Reading`): ``progress``, ``parse_cache``, ``state_dir``,
        ``allow_links``.

    Returns
    -------
    Audit
        The findings, and the layers they were found in, as DataFrames.

    Raises
    ------
    HomeError
        If there is no home at this path.
    LiveError
        If the server at *live* does not answer.
    DatabaseError
        If the cache cannot be read.
    UsageError
        If the scope has a name that does not exist, or *database* is not an address.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> audit = sma.audit(sma.sample(), progress=False)
    >>> audit
    <Audit of scratch/batch-import/.skillmeat: The list of all artifacts lacks 1 artifact: ...>
    >>> audit.findings["rule"].value_counts().head(2).to_dict()
    {'D001': 3, 'M001': 3}
    """
    answers = (
        None if live is None else ask_live(live, scope or Scope())
    )  # first: it fails sooner than a large home
    audited = Audit(*inspect_home(home, database, scope, **reading))
    return audited if answers is None else with_live(audited, answers, scope or Scope())
