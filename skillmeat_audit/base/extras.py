"""The extras of this package: which are installed, and the command that installs one."""

import json
import os
import re
import shlex
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

from skillmeat_audit.base import TOOL

# Requires-Dist: ipywidgets>=8.1; extra == 'notebook'
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+).*;.*extra == ['\"]([a-z]+)['\"]")
_DEVELOPMENT = ("test", "docs", "dev")


def install_command(extra: str) -> str:
    """Return the command to paste that installs *extra*, into a checkout or an installation."""
    target = f"{TOOL}[{extra}]"
    if checkout := _checkout():
        return f"{_pip()} install -e {shlex.quote(f'{checkout}[{extra}]')}"
    return f"{_pip()} install {shlex.quote(target)}"


def _pip() -> str:
    """Return ``pip``, of this environment by its path unless the shell has activated it."""
    is_active = os.environ.get("VIRTUAL_ENV") == sys.prefix or sys.prefix == sys.base_prefix
    return "pip" if is_active else f"{shlex.quote(sys.executable)} -m pip"


def _checkout() -> Path | None:
    """Return the folder that an editable installation leads to, None for an ordinary one."""
    origin = None if (found := _distribution()) is None else found.read_text("direct_url.json")
    if origin is not None:
        address = json.loads(origin)
        if address.get("dir_info", {}).get("editable"):
            return Path(unquote(urlsplit(address["url"]).path))
    folder = Path(str(files("skillmeat_audit"))).parent
    return folder if (folder / "pyproject.toml").is_file() else None


def _distribution() -> Distribution | None:
    try:
        return distribution(TOOL)
    except PackageNotFoundError:
        return None


def extras() -> dict[str, dict[str, str | None]]:
    """Return the packages of every extra with their versions, None for one that is missing."""
    requirements = (found.requires or []) if (found := _distribution()) else []
    packages: dict[str, dict[str, str | None]] = {}
    for requirement in requirements:
        if (match := _REQUIREMENT.match(requirement)) and match[2] not in _DEVELOPMENT:
            packages.setdefault(match[2], {})[match[1]] = installed_version(match[1])
    return packages


def installed_version(package: str) -> str | None:
    """Return the version of an installed *package*, None if it is missing; nothing is imported."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
