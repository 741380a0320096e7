"""Finds what comes with the package beside its code: the small homes, and the notebooks."""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def bundled_folder(name: str) -> Path:
    """Return the folder *name*: within an installed package, beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name
