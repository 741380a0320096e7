"""Looks for artifacts on disk that no manifest declares."""

import os
import re

import pandas as pd

from skillmeat_audit.loaders.files import Confined
from skillmeat_audit.loaders.frontmatter import relative_path
from skillmeat_audit.loaders.home import file_collections
from skillmeat_audit.model.snapshot import Home
from skillmeat_audit.model.tables import PROBLEMS, plain
from skillmeat_audit.model.text import encodable

# The folders SkillMeat puts artifacts in, and the type each stands for.
FOLDERS = {
    "skills": "skill", "commands": "command", "agents": "agent", "hooks": "hook", "mcps": "mcp",
    "mcp_servers": "mcp_server", "composites": "composite", "workflows": "workflow",
    "souls": "soul",
}  # fmt: skip
# What systems and people leave in any folder, in lower case: no artifact.
_LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "__pycache__"}
_DOCUMENT = re.compile(r"(?:readme|licen[cs]e|changelog|contributing)(?:\.\w+)?|index\.md")
# What makes a path longer than it has to be.
_UNTIDY = re.compile(r"//|/$|(?:^|/)\.\.?(?:/|$)|^$")


def load_undeclared(home: Home, manifest: pd.DataFrame) -> pd.DataFrame:
    """Return ``PROBLEMS`` of kind *undeclared*: one row per artifact on disk without an entry."""
    declared = _declared(manifest)
    problems = []
    for folder in file_collections(home):
        confined, known = Confined(folder), declared.get(folder.name, set())
        for kind_folder, kind in FOLDERS.items():
            for name in _names(confined.real(str(folder / kind_folder))):
                if f"{kind_folder}/{name}" not in known:
                    shown = encodable(name)
                    problems.append({
                        "kind": "undeclared",
                        "artifact_id": f"{kind}:{shown.removesuffix('.md')}",
                        "place": f"collections/{encodable(folder.name)}/{kind_folder}/{shown}",
                        "detail": "on disk, but no manifest declares it",
                    })  # fmt: skip
    return PROBLEMS.from_records(problems)


def _declared(manifest: pd.DataFrame) -> dict[str, set[str]]:
    """Return the paths that the entries of each file collection name, as short as they can be."""
    found: dict[str, set[str]] = {}
    pairs = zip(plain(manifest["file_collection"]), plain(manifest["path"]), strict=True)
    for collection, path in pairs:
        relative = relative_path(collection, path)
        if relative is not None:
            tidy = os.path.normpath(relative) if _UNTIDY.search(relative) else relative
            found.setdefault(collection, set()).add(tidy)
    return found


def _names(folder: str | None) -> list[str]:
    """Return what lies in *folder*; nothing where it is outside the collection (None)."""
    if folder is None:
        return []
    try:
        return sorted(entry.name for entry in os.scandir(folder) if not _is_litter(entry))
    except OSError:
        return []


def _is_litter(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    if name.startswith((".", "~$")) or name in _LITTER or name.endswith(("~", ".swp", ".tmp")):
        return True
    return _DOCUMENT.fullmatch(name) is not None and not entry.is_dir()
