"""Renders the settings as JSON: ``skillmeat-audit/config/1``."""

from typing import Any

import msgspec

from skillmeat_audit.reports.files.ascii_json import ascii_json


class SettingsDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/config/1"
):
    """The settings by their key in the file, defaults included; ``file`` need not exist."""

    file: str
    exists: bool
    settings: dict[str, Any]


def settings_json(file: str, settings: dict[str, Any], *, exists: bool) -> bytes:
    """Return *settings* as ``skillmeat-audit/config/1``."""
    return ascii_json(SettingsDocument(file, exists, settings))
