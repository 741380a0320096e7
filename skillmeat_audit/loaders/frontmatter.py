"""Loads the front matter of every manifest entry's files: what the author wrote about the artifact.

Which file is read, and how its fields are taken, follows SkillMeat's ``extract_artifact_metadata``.
Nothing outside the collection's folder is ever read: manifest paths are untrusted.
"""

import os
import re
from collections.abc import Callable, Iterable

import pandas as pd

from skillmeat_audit.loaders.extraction import extract
from skillmeat_audit.loaders.files import Confined, Unreadable, exists, read_regular
from skillmeat_audit.model.snapshot import Home
from skillmeat_audit.model.tables import FRONTMATTER, records
from skillmeat_audit.model.text import encodable

Record = dict[str, object]
Track = Callable[[Iterable[Record]], Iterable[Record]]

SIZE_LIMIT_BYTES = 16 * 1024 * 1024
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")
_FENCE = re.compile(r"\ufeff?---[ \t]*\r?\n")

# The files SkillMeat reads in an artifact's folder, then any *.md for commands and agents.
_NAMED = {"skill": ("SKILL.md",), "command": ("command.md",), "agent": ("AGENT.md", "agent.md")}
_ANY_MARKDOWN = ("command", "agent")
# What it does not read, but imports store: only believed where it opens with a fence.
_FENCED = {
    "hook": ("HOOK.md",), "mcp": ("MCP.md",), "mcp_server": ("MCP.md",),
    "composite": ("COMPOSITE.md", "PLUGIN.md"), "command": (), "agent": (),
}  # fmt: skip
_SINGLE = ("command", "agent", "soul")


def load_frontmatter(home: Home, manifest: pd.DataFrame, track: Track = iter) -> pd.DataFrame:
    """Return ``FRONTMATTER``: one row per row of *manifest*, in its order.

    *track* wraps the entries while they are read (a progress bar).
    """
    folders: dict[object, Confined] = {}
    found = []
    for entry in track(records(manifest[["entry", "file_collection", "path", "type"]])):
        name = entry["file_collection"]
        if name not in folders:
            folders[name] = Confined(home.collections / str(name))
        found.append({"entry": entry["entry"]} | _load_one(folders[name], entry))
    return FRONTMATTER.from_records(found)


def relative_path(collection: str, path: str) -> str | None:
    """Return an entry's *path* relative to the folder of *collection*; None where it cannot be.

    SkillMeat wrote absolute paths up to 0.39, and homes move: what follows ``collections/<name>/``
    counts, whatever machine it names.
    """
    plain = path.replace("\\", "/")
    if not _ABSOLUTE.match(plain):
        return plain
    _, marker, rest = plain.rpartition(f"/collections/{collection}/")
    return rest if marker else None


def _load_one(folder: Confined, entry: Record) -> Record:
    relative = relative_path(folder.name, str(entry["path"]))
    if relative is None or "\0" in relative:
        return {"state": "outside", "reason": "the path names a folder outside the collection"}
    target = os.path.join(folder.path, relative)
    try:
        if folder.real(target) is None:
            return {"state": "outside", "reason": "the path leads out of the collection folder"}
        if not exists(target):
            return {"state": "missing", "reason": _absence(target)}
        file, must_fence = _metadata_file(target, str(entry["type"]))
        if file is None:
            return _nothing_in(target, str(entry["type"]))
        if (real := folder.real(file)) is None:
            return {
                "state": "outside",
                "reason": "its metadata file is a link out of the collection folder",
            }
        return _read_file(real, must_fence=must_fence) | {"file": _shown(folder, file)}
    except OSError as exc:
        return {"state": "unreadable", "reason": f"cannot be read: {exc.strerror or exc}"}
    except (Unreadable, UnicodeDecodeError) as exc:
        reason = str(exc) if isinstance(exc, Unreadable) else f"is not UTF-8 (byte {exc.start})"
        return {"state": "unreadable", "reason": reason, "file": _shown(folder, file or target)}


def _absence(path: str) -> str:
    return "a link that leads nowhere" if os.path.islink(path) else "no such file"


def _nothing_in(target: str, kind: str) -> Record:
    """Return what is found where no file speaks for the artifact: only a skill has to have one."""
    if kind != "skill":
        return {"state": "absent", "reason": None}
    if not os.path.isdir(target):
        return {"state": "missing", "reason": "a file, where a skill is a folder"}
    absence = _absence(os.path.join(target, "SKILL.md"))
    return {"state": "missing", "reason": f"its SKILL.md: {absence}"}


def _shown(folder: Confined, file: str) -> str:
    return encodable(os.path.normpath(file[len(folder.path) + 1 :]))


def _metadata_file(target: str, kind: str) -> tuple[str | None, bool]:
    """Return the file that speaks for the artifact, and whether it must open with a fence."""
    if os.path.isdir(target):
        for name in _NAMED.get(kind, ()):
            if exists(file := os.path.join(target, name)):
                return file, False
        if kind in _ANY_MARKDOWN and (files := _markdown(target)):
            return files[0], False
        fenced = (os.path.join(target, name) for name in _FENCED.get(kind, ()))
        return next(filter(exists, fenced), None), True
    suffix = os.path.splitext(target)[1]
    if kind in _SINGLE and suffix == ".md":
        return target, False
    return (target if kind in _FENCED and suffix != ".json" else None), True


def _markdown(folder: str) -> list[str]:
    return sorted(entry.path for entry in os.scandir(folder) if entry.name.endswith(".md"))


def _read_file(file: str, *, must_fence: bool) -> Record:
    content, modified_at = read_regular(file, SIZE_LIMIT_BYTES)
    if must_fence and not _FENCE.match(content[:16].decode("utf-8", "replace")):
        return {"state": "absent", "reason": None, "modified_at": modified_at}
    text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    fields = extract(text, body=not must_fence)
    return {"state": "read", "reason": None, "modified_at": modified_at} | fields
