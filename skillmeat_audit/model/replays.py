"""The contracts of what a replay of SkillMeat's import paths measures."""

from skillmeat_audit.model.contracts import Table, number, real, text
from skillmeat_audit.model.tables import ARTIFACT_ID, CELL_COLUMNS, WRITER_COLUMNS

# What the regression blanked, and what a page shows.
_PAGE_COLUMNS = ("description", "source", "origin", "origin_source")
_ERA = text("key column of the scratch cache: artifact_id or artifact_uuid")

REPLAYS = Table(
    "replays",
    "One row per path and era, in the order of the replay: what the path left, and what it cost.",
    {
        "era": _ERA,
        "path": text("id of the code path"),
        "title": text("the path in a few words"),
        "does": text("what it does, in a sentence"),
        "artifacts": number("how many artifacts it wrote"),
        "descriptions": number("rows with the description they should hold"),
        "sources": number("rows with the source they should hold"),
        "wrong_cells": number("cells that hold something else than they should"),
        "statements": number("SQL statements executed"),
        "commits": number("transactions committed"),
        "reads": number("files read"),
        "seconds": real("time taken, null where it was not measured"),
        "kept_descriptions": number("descriptions still right after SkillMeat's next refresh"),
        "kept_sources": number("sources still right after SkillMeat's next refresh"),
        "writer": text("the path that the audit takes for the writer"),
        "rules": text("codes of the findings, separated by spaces"),
    },
)

REPLAYED = Table(
    "replayed",
    "One row per path, era and artifact: the row that the path left.",
    {
        "era": _ERA,
        "path": text("id of the code path"),
        "artifact_id": ARTIFACT_ID,
        **{name: CELL_COLUMNS[name] for name in _PAGE_COLUMNS},
        **WRITER_COLUMNS,
    },
)
