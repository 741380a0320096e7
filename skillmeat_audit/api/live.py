"""Asks a running SkillMeat for its pages, and compares an audit's page model with them."""

from dataclasses import replace

from skillmeat_audit.api.values import Audit
from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.diff.live_pages import compare_live
from skillmeat_audit.model.live import LiveAnswers


def ask_live(url: str) -> LiveAnswers:
    """Return what the SkillMeat at *url* answers; see `loaders.live.load_live`.

    Raises `UsageError` also where the extra ``live`` is not installed.
    """
    try:
        from skillmeat_audit.loaders.live import load_live  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as exc:
        # Another missing module is a broken installation, for which this advice would be wrong.
        if exc.name not in ("httpx", "anyio"):
            raise
        raise UsageError(
            f"--live needs {exc.name}, which is not installed; run: pip install '{TOOL}[live]'"
        ) from exc
    return load_live(url)


def with_live(audited: Audit, answers: LiveAnswers) -> Audit:
    """Return *audited* with its ``live``: the *answers* beside its pages."""
    return replace(audited, live=compare_live(audited.pages, answers))
