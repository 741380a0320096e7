"""Finds the file that describes an artifact: as SkillMeat does, and only inside its collection."""

import os
import stat
from typing import NamedTuple

from skillmeat_audit.base.confined import Confined
from skillmeat_audit.base.files import FileState, state_of
from skillmeat_audit.base.text import encodable, name_difference
from skillmeat_audit.loaders.workers import ParseTask, Record
from skillmeat_audit.model.manifest_edits import ABSOLUTE_PATH

# The files SkillMeat reads in an artifact's folder, then any *.md for commands and agents.
NAMED = {"skill": ("SKILL.md",), "command": ("command.md",), "agent": ("AGENT.md", "agent.md")}
_ANY_MARKDOWN = ("command", "agent")
# Files that imports store and SkillMeat does not read: they count only with a front matter.
_FENCED = {
    "hook": ("HOOK.md",),
    "mcp": ("MCP.md",),
    "mcp_server": ("MCP.md",),
    "composite": ("COMPOSITE.md", "PLUGIN.md"),
    "command": (),
    "agent": (),
}
# Types whose artifact may be one file instead of a folder: commands/review.md.
_SINGLE = ("command", "agent", "soul")
_ALLOW = "the setting allow-links names folders that links may lead to"


class Located(NamedTuple):
    """The file that describes an artifact.

    ``display_path`` is relative to the collection's folder. ``cache_key`` (its path below the file
    collections) is set if no link leads to it: only such a file can be cached. Its ``state`` is
    None if nobody looked; then there may be no such file.
    """

    task: ParseTask
    display_path: str
    cache_key: str | None = None
    state: FileState | None = None


def relative_path(collection: str, path: str | None) -> str | None:
    """Return an entry's *path* relative to the folder of *collection*, None if it is elsewhere.

    SkillMeat wrote absolute paths up to 0.39, and homes move to other machines: only the part after
    ``collections/<name>/`` counts.
    """
    if path is None:  # path = ["a"]
        return None
    posix_path = path.replace("\\", "/")
    if not ABSOLUTE_PATH.match(path):
        return posix_path
    _, marker, rest = posix_path.rpartition(f"/collections/{collection}/")
    return rest if marker else None


def locate(
    folder: Confined, path: str | None, kind: str, *, looking: bool = True
) -> Located | Record:
    """Return the file of the artifact at *path*, or a record of why there is none to read.

    Without *looking*, a file of the usual form is not looked for: it may be missing.
    """
    if path is None:
        return {"state": "missing", "reason": "the path in the manifest is not text"}
    relative = relative_path(folder.name, path)
    # os raises ValueError for a NUL, which is not an OSError.
    if relative is None or "\0" in relative:
        return {"state": "outside", "reason": "the path names a folder outside the collection"}
    try:
        # Nearly all artifacts have the usual form: this skips resolving each of their paths.
        usual = _locate_fast(folder, relative, kind, looking=looking)
        return usual or _locate_resolving_links(folder, relative, kind)
    except OSError as exc:
        return {"state": "unreadable", "reason": f"cannot be read: {exc.strerror or exc}"}


def _locate_fast(folder: Confined, relative: str, kind: str, *, looking: bool) -> Located | None:
    """Return the file of an artifact in the usual form, without links; None for all others."""
    if kind == "skill":
        relative += "/SKILL.md"
    elif kind not in _SINGLE or not relative.endswith(".md"):
        return None
    if looking:
        real, facts = folder.lstat_inside(relative) or (None, None)
    else:
        real, facts = folder.path_inside(relative), None
    if real is None:
        return None
    key = encodable(f"{folder.name}/{relative}")
    state = facts and state_of(facts)
    return Located(ParseTask(real, must_fence=False), encodable(relative), key, state)


def _locate_resolving_links(folder: Confined, relative: str, kind: str) -> Located | Record:
    """Return the file of any artifact, resolving links; nothing outside is looked at."""
    real = folder.resolve_inside(relative)
    if real is None:
        return {"state": "outside", "reason": _outside_reason(relative)}
    facts = folder.descent.stat(real)
    if facts is None:
        return {"state": "missing", "reason": _missing_reason(folder, relative)}
    is_folder = stat.S_ISDIR(facts.st_mode)
    file, must_fence = (
        _file_in(folder, relative, kind) if is_folder else _single_file(relative, kind)
    )
    if file is None:
        return _no_file_record(folder, relative, kind, is_folder=is_folder)
    # The folder is inside, its SKILL.md may still be a link to anywhere.
    if (real := folder.resolve_inside(file)) is None:
        reason = f"its metadata file is a link out of the collection folder; {_ALLOW}"
        return {"state": "outside", "reason": reason}
    return Located(ParseTask(real, must_fence), encodable(os.path.normpath(file)))


def _outside_reason(relative: str) -> str:
    if os.path.normpath(relative).split("/")[0] == os.pardir:
        return "the path leads out of the collection folder"
    return f"a link on the path leads out of the collection folder; {_ALLOW}"


def _missing_reason(folder: Confined, relative: str) -> str:
    """Return why nothing is at *relative*, and a name in its folder that differs only in form."""
    if folder.is_dead_link(relative):
        return "a link that leads nowhere"
    names = folder.similar_name(relative)
    if names is None:
        return "no such file"
    differing = name_difference(*names)
    return f"no such file; there is {encodable(names[1])}, which differs only in {differing}"


def _no_file_record(folder: Confined, relative: str, kind: str, *, is_folder: bool) -> Record:
    """Return the record of an artifact without a file to read: only a skill has to have one."""
    if kind != "skill":
        return {"state": "absent", "reason": None}
    if not is_folder:
        return {"state": "missing", "reason": "a file, where a skill is a folder"}
    return {
        "state": "missing",
        "reason": f"its SKILL.md: {_missing_reason(folder, os.path.join(relative, 'SKILL.md'))}",
    }


def _file_in(folder: Confined, relative: str, kind: str) -> tuple[str | None, bool]:
    """Return the file in the artifact's folder that describes it, and if it must be fenced."""
    for name in NAMED.get(kind, ()):
        if _exists(folder, file := os.path.join(relative, name)):
            return file, False
    # As SkillMeat, which takes the first *.md that it finds.
    if kind in _ANY_MARKDOWN:
        markdown = (name for name in folder.names(relative) if name.endswith(".md"))
        if (first := next(markdown, None)) is not None:
            return os.path.join(relative, first), False
    fenced = (os.path.join(relative, name) for name in _FENCED.get(kind, ()))
    return next((file for file in fenced if _exists(folder, file)), None), True


def _exists(folder: Confined, file: str) -> bool:
    """Return whether *file* exists; a link that leads outside counts, and is reported as such."""
    real = folder.resolve_inside(file)
    return real is None or folder.descent.stat(real) is not None


def _single_file(relative: str, kind: str) -> tuple[str | None, bool]:
    """Return the file if it describes an artifact of *kind*, and whether it must be fenced."""
    suffix = os.path.splitext(relative)[1]
    if kind in _SINGLE and suffix == ".md":
        return relative, False
    return (relative if kind in _FENCED and suffix != ".json" else None), True
