"""Every rule there is, in one tuple, in the order of their codes."""

from skillmeat_audit.diff.registry import Rule
from skillmeat_audit.diff.rules import descriptions, files, keys, loading, metadata, sources, times

RULES: tuple[Rule, ...] = (
    descriptions.D001, descriptions.D002, descriptions.D003, descriptions.D004, descriptions.D005,
    descriptions.D006,
    files.F001, files.F002, files.F003, files.F004, files.F005, files.F006,
    files.F007,
    keys.K001, keys.K002, keys.K003, keys.K004, keys.K005, keys.K006, keys.K007, keys.K008,
    loading.L001, loading.L002, loading.L003,
    metadata.M001, metadata.M002, metadata.M003, metadata.M004, metadata.M005, metadata.M006,
    metadata.M007, metadata.M008, metadata.M009, metadata.M010, metadata.M011, metadata.M012,
    metadata.M013, metadata.M014, metadata.M015, metadata.M020,
    metadata.R001, metadata.R002, metadata.R003, metadata.R004,
    sources.S001, sources.S002, sources.S003, sources.S004, sources.S005, sources.S006,
    sources.S007, sources.S008, sources.S009, sources.S010, sources.S011, sources.S012,
    sources.S013, sources.S014,
    times.T001, times.T002,
    loading.X001, loading.X002,
)  # fmt: skip

FAMILIES = {
    "D": "descriptions",
    "F": "files on disk",
    "K": "keys: which row belongs to which artifact",
    "L": "manifests that cannot be read",
    "M": "metadata: tags, tools, author, license, version",
    "R": "resolved versions",
    "S": "source linkage",
    "T": "times",
    "X": "the database itself",
}
