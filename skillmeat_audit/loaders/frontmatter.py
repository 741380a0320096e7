"""Loads the front matter of every manifest entry's files: what the author wrote about the artifact.

Which file is read, and how its fields are taken, follows SkillMeat's ``extract_artifact_metadata``.
Nothing outside the collection's folder is ever read: manifest paths are untrusted.
"""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from skillmeat_audit.loaders.files import Confined, Seen, exists, seen
from skillmeat_audit.loaders.index import SEEN, Index, states, states_in
from skillmeat_audit.loaders.reading import Record, Task, read_all
from skillmeat_audit.model.snapshot import Home
from skillmeat_audit.model.tables import FRONTMATTER, TEXT, Table, plain
from skillmeat_audit.model.text import encodable

Track = Callable[[Iterable[Task]], Iterable[Task]]
Positions = npt.NDArray[np.int_]

_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")

# The files SkillMeat reads in an artifact's folder, then any *.md for commands and agents.
_NAMED = {"skill": ("SKILL.md",), "command": ("command.md",), "agent": ("AGENT.md", "agent.md")}
_ANY_MARKDOWN = ("command", "agent")
# What it does not read, but imports store: only believed where it opens with a fence.
_FENCED = {
    "hook": ("HOOK.md",), "mcp": ("MCP.md",), "mcp_server": ("MCP.md",),
    "composite": ("COMPOSITE.md", "PLUGIN.md"), "command": (), "agent": (),
}  # fmt: skip
_SINGLE = ("command", "agent", "soul")
_NOWHERE = (None, None)


class Located(NamedTuple):
    """The file that speaks for an artifact, as it really is called and as it is shown.

    ``place`` and ``seen`` are there where it was reached without any link: such a file can be
    remembered.
    """

    task: Task
    shown: str
    place: str | None = None
    seen: Seen | None = None


# What the index remembers: one row per file, ``place`` its path below the file collections.
FILES = Table("files", {
    "place": TEXT, **SEEN,
    **{name: kind for name, kind in FRONTMATTER.columns.items() if name != "entry"},
})  # fmt: skip


def load_frontmatter(
    home: Home, manifest: pd.DataFrame, index: Index | None = None, track: Track = iter
) -> pd.DataFrame:
    """Return ``FRONTMATTER``: one row per row of *manifest*, in its order.

    Files that *index* knows are not read again; *track* wraps those that are (a progress bar).
    """
    index = index or Index(None)
    located = _located(home, manifest)
    known = index.remembered(FILES)
    position = _positions(located, known)
    unknown = [each for each, row in zip(located, position, strict=True) if row < 0]
    fresh = _read(unknown, track)
    if fresh.empty and len(known) == len(located) and (np.diff(position) == 1).all():
        found = known
    else:
        order = np.where(position >= 0, position, len(known) + np.cumsum(position < 0) - 1)
        found = pd.concat([known, fresh], ignore_index=True).take(order)
    if fresh["place"].notna().any():
        index.keep(FILES, found[found["place"].notna()].drop_duplicates("place"))
    return FRONTMATTER.conform(found.assign(entry=plain(manifest["entry"])))


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


def _located(home: Home, manifest: pd.DataFrame) -> list[Located | Record]:
    """Return where each entry's file is, or what is to be said where there is none to read."""
    columns = (plain(manifest[name]) for name in ("file_collection", "path", "type"))
    folders: dict[str, Confined] = {}
    found = []
    for collection, path, kind in zip(*columns, strict=True):
        if collection not in folders:
            folders[collection] = Confined(home.collections / collection)
        found.append(_locate(folders[collection], path, kind))
    return found


def _positions(located: Sequence[Located | Record], known: pd.DataFrame) -> Positions:
    """Return where *known* has each file in the state that it is in now, -1 for nowhere."""
    position = np.full(len(located), -1)
    if known.empty:
        return position
    places = {place: row for row, place in enumerate(plain(known["place"]))}
    now = [(each.place, each.seen) if isinstance(each, Located) else _NOWHERE for each in located]
    position = np.array([places.get(place, -1) for place, _ in now])
    same = (states_in(known)[position] == states([seen for _, seen in now])).all(axis=1)
    return np.where(same, position, -1)


def _read(located: Sequence[Located | Record], track: Track) -> pd.DataFrame:
    """Return ``FILES``: what each of *located* says; without a place where it is not to be kept."""
    files = [each for each in located if isinstance(each, Located)]
    read = iter(read_all([each.task for each in files], track))
    found = []
    for each in located:
        if not isinstance(each, Located):
            found.append(each)
            continue
        record, state = next(read)
        record["file"] = each.shown
        if each.place is not None and state is not None:
            record |= {"place": each.place, **state._asdict()}
        found.append(record)
    return FILES.from_records(found)


def _locate(folder: Confined, path: str, kind: str) -> Located | Record:
    relative = relative_path(folder.name, path)
    if relative is None or "\0" in relative:
        return {"state": "outside", "reason": "the path names a folder outside the collection"}
    try:
        return _locate_plainly(folder, relative, kind) or _locate_warily(folder, relative, kind)
    except OSError as exc:
        return {"state": "unreadable", "reason": f"cannot be read: {exc.strerror or exc}"}


def _locate_plainly(folder: Confined, relative: str, kind: str) -> Located | None:
    """Return the file of an ordinary artifact, with no link on the way; None for all others."""
    if kind == "skill":
        relative += "/SKILL.md"
    elif kind not in _SINGLE or not relative.endswith(".md"):
        return None
    facts = folder.plain(relative)
    if facts is None:
        return None
    place = encodable(f"{folder.name}/{relative}")
    task = Task(f"{folder.path}/{relative}", must_fence=False)
    return Located(task, encodable(relative), place, seen(facts))


def _locate_warily(folder: Confined, relative: str, kind: str) -> Located | Record:
    """Return the file of any artifact, wherever links lead; nothing outside is ever told."""
    target = os.path.join(folder.path, relative)
    if folder.real(target) is None:
        return {"state": "outside", "reason": "the path leads out of the collection folder"}
    if not exists(target):
        return {"state": "missing", "reason": _absence(target)}
    file, must_fence = _metadata_file(target, kind)
    if file is None:
        return _nothing_in(target, kind)
    if (real := folder.real(file)) is None:
        said = "its metadata file is a link out of the collection folder"
        return {"state": "outside", "reason": said}
    shown = encodable(os.path.normpath(file[len(folder.path) + 1 :]))
    return Located(Task(real, must_fence), shown)


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
