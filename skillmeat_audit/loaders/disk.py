"""Looks for artifacts on disk that no manifest declares, and for paths that lead elsewhere."""

import json
import os
import re

import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.confined import Confined, Descent, name_bytes
from skillmeat_audit.base.text import encodable
from skillmeat_audit.loaders.artifact_files import relative_path
from skillmeat_audit.loaders.home import file_collections
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.manifest_edits import ABSOLUTE_PATH, is_inside
from skillmeat_audit.model.tables import PROBLEMS

# The folders SkillMeat puts artifacts in, and the type each stands for.
FOLDERS = {
    "skills": "skill",
    "commands": "command",
    "agents": "agent",
    "hooks": "hook",
    "mcps": "mcp",
    "mcp_servers": "mcp_server",
    "composites": "composite",
    "workflows": "workflow",
    "souls": "soul",
}
# Files of operating systems and editors, in lower case: not artifacts.
_LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "__pycache__"}
# README, readme.md, LICENSE.txt, CHANGELOG.md, index.md
_DOCUMENT = re.compile(r"(?:readme|licen[cs]e|changelog|contributing)(?:\.\w+)?|index\.md")
# a//b, a/, ./a, a/../b, and the empty path
UNTIDY = re.compile(r"//|/$|(?:^|/)\.\.?(?:/|$)|^$")


def load_undeclared(home: Home, manifest: pd.DataFrame) -> pd.DataFrame:
    """Return ``PROBLEMS`` of kind *undeclared*: one row per artifact on disk without an entry."""
    declared = _declared(manifest)
    problems: list[dict[str, object]] = []
    with Descent() as descent:
        for collection in file_collections(home):
            folder = Confined(home.collections, collection, descent, home.link_roots)
            declared_here = declared.get(collection, set())
            for kind_folder, kind in FOLDERS.items():
                problems.extend(
                    _undeclared(collection, kind_folder, kind, encodable(name))
                    for name in _listed_names(folder, kind_folder)
                    if f"{kind_folder}/{name}" not in declared_here
                )
    return PROBLEMS.from_records(problems)


def load_absolute_paths(home: Home, manifest: pd.DataFrame) -> pd.DataFrame:
    """Return ``PROBLEMS`` of kind *absolute* or *elsewhere*: one per entry with an absolute path.

    *elsewhere* is a path that exists outside of *home*: SkillMeat serves it as it is, and deletes
    it with the artifact. Nothing in it is read. The mend is the path below the collection's folder,
    where the artifact is there.
    """
    is_absolute = manifest["path"].str.match(ABSOLUTE_PATH.pattern).fillna(value=False)
    if not is_absolute.any():
        return PROBLEMS.empty()
    absolute = manifest[is_absolute]
    # With a slash at its end: /home/x/.skillmeat2 is not inside of /home/x/.skillmeat.
    inside = os.path.join(os.path.realpath(home.root), "")
    with Descent() as descent:
        problems = [
            {
                "kind": "elsewhere" if _exists_outside(path, name_bytes(inside)) else "absolute",
                "artifact_id": entry["artifact_id"],
                "place": f"collections/{entry['file_collection']}",
                "detail": entry["path"],
                "file_collection": entry["file_collection"],
                "key": "path",
                "mend": _rerooted(
                    Confined(home.collections, entry["file_collection"], descent, home.link_roots),
                    entry["path"],
                ),
            }
            for entry in records(absolute)
            for path in [name_bytes(entry["path"])]
        ]
    return PROBLEMS.from_records(problems)


def _rerooted(folder: Confined, path: str) -> str | None:
    """Return, as JSON, the part of *path* below the collection's *folder*, if it exists there."""
    relative = relative_path(folder.name, path)
    if relative is None or not is_inside(relative):
        return None
    real = folder.resolve_inside(relative)
    return None if real is None or folder.descent.stat(real) is None else json.dumps(relative)


def _exists_outside(path: bytes, inside: bytes) -> bool:
    try:
        return os.path.lexists(path) and not os.path.realpath(path).startswith(inside)
    except ValueError:  # a path with a NUL
        return False


def _undeclared(collection: str, kind_folder: str, kind: str, name: str) -> dict[str, object]:
    return {
        "kind": "undeclared",
        "artifact_id": f"{kind}:{name.removesuffix('.md')}",
        "place": f"collections/{encodable(collection)}/{kind_folder}/{name}",
        "detail": "add it, or delete it",
    }


def _declared(manifest: pd.DataFrame) -> dict[str, set[str]]:
    """Return the normalised paths of the entries of each file collection."""
    declared: dict[str, set[str]] = {}
    pairs = zip(to_objects(manifest["file_collection"]), to_objects(manifest["path"]), strict=True)
    for collection, path in pairs:
        relative = relative_path(collection, path)
        if relative is not None:
            # normpath costs more than all the rest here, and nearly every path is tidy.
            tidy = os.path.normpath(relative) if UNTIDY.search(relative) else relative
            declared.setdefault(collection, set()).add(tidy)
    return declared


def _listed_names(folder: Confined, kind_folder: str) -> list[str]:
    """Return the names in *kind_folder*, none if it is outside or cannot be listed."""
    try:
        entries = folder.entries(kind_folder)
    except OSError:
        return []
    return [name for name, is_folder in entries if not _is_litter(name.lower(), is_folder)]


def _is_litter(name: str, is_folder: bool) -> bool:
    """Return True if *name*, in lower case, is a file of the system, an editor or a repository."""
    # .git, ~$report.docx (Office's lock), notes.md~ (Emacs), .x.md.swp (vim)
    if name.startswith((".", "~$")) or name in _LITTER or name.endswith(("~", ".swp", ".tmp")):
        return True
    return _DOCUMENT.fullmatch(name) is not None and not is_folder
