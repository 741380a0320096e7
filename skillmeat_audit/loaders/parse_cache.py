"""Remembers what files said, by the state each was in: only those that changed are read again.

The index is a convenience and never evidence: a file counts as unchanged only where device, inode,
size and both times are the same, one that was changed while or just before it was read is not
remembered, and after a week everything is read again. A store through a memory mapping can leave
both times as they are (mmap(2)), so what a plan rests on is read again before it is written. What
is damaged, or was made by other code, is as good as none; an index that cannot be kept is no error.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from skillmeat_audit.base.atomic_write import make_folder, write_whole
from skillmeat_audit.base.files import FileState, read_regular
from skillmeat_audit.model.contracts import Table, number

SCHEMA = "skillmeat-audit/index/1"
STATE_COLUMNS = {name: number("of the file when it was read") for name in FileState._fields}
FULL_READ_DAYS = 7
# Fewer rows are read again as fast as they are remembered.
LEAST_ROWS = 1_000
# File systems keep times this coarsely: two writes within it may leave the same ones.
_UNSETTLED_NS = 3_000_000_000
_LIMIT_BYTES = 1024 * 1024 * 1024
_DAY_NS = 86_400_000_000_000
_DAMAGE = (OSError, ValueError, KeyError, TypeError, ArithmeticError, pa.ArrowException)
_DTYPES = {
    pa.large_string(): pd.StringDtype("pyarrow"),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


class ParseCache:
    """What earlier runs read in one home, a table each, in *folder*; None remembers nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._began_ns = time.time_ns()
        self._since_ns: dict[str, int] = {}

    @property
    def is_used(self) -> bool:
        """Whether anything was remembered, and not read."""
        return bool(self._since_ns)

    def remembered(self, table: Table) -> pd.DataFrame:
        """Return the frame kept as *table*, empty where there is none that can be used."""
        if self._folder is None:
            return table.empty()
        try:
            content, _ = read_regular(self._file(table), _LIMIT_BYTES)
            head, _, payload = content.partition(b"\n")
            about = json.loads(head)
            age_days = (self._began_ns - about["since_ns"]) / _DAY_NS
            if about != self._about(table, about["since_ns"], payload):
                return table.empty()
            if not 0 <= age_days < FULL_READ_DAYS:
                return table.empty()
            frame = _frame(table, payload)
        except (*_DAMAGE, RecursionError):
            return table.empty()
        self._since_ns[table.name] = about["since_ns"]
        return frame

    def keep(self, table: Table, frame: pd.DataFrame) -> None:
        """Keep *frame* as *table*, but for rows whose file was changed only just before."""
        if self._folder is None or len(frame) < LEAST_ROWS:
            return
        last_ns = frame[["mtime_ns", "ctime_ns"]].max(axis=1)
        frame = table.conform(frame[last_ns < self._began_ns - _UNSETTLED_NS])
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        content = pa.Table.from_pandas(frame, preserve_index=False)
        with pa.ipc.new_stream(sink, content.schema, options=options) as stream:
            stream.write_table(content)
        payload = sink.getvalue().to_pybytes()
        since_ns = self._since_ns.get(table.name, self._began_ns)
        head = json.dumps(self._about(table, since_ns, payload)).encode()
        with contextlib.suppress(OSError):
            make_folder(self._folder, mode=0o700)
            write_whole(self._file(table), head + b"\n" + payload, mode=0o600)

    def _file(self, table: Table) -> Path:
        assert self._folder is not None
        return self._folder / f"{table.name}.index"

    def _about(self, table: Table, since_ns: int, payload: bytes) -> dict[str, object]:
        """Return what an index says of itself: made by whom, since when, and of which bytes."""
        return {
            "schema": SCHEMA,
            "made_by": _made_by(),
            "columns": list(table.columns),
            "since_ns": since_ns,
            "sha256": hashlib.sha256(payload).hexdigest(),
        }


def states_array(seen: Sequence[FileState | None]) -> npt.NDArray[np.int64]:
    """Return the states of files as an array of shape (files, 5), -1 where there is none."""
    nothing = (-1,) * len(FileState._fields)
    return np.array([each or nothing for each in seen], dtype=np.int64).reshape(-1, len(nothing))


def states_in(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the states that a remembered *frame* holds, as `states_array` does."""
    return frame[list(STATE_COLUMNS)].to_numpy(dtype=np.int64, na_value=-1)


def _frame(table: Table, payload: bytes) -> pd.DataFrame:
    """Return the frame in an Arrow stream; raise one of `_DAMAGE` where it is not *table*'s."""
    with pa.ipc.open_stream(payload) as stream:
        content = stream.read_all()
    content.validate(full=True)  # offsets that point elsewhere crash whoever follows them
    if content.column_names != list(table.columns):
        raise ValueError("columns of another table")
    return table.conform(content.to_pandas(types_mapper=_DTYPES.get))


def _made_by() -> str:
    """Return what tells this code from any other that reads the same files."""
    digest = hashlib.sha256()
    for folder in (Path(__file__).parent, Path(__file__).parent.parent / "model"):
        for module in sorted(folder.glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()
