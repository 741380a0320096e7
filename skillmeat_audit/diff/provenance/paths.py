"""The code paths that write cache rows: what each is called, and what it does to a row."""

from dataclasses import dataclass

import pandas as pd

REPAIR = "skillmeat-audit"


@dataclass(frozen=True)
class WriterPath:
    """A code path: ``title`` is its plain name with its releases, ``effect`` what it does."""

    title: str
    effect: str

    @property
    def sentence(self) -> str:
        """Title and effect in one sentence."""
        return f"{self.title} {self.effect}".rstrip()


_PATHS = {
    "import-bare": WriterPath(
        "batch import and reimport until 2026-02-10", "wrote three fields and no metadata"
    ),
    "refresh": WriterPath("a refresh in any release", "copied the manifest as it was then"),
    "import-populate": WriterPath(
        "import since 2026-02-10", "writes the catalogue's description, source and path tags"
    ),
    "import-skipped": WriterPath(
        "a skipped import since 2026-03-03",
        "writes the catalogue's provenance over rows that it did not import",
    ),
    "import-composite": WriterPath(
        "importing a composite since 2026-02-20", "writes rows for its parts too"
    ),
    "startup": WriterPath(
        "the server's start until 0.9.0", "copied every file collection into the default one"
    ),
    "startup-lossy": WriterPath(
        "the server's start since 0.9.0", "drops version, origin_source and synced_at"
    ),
    "membership-add": WriterPath("adding to a collection in any release", "writes an empty row"),
    "tag-write": WriterPath("editing tags in any release", "writes nothing else"),
    "deploy-write": WriterPath("deploying since 2026-02-11", "writes nothing else"),
    "bundle": WriterPath("installing a bundle since 0.54", "writes source and origin only"),
    "portable-bundle": WriterPath(
        "importing a portable bundle since 0.61", "writes source and origin only"
    ),
    "scaffold": WriterPath("scaffolding a project since 0.54", "writes type:name as the source"),
    REPAIR: WriterPath("a repair by skillmeat-audit", ""),
    "unknown": WriterPath("an unknown code path", "left the row"),
}
TITLES = {writer: path.title for writer, path in _PATHS.items()}
PATHS = {writer: path.sentence for writer, path in _PATHS.items()}


def paths_of(writers: pd.DataFrame) -> dict[str, str]:
    """Return what each writer does; of repairs, with the latest run in *writers* (``WRITERS``)."""
    # Run ids begin with their time (20260210T091500Z-…): the text order is that of time.
    runs = sorted(writers["run"].dropna().unique(), reverse=True)
    if not runs:
        return PATHS
    earlier = f" and {len(runs) - 1} before it" if runs[1:] else ""
    return PATHS | {REPAIR: f"{PATHS[REPAIR]}, run {runs[0]}{earlier}"}
