"""Finds the file that speaks for an artifact: as SkillMeat does, and only inside its collection."""

import os
import re
import stat
from typing import NamedTuple

from skillmeat_audit.base.confined import Confined
from skillmeat_audit.base.files import FileState, state_of
from skillmeat_audit.base.text import difference, encodable
from skillmeat_audit.loaders.workers import ParseTask, Record

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
_ALLOW = "the setting allow-links names folders that links may lead to"


class Located(NamedTuple):
    """The file that speaks for an artifact, as it really is called and as it is shown.

    ``place`` and ``seen`` are set where it was reached without any link: such a file can be
    remembered.
    """

    task: ParseTask
    shown: str
    place: str | None = None
    seen: FileState | None = None


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


def locate(folder: Confined, path: str, kind: str) -> Located | Record:
    """Return the file of the artifact at *path*, or what is to be said where none is to be read."""
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
    plain = folder.plain(relative)
    if plain is None:
        return None
    real, facts = plain
    place = encodable(f"{folder.name}/{relative}")
    return Located(ParseTask(real, must_fence=False), encodable(relative), place, state_of(facts))


def _locate_warily(folder: Confined, relative: str, kind: str) -> Located | Record:
    """Return the file of any artifact, wherever links lead; nothing outside is looked at."""
    real = folder.real(relative)
    if real is None:
        return {"state": "outside", "reason": _way_out(relative)}
    facts = folder.descent.facts(real)
    if facts is None:
        return {"state": "missing", "reason": _absence(folder, relative)}
    is_folder = stat.S_ISDIR(facts.st_mode)
    file, must_fence = (
        _file_in(folder, relative, kind) if is_folder else _single_file(relative, kind)
    )
    if file is None:
        return _without_file(folder, relative, kind, is_folder=is_folder)
    if (real := folder.real(file)) is None:
        reason = f"its metadata file is a link out of the collection folder; {_ALLOW}"
        return {"state": "outside", "reason": reason}
    return Located(ParseTask(real, must_fence), encodable(os.path.normpath(file)))


def _way_out(relative: str) -> str:
    if os.path.normpath(relative).split("/")[0] == os.pardir:
        return "the path leads out of the collection folder"
    return f"a link on the path leads out of the collection folder; {_ALLOW}"


def _absence(folder: Confined, relative: str) -> str:
    """Return why there is nothing at *relative*, and which name beside it may be meant."""
    if folder.is_dead_link(relative):
        return "a link that leads nowhere"
    near = folder.nearest(relative)
    if near is None:
        return "no such file"
    return f"no such file; there is {encodable(near[1])}, which differs only in {difference(*near)}"


def _without_file(folder: Confined, relative: str, kind: str, *, is_folder: bool) -> Record:
    """Return what is found where no file speaks for the artifact: only a skill has to have one."""
    if kind != "skill":
        return {"state": "absent", "reason": None}
    if not is_folder:
        return {"state": "missing", "reason": "a file, where a skill is a folder"}
    return {
        "state": "missing",
        "reason": f"its SKILL.md: {_absence(folder, os.path.join(relative, 'SKILL.md'))}",
    }


def _file_in(folder: Confined, relative: str, kind: str) -> tuple[str | None, bool]:
    """Return the file in the artifact's folder that speaks for it, and if it must be fenced."""
    for name in _NAMED.get(kind, ()):
        if _exists(folder, file := os.path.join(relative, name)):
            return file, False
    if kind in _ANY_MARKDOWN:
        markdown = (name for name in folder.names(relative) if name.endswith(".md"))
        if (first := next(markdown, None)) is not None:
            return os.path.join(relative, first), False
    fenced = (os.path.join(relative, name) for name in _FENCED.get(kind, ()))
    return next((file for file in fenced if _exists(folder, file)), None), True


def _exists(folder: Confined, file: str) -> bool:
    """Tell whether there is *file*; a link that leads out counts, and is reported as such."""
    real = folder.real(file)
    return real is None or folder.descent.facts(real) is not None


def _single_file(relative: str, kind: str) -> tuple[str | None, bool]:
    """Return the file if it speaks for an artifact of *kind*, and whether it must be fenced."""
    suffix = os.path.splitext(relative)[1]
    if kind in _SINGLE and suffix == ".md":
        return relative, False
    return (relative if kind in _FENCED and suffix != ".json" else None), True
