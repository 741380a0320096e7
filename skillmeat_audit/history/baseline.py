"""The baseline: findings that are accepted, by whom, why, and until when.

An entry holds for one finding as long as the values in it stay as they are. The file is free of
times and positions, and sorted, one entry a line: it changes only where the home does.
"""

import codecs
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import pandas as pd

from skillmeat_audit.base.atomic_write import write_whole
from skillmeat_audit.base.errors import StateError, UsageError
from skillmeat_audit.base.files import Unreadable, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.tables import to_objects
from skillmeat_audit.model.trend import Accepted, short_digest

BASELINE_SCHEMA = "skillmeat-audit/baseline/1"
# Rules that say that something could not be read: what could not be checked is never accepted.
NEVER_ACCEPTED = ("F004", "L001", "L003", "X001", "X002")

_LIMIT_BYTES = 256 * 1024 * 1024
_BYTE = re.compile(r"byte (\d+)")

Key = tuple[str, str | None, str | None, str | None, str]


class BaselineEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An accepted finding; ``digest`` is of the values that disagree, ``expires`` a date."""

    rule: str
    digest: str
    reason: str
    collection: str | None = None
    artifact: str | None = None
    column: str | None = None
    owner: str | None = None
    expires: date | None = None

    @property
    def key(self) -> Key:
        """What tells which finding is meant."""
        return self.rule, self.collection, self.artifact, self.column, self.digest

    @property
    def told(self) -> str:
        """The entry in words."""
        where = " ".join(filter(None, (self.artifact, self.column))) or "the home"
        until = f", until {self.expires}" if self.expires else ""
        return f"{self.rule} {where} ({self.reason}{until})"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}):
    schema_: str
    entries: list[BaselineEntry]


@dataclass(frozen=True)
class AcceptanceTerms:
    """What new entries say: why, by whom, and until when."""

    reason: str = "known when the baseline was made"
    owner: str | None = None
    expires: date | None = None


def load_baseline(path: Path) -> list[BaselineEntry]:
    """Return the entries in *path*; raise `UsageError` naming the place that is wrong in it."""
    try:
        content = read_regular(path, _LIMIT_BYTES).data.removeprefix(codecs.BOM_UTF8)
    except (OSError, Unreadable) as exc:
        way_out = "; --update-baseline makes one" if isinstance(exc, FileNotFoundError) else ""
        raise UsageError(
            f"cannot read the baseline {printable(path)}: {reason_of(exc)}{way_out}"
        ) from exc
    try:
        found = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise UsageError(
            f"the baseline {printable(path)} is wrong: {printable(_placed(exc, content))}"
        ) from exc
    if found.schema_ != BASELINE_SCHEMA:
        raise UsageError(
            f"{printable(path)} is no {BASELINE_SCHEMA}, but {printable(found.schema_)}"
        )
    for entry in found.entries:
        _check(entry, path)
    return found.entries


def _placed(exc: Exception, content: bytes) -> str:
    """Return what is wrong, with its line where the parser counted bytes."""
    return _BYTE.sub(lambda match: f"line {content[: int(match[1])].count(10) + 1}", str(exc))


def save_baseline(path: Path, entries: Iterable[BaselineEntry]) -> None:
    """Write *entries* to *path*, whole or not at all; raise `StateError`."""
    lines = ",\n".join(
        msgspec.json.encode(each, order="sorted").decode() for each in sorted(entries, key=_order)
    )
    text = f'{{"schema": "{BASELINE_SCHEMA}", "entries": [\n{lines}\n]}}\n'
    try:
        write_whole(Path(os.path.realpath(path)), text.encode(), durable=True)
    except OSError as exc:
        raise StateError(
            f"cannot write the baseline {printable(path)}: {exc.strerror or exc}"
        ) from exc


def accept_findings(
    entries: Iterable[BaselineEntry], findings: pd.DataFrame, hidden: pd.DataFrame, today: date
) -> tuple[pd.DataFrame, Accepted]:
    """Return *findings* (``FINDINGS``) that no entry accepts *today*, and what was accepted.

    *hidden* are findings left out on request: an entry for one of them is not stale.
    """
    entries = list(entries)
    valid = {each.key: each for each in entries if not _expired(each, today)}
    keys = _keys(findings)
    out = pd.Series([key in valid for key in keys], index=findings.index, dtype=bool)
    there = {*keys, *_keys(hidden)}
    return findings[~out].reset_index(drop=True), Accepted(
        findings[out].reset_index(drop=True),
        tuple(valid[key].reason for key in keys if key in valid),
        tuple(each.told for each in entries if each.key not in there),
        tuple(each.told for each in entries if _expired(each, today)),
    )


def updated_entries(
    entries: Iterable[BaselineEntry],
    findings: pd.DataFrame,
    terms: AcceptanceTerms,
    today: date,
    *,
    whole: bool,
) -> list[BaselineEntry]:
    """Return the baseline that accepts *findings*: what is known keeps its reason and owner.

    An entry that is expired *today* lasts until ``terms.expires`` from now on, if that is given. Of
    entries for one finding the one that lasts longest stays; entries without a finding are dropped
    where *findings* are all there are (*whole*).
    """
    known = {each.key: each for each in sorted(entries, key=_lasting)}
    keys = dict.fromkeys(key for key in _keys(findings) if key[0] not in NEVER_ACCEPTED)
    added = [_entry(key, terms) for key in keys if key not in known]
    kept = [each for each in known.values() if not whole or each.key in keys]
    return [*(_renewed(each, terms, today) for each in kept), *added]


def _lasting(entry: BaselineEntry) -> date:
    return entry.expires or date.max


def _renewed(entry: BaselineEntry, terms: AcceptanceTerms, today: date) -> BaselineEntry:
    if terms.expires is None or not _expired(entry, today):
        return entry
    return msgspec.structs.replace(entry, expires=terms.expires)


def _entry(key: Key, terms: AcceptanceTerms) -> BaselineEntry:
    rule, collection, artifact, column, digest = key
    return BaselineEntry(
        rule, digest, terms.reason, collection, artifact, column, terms.owner, terms.expires
    )


def _keys(findings: pd.DataFrame) -> list[Key]:
    names = ("rule", "collection_id", "artifact_id", "column")
    wheres = zip(*(to_objects(findings[name]) for name in names), strict=True)
    digests = _digests(findings)
    return [(*where, digest) for where, digest in zip(wheres, digests, strict=True)]


def _digests(findings: pd.DataFrame) -> list[str]:
    """Return a digest of the values of each finding; of its detail where it has no artifact."""
    names = ("artifact_id", "status", "expected", "actual", "detail")
    return [
        short_digest([status, expected, actual, None if artifact else detail])
        for artifact, status, expected, actual, detail in zip(
            *(to_objects(findings[name]) for name in names), strict=True
        )
    ]


def _order(entry: BaselineEntry) -> tuple[str, ...]:
    return tuple(each or "" for each in entry.key)


def _expired(entry: BaselineEntry, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _check(entry: BaselineEntry, path: Path) -> None:
    place = f"the baseline {printable(path)}: {printable(entry.rule)}"
    if entry.rule in NEVER_ACCEPTED:
        raise UsageError(f"{place} says that something could not be checked: it cannot be accepted")
    if not entry.reason.strip():
        raise UsageError(f"{place} {printable(entry.artifact or '')}: an entry needs a reason")
