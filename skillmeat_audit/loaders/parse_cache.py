"""Caches what was parsed of files, by the state of each file: only changed files are read again.

The cache is never evidence. A file counts as unchanged only if device, inode, size and both times
are the same; a file that changed while or just before it was read is not cached; after a week
everything is read again. A store through a memory mapping can leave both times as they are
(mmap(2)), so the files that a plan rests on are read again before the plan is written. A damaged
cache, or one that other code wrote, is ignored; a cache that cannot be written is not an error.
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
# Reading fewer files takes no longer than loading the cache.
LEAST_ROWS = 1_000
# The coarsest resolution of file times (FAT has 2 s): two writes within it may leave the same time.
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
    """The parsed files of one home, a file per table in *folder*; None caches nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._began_ns = time.time_ns()
        self._since_ns: dict[str, int] = {}

    @property
    def is_used(self) -> bool:
        """Whether anything came from the cache."""
        return bool(self._since_ns)

    def is_stored(self, rows: int) -> bool:
        """Return True if `store` stores a table of so many *rows*."""
        return self._folder is not None and rows >= LEAST_ROWS

    def load(self, table: Table) -> pd.DataFrame:
        """Return the frame cached as *table*, empty if none can be used."""
        if self._folder is None:
            return table.empty()
        try:
            content, _ = read_regular(self._file(table), _LIMIT_BYTES)
            # The header is JSON on one line; the payload, an Arrow stream, may hold any byte.
            head, _, payload = content.partition(b"\n")
            header = json.loads(head)
            age_days = (self._began_ns - header["since_ns"]) / _DAY_NS
            if header != self._header(table, header["since_ns"], payload):
                return table.empty()
            # A negative age: the clock was set back, and with it the meaning of all file times.
            if not 0 <= age_days < FULL_READ_DAYS:
                return table.empty()
            frame = _frame(table, payload)
        except (*_DAMAGE, RecursionError):
            return table.empty()
        self._since_ns[table.name] = header["since_ns"]
        return frame

    def store(self, table: Table, frame: pd.DataFrame) -> None:
        """Cache *frame* as *table*, without the rows of files that changed just before."""
        if self._folder is None or not self.is_stored(len(frame)):
            return
        last_ns = frame[["mtime_ns", "ctime_ns"]].max(axis=1)
        frame = table.conform(frame[last_ns < self._began_ns - _UNSETTLED_NS])
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        content = pa.Table.from_pandas(frame, preserve_index=False)
        with pa.ipc.new_stream(sink, content.schema, options=options) as stream:
            stream.write_table(content)
        payload = sink.getvalue().to_pybytes()
        # Kept from the first full read: the week does not begin anew with every change.
        since_ns = self._since_ns.get(table.name, self._began_ns)
        head = json.dumps(self._header(table, since_ns, payload)).encode()
        with contextlib.suppress(OSError):
            make_folder(self._folder, mode=0o700)
            write_whole(self._file(table), head + b"\n" + payload, mode=0o600)

    def _file(self, table: Table) -> Path:
        assert self._folder is not None
        return self._folder / f"{table.name}.index"

    def _header(self, table: Table, since_ns: int, payload: bytes) -> dict[str, object]:
        """Return the first line of a cache file: which code wrote it, when, and a checksum."""
        return {
            "schema": SCHEMA,
            "code": _code_digest(),
            "columns": list(table.columns),
            "since_ns": since_ns,
            "sha256": hashlib.sha256(payload).hexdigest(),
        }


def states_array(states: Sequence[FileState | None]) -> npt.NDArray[np.int64]:
    """Return the states of files as an array of shape (files, 5), -1 where there is none."""
    nothing = (-1,) * len(FileState._fields)
    return np.array([each or nothing for each in states], dtype=np.int64).reshape(-1, len(nothing))


def states_in(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the states in a cached *frame*, as `states_array` does."""
    return frame[list(STATE_COLUMNS)].to_numpy(dtype=np.int64, na_value=-1)


def _frame(table: Table, payload: bytes) -> pd.DataFrame:
    """Return the frame in an Arrow stream; raise one of `_DAMAGE` if it is not *table*'s."""
    with pa.ipc.open_stream(payload) as stream:
        content = stream.read_all()
    content.validate(full=True)  # damaged offsets would crash the process
    if content.column_names != list(table.columns):
        raise ValueError("the columns are not those of the table")
    return table.conform(content.to_pandas(types_mapper=_DTYPES.get))


def _code_digest() -> str:
    """Return a digest of the code that parses, so that other code ignores this cache."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for room in ("base", "model", "loaders"):
        for module in sorted((package / room).glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()
