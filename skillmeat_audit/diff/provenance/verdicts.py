"""Attribution: decides from its traces which code path last wrote each row.

The clues are the row's shape (every path writes its own set of columns), the distance between
``added_at`` and ``synced_at`` (an insert sets both within a millisecond), the catalogue's
``import_date``, the times of neighbouring rows, and the file collections that hold the entry. A
verdict is *certain* only for shapes that a single path can leave. Rows that a repair of this
project wrote are recognised by its journal; what it did not write is judged from the row as it was
before.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT, to_arrow
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.provenance.clues import gather_clues
from skillmeat_audit.diff.provenance.decisions import verdicts
from skillmeat_audit.diff.provenance.paths import PATHS, REPAIR, TITLES
from skillmeat_audit.diff.provenance.repaired import Repairs, no_repairs, repairs_in
from skillmeat_audit.model.tables import KEY, WRITERS

_INVALIDATED = "; since then adding to the collection has cleared its synced_at"


def attribute(comparison: Comparison) -> pd.DataFrame:
    """Return ``WRITERS``: for every row of the cache, in its order, the path that last wrote it."""
    if comparison.snapshot.repaired.empty:
        return _writers_of_rows(comparison, no_repairs(comparison.snapshot))
    repairs = repairs_in(comparison.snapshot)
    before, layers = comparison.snapshot.with_rows(repairs.rows), comparison.layers
    compared = replace(comparison, snapshot=before, layers=layers.beside(repairs.rows))
    return _with_repairs(_writers_of_rows(compared, repairs), repairs)


def unattributed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``WRITERS`` for *rows* that show no trace of a path, such as enterprise artifacts."""
    unknown = dict.fromkeys(("writer", "writer_confidence"), "unknown")
    constants = {**unknown, "explanation": PATHS["unknown"], "run": None}
    return WRITERS.build(
        {
            **{key: rows[key] for key in KEY},
            **{name: [value] * len(rows) for name, value in constants.items()},
        }
    )


def _writers_of_rows(comparison: Comparison, repairs: Repairs) -> pd.DataFrame:
    """Return ``WRITERS`` by the decision list, as if the rows had not been repaired."""
    clues = gather_clues(comparison, to_arrow(repairs.edited))
    decisions = list(verdicts(clues))
    # argmax of booleans is the first True; the last line is true of every row.
    first = np.argmax([verdict.mask for verdict in decisions], axis=0)
    explanations = [f"{PATHS[verdict.writer]}: {verdict.reason}" for verdict in decisions]
    explanations += [explanation + _INVALIDATED for explanation in explanations]
    texts = {
        "writer": ([verdict.writer for verdict in decisions], first),
        "writer_confidence": ([verdict.confidence for verdict in decisions], first),
        "explanation": (explanations, first + len(decisions) * clues.invalidated),
    }
    columns = {
        name: pa.array(values, ARROW_TEXT).take(pa.array(numbers))
        for name, (values, numbers) in texts.items()
    }
    keys = {key: comparison.row_texts[key] for key in KEY}
    return WRITERS.build({**keys, **columns, "run": repairs.run})


def _with_repairs(writers: pd.DataFrame, repairs: Repairs) -> pd.DataFrame:
    """Return *writers* (``WRITERS`` of the rows before *repairs*) with repairs as writers."""
    if repairs.run.isna().all():
        return writers
    writer, confidence = writers["writer"], writers["writer_confidence"]
    earlier = writer.map(TITLES) + " (" + writer + ", " + confidence + ")"
    wrote = "it wrote " + repairs.wrote + "; before it, " + earlier
    wrote = wrote.mask(repairs.inserted, "it inserted the row")
    doubt = pd.Series("", wrote.index)
    doubt = doubt.mask(~repairs.committed, " (interrupted, but the row has it)")
    repaired = repairs.run.notna()
    explanation = f"{PATHS[REPAIR]}, run " + repairs.run + doubt + ": " + wrote
    likely = confidence.mask(repaired, "likely")
    return writers.assign(
        writer=writer.mask(repaired, REPAIR),
        writer_confidence=likely.mask(repairs.committed, "certain"),
        explanation=writers["explanation"].mask(repaired, explanation),
    )
