"""Finds the data that the package ships: the small homes and the notebooks."""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def bundled_folder(name: str) -> Path:
    """Return the folder *name*: in an installed package, or beside the package in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name
