"""Suggests what was probably meant by an unknown verb or option."""

import difflib
from collections.abc import Sequence

from skillmeat_audit.base.text import printable

# Other words for a verb that work, and are not listed.
ALIASES = {"explain": "rules"}
# What other tools call these verbs.
_VERBS = {
    **dict.fromkeys(("audit", "lint", "scan", "status", "verify", "validate", "fsck"), "check"),
    **dict.fromkeys(("diff", "dry-run", "preview"), "plan"),
    **dict.fromkeys(("fix", "repair"), "plan, then apply"),
    **dict.fromkeys(("revert", "rollback", "restore"), "undo"),
    **dict.fromkeys(("info", "view", "inspect", "get", "cat"), "show"),
    **dict.fromkeys(("rule", "codes"), "rules"),
    **dict.fromkeys(("log", "journal"), "runs"),
    **dict.fromkeys(("trend", "trends"), "history"),
    **dict.fromkeys(("cron", "timer", "install"), "schedule"),
    **dict.fromkeys(("notebook", "notebooks", "jupyter"), "lab"),
    **dict.fromkeys(("export", "html"), "report"),
    **dict.fromkeys(("settings", "configure", "init"), "config"),
    **dict.fromkeys(("completions", "complete"), "completion"),
    "version": "--version",
}
# What other tools call these options; a verb may lack the one that is meant.
_OPTIONS = {
    **{f"--{form}": f"--format {form}" for form in ("json", "csv", "text")},
    **dict.fromkeys(("--output-format", "--fmt"), "--format"),
    **dict.fromkeys(("--colour", "--colors"), "--color"),
    **dict.fromkeys(("--no-color", "--no-colour", "--nocolor"), "--color never"),
    **dict.fromkeys(("--db", "--cache", "--url"), "--database"),
    **dict.fromkeys(("--out", "--out-file", "--file"), "--output"),
    **dict.fromkeys(("--dry-run", "--simulate", "--pretend", "--check"), "--rehearse"),
    **dict.fromkeys(("--silent",), "--quiet"),
    **dict.fromkeys(("--debug",), "--traceback"),
    **dict.fromkeys(("--rule", "--rules", "--code", "--filter"), "--select"),
    **dict.fromkeys(("--exclude", "--skip"), "--ignore"),
    **dict.fromkeys(("--settings", "--conf"), "--config"),
    **dict.fromkeys(("--state", "--statedir"), "--state-dir"),
    **dict.fromkeys(("--all", "--no-limit"), "--limit 0"),
}


def unknown_verb(name: str, verbs: Sequence[str]) -> str:
    """Return what to say of a verb *name* that is none of *verbs*."""
    meant = _VERBS.get(name.lower()) or next(iter(difflib.get_close_matches(name, verbs, 1)), None)
    return f"no such command {printable(name)}" + (f"; did you mean {meant}?" if meant else "")


def unknown_option(name: str, options: Sequence[str]) -> str:
    """Return what to say of an option *name* that is none of a verb's *options*."""
    meant = _OPTIONS.get(name)
    if meant is None or meant.partition(" ")[0] not in options:
        # Below 0.75 the closest of any thirty options looks arbitrary: --owner for --json.
        meant = next(iter(difflib.get_close_matches(name, options, 1, 0.75)), None)
    return f"no such option {printable(name)}" + (f"; did you mean {meant}?" if meant else "")
