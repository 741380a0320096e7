"""What the contract of a DataFrame is: named, documented columns with nullable dtypes, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, cast

import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import to_objects

Values = Sequence[object] | pd.Series | npt.NDArray[Any] | pd.api.extensions.ExtensionArray


@dataclass(frozen=True)
class Column:
    """A column of a contract: its pandas dtype, and what a value is."""

    dtype: str
    doc: str


def text(doc: str) -> Column:
    """Return a column of text (``string``, backed by pyarrow)."""
    return Column("string", doc)


def number(doc: str) -> Column:
    """Return a column of whole numbers (``Int64``)."""
    return Column("Int64", doc)


def real(doc: str) -> Column:
    """Return a column of real numbers (``Float64``)."""
    return Column("Float64", doc)


def flag(doc: str) -> Column:
    """Return a column of truth values (``boolean``)."""
    return Column("boolean", doc)


@dataclass(frozen=True, repr=False)
class Table:
    """The contract of a frame: its columns with their nullable dtypes, in order.

    ``doc`` says what a row is and how rows are sorted. Nulls are ``<NA>``: the layer has no value.
    Times are text as SkillMeat stores them, UTC. The ``repr`` is the documentation.
    """

    name: str
    doc: str
    columns: Mapping[str, Column]

    @property
    def dtypes(self) -> dict[str, str]:
        """The dtype of each column, by name."""
        return {name: column.dtype for name, column in self.columns.items()}

    # Undeclared dtypes change meaning between versions: `null == null` is False with pandas 3's
    # `str` and True with objects.
    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return *frame* with exactly this contract's columns and dtypes, and a fresh index.

        Raises `KeyError` for a column that *frame* lacks: none is filled in silently.
        """
        return self.build({name: frame[name] for name in self.columns})

    def build(self, values: Mapping[str, Values]) -> pd.DataFrame:
        """Return a frame of this contract from columns of values; ``None`` becomes ``<NA>``."""
        arrays = {
            name: pd.array(cast("Any", values[name]), dtype=_dtype(column.dtype))
            for name, column in self.columns.items()
        }
        # The arrays were made here: copying them would only double the memory.
        return pd.DataFrame(arrays, copy=False)

    def from_records(
        self, rows: Sequence[Mapping[str, object]], **constants: object
    ) -> pd.DataFrame:
        """Return a frame of this contract, one row per record; keys a record lacks are ``<NA>``.

        *constants* are columns whose value is the same in every row.
        """
        return self.build(
            {
                name: [constants[name]] * len(rows)
                if name in constants
                else [row.get(name) for row in rows]
                for name in self.columns
            }
        )

    def empty(self) -> pd.DataFrame:
        """Return a frame of this contract without rows."""
        # Copy on write: a change of the copy leaves the frame alone. Building one takes 1 ms.
        return self._empty.copy(deep=False)

    @cached_property
    def _empty(self) -> pd.DataFrame:
        return self.from_records([])

    def __repr__(self) -> str:
        width = max(map(len, self.columns))
        lines = [
            f"    {name:<{width}}  {column.dtype:<7}  {column.doc}"
            for name, column in self.columns.items()
        ]
        return "\n".join([f"Table {self.name}: {self.doc}", *lines])


@cache
def _dtype(name: str) -> Any:
    """Return the dtype called *name*: pandas looks it up by its name in 8 µs each time."""
    return pd.api.types.pandas_dtype(name)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of *frame* as dicts, nulls as ``None``: the only way out of pandas."""
    # DataFrame.to_dict leaves <NA> in the values, which is neither None nor JSON.
    columns = [to_objects(frame[name]) for name in frame.columns]
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
