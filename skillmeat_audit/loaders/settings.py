"""Loads the user's settings file: which rules are ignored, why, and what an audit may read."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import tomli

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.files import SETTINGS_LIMIT_BYTES, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import SEVERITIES, Severity

_KEYS = {"ignore", "fail-on", "keep-backups", "kept-runs", "allow-links"}
KEPT_RUNS = 400


@dataclass(frozen=True)
class Settings:
    """The values of the settings file: ``ignore`` maps rule codes to reasons.

    ::

        fail-on = "error"
        keep-backups = 3
        kept-runs = 400
        allow-links = ["~/dotfiles"]

        [ignore]
        F002 = "the home was moved on purpose"
    """

    ignore: Mapping[str, str] = field(default_factory=dict)
    fail_on: Severity = Severity.WARNING
    keep_backups: int | None = None
    kept_runs: int = KEPT_RUNS
    allow_links: tuple[Path, ...] = ()


def default_settings_file() -> Path:
    """Return the path of the settings file that is used if none is named."""
    return Path(platformdirs.user_config_dir(TOOL)) / "config.toml"


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings in *path*, or in the default file, which need not exist.

    Raises `UsageError` if the file cannot be read or has an unknown key or an invalid value.
    """
    file = path or default_settings_file()
    try:
        content, _ = read_regular(file, SETTINGS_LIMIT_BYTES)
        document = tomli.loads(content.decode("utf-8"))
    except FileNotFoundError:
        if path is None:
            return Settings()
        raise UsageError(f"no settings file at {printable(file)}") from None
    except (OSError, ValueError, RecursionError) as exc:
        raise UsageError(
            f"cannot read the settings file {printable(file)}: {printable(reason_of(exc))}"
        ) from exc
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise UsageError(
            f"{printable(file)}: unknown key {printable(unknown[0])}; "
            f"known are {', '.join(sorted(_KEYS))}"
        )
    return Settings(
        _ignores(document.get("ignore", {}), file),
        _fail_on(document.get("fail-on"), file),
        _keep_backups(document.get("keep-backups"), file),
        _kept_runs(document.get("kept-runs", KEPT_RUNS), file),
        _allow_links(document.get("allow-links", []), file),
    )


def settings_table(settings: Settings) -> dict[str, object]:
    """Return *settings* by their key in the file."""
    return {
        "fail-on": str(settings.fail_on),
        "keep-backups": settings.keep_backups,
        "kept-runs": settings.kept_runs,
        "allow-links": [str(path) for path in settings.allow_links],
        "ignore": dict(settings.ignore),
    }


def _ignores(table: object, file: Path) -> dict[str, str]:
    if not isinstance(table, dict):
        raise UsageError(f"{printable(file)}: ignore must be a table of rule = reason")
    for code, reason in table.items():
        if not isinstance(reason, str) or not reason.strip():
            raise UsageError(f"{printable(file)}: ignore.{printable(code)} needs a reason, as text")
    return table


def _fail_on(value: object, file: Path) -> Severity:
    if value is None:
        return Severity.WARNING
    if value not in SEVERITIES:
        raise UsageError(f"{printable(file)}: fail-on must be one of {', '.join(SEVERITIES)}")
    return Severity(str(value))


def _keep_backups(value: object, file: Path) -> int | None:
    if value is None or (type(value) is int and value >= 0):
        return value
    raise UsageError(f"{printable(file)}: keep-backups must be a number, 0 or more")


def _kept_runs(value: object, file: Path) -> int:
    # bool is a subclass of int: `kept-runs = true` would keep one run.
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"{printable(file)}: kept-runs must be a number of runs, 1 or more")
    return value


def _allow_links(value: object, file: Path) -> tuple[Path, ...]:
    """Return the folders that links may lead to; none is relative to the working folder."""
    texts = value if isinstance(value, list) else [None]
    folders = [Path(os.path.expanduser(text)) for text in texts if isinstance(text, str)]
    if len(folders) < len(texts) or not all(folder.is_absolute() for folder in folders):
        raise UsageError(
            f"{printable(file)}: allow-links must be a list of folders, absolute or below ~"
        )
    return tuple(folders)
