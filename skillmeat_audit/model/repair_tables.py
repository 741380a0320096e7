"""The contracts of repairs: what a plan changes, and what became of it."""

from skillmeat_audit.model.contracts import Table, text
from skillmeat_audit.model.tables import EVIDENCE, ROW_KEY

_OP = text("insert, update or delete")

MANIFEST_REPAIRS = Table(
    "manifest_repairs",
    "One row per key of a manifest entry that should hold something else, by column.",
    {
        "file_collection": text("the file collection whose manifest it is"),
        "artifact_id": text("type:name of the entry"),
        "column": text("the column of the rows that SkillMeat writes from the key, null if none"),
        "key": text("a dotted path below the entry; empty for the entry itself"),
        "after": text("what the key should hold, as JSON; null removes it"),
        "rules": text("codes of the rules that report it; empty where the findings of cells do"),
        "evidence": text("the layer that the value rests on"),
        "disposition": text("safe, fill or review"),
    },
)

CHANGES = Table(
    "changes",
    "One row per cell that a plan changes in the cache, in the plan's order.",
    {
        "op": _OP,
        **ROW_KEY,
        "column": text("the column to be written; of a delete, to be removed"),
        "before": text("what the cell has to hold for the change to be made, null for NULL"),
        "after": text("what is written, null for NULL"),
        "evidence": EVIDENCE,
        "disposition": text("safe, fill or review"),
        "rules": text("codes of the findings that it repairs, separated by spaces"),
    },
)

EDITS = Table(
    "edits",
    "One row per edit of a manifest in a plan, in the plan's order.",
    {
        "file_collection": text("the file collection whose manifest it is"),
        "artifact_id": text("type:name of the entry"),
        "key": text("a dotted path below the entry; empty where an equal entry is dropped"),
        "before": text("what the key has to hold for the edit to be made, null for no such key"),
        "after": text("what is written: text, or a list as JSON; null removes the key"),
        "evidence": EVIDENCE,
        "disposition": text("safe, fill or review"),
        "rules": text("codes of the findings that it repairs, separated by spaces"),
    },
)

OUTCOMES = Table(
    "outcomes",
    "One row per change of a run, in the plan's order.",
    {
        "op": _OP,
        **ROW_KEY,
        "outcome": text("applied or skipped"),
        "reason": text("why it was skipped, null for an applied change"),
    },
)
