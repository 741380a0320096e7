"""Asks a running SkillMeat for its pages, and compares an audit's page model with them."""

from dataclasses import replace

from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.values import Audit
from skillmeat_audit.api.views import LiveView
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.extras import install_command
from skillmeat_audit.diff.live_pages import compare_live
from skillmeat_audit.model.live import LiveAnswers, LiveScope


def ask_live(url: str, scope: Scope) -> LiveAnswers:
    """Return what the SkillMeat at *url* answers in *scope*; see `loaders.live.load_live`.

    Raises `UsageError` also where the extra ``live`` is not installed.
    """
    try:
        from skillmeat_audit.loaders.live import load_live  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as exc:
        # Another missing module is a broken installation, for which this advice would be wrong.
        if exc.name not in ("httpx", "anyio"):
            raise
        raise UsageError(
            f"--live needs {exc.name}, which is not installed; run: {install_command('live')}"
        ) from exc
    return load_live(url, scope=_live_scope(scope))


def with_live(audited: Audit, answers: LiveAnswers, scope: Scope) -> Audit:
    """Return *audited* with its ``live``: the *answers* in *scope* beside its pages."""
    compared = compare_live(audited.snapshot, audited.pages, answers, _live_scope(scope))
    return replace(audited, live=LiveView(**vars(compared), names=audited.names))


def _live_scope(scope: Scope) -> LiveScope:
    return LiveScope(tuple(scope.collections), tuple(scope.artifacts))
