"""The baseline: findings that are accepted, by whom, why, and until when.

An entry accepts one finding as long as its values stay the same. The file has no times or
positions, is sorted, and has one entry per line: its diff shows what changed in the home.
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

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.atomic_write import write_whole
from skillmeat_audit.base.errors import StateError, UsageError
from skillmeat_audit.base.files import Unreadable, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.rules import NEVER_ACCEPTED
from skillmeat_audit.model.trend import Accepted, short_digest

BASELINE_SCHEMA = "skillmeat-audit/baseline/1"

_LIMIT_BYTES = 256 * 1024 * 1024
_BYTE = re.compile(r"byte (\d+)")  # "JSON is malformed: invalid character (byte 17)"

Key = tuple[str, str | None, str | None, str | None, str]


class BaselineEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An accepted finding.

    ``digest`` identifies the values that disagree: the entry no longer applies when they change.
    From the day after ``expires`` on, the finding is reported again.
    """

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
        """The finding that the entry accepts."""
        return self.rule, self.collection, self.artifact, self.column, self.digest

    @property
    def summary(self) -> str:
        """The entry in words: rule, artifact, column, reason and date."""
        where = " ".join(filter(None, (self.artifact, self.column))) or "the home"
        until = f", until {self.expires}" if self.expires else ""
        return f"{self.rule} {where} ({self.reason}{until})"


class _BaselineFile(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"schema_": "schema"}
):
    schema_: str
    entries: list[BaselineEntry]


@dataclass(frozen=True)
class AcceptanceTerms:
    """Reason, owner and end of new entries."""

    reason: str = "present when the baseline was made"
    owner: str | None = None
    expires: date | None = None


def load_baseline(path: Path) -> list[BaselineEntry]:
    """Return the entries in *path*; raise `UsageError` naming the line or entry that is wrong."""
    try:
        # Editors on Windows write a byte order mark, which JSON does not allow.
        content = read_regular(path, _LIMIT_BYTES).data.removeprefix(codecs.BOM_UTF8)
    except (OSError, Unreadable) as exc:
        way_out = "; --update-baseline creates it" if isinstance(exc, FileNotFoundError) else ""
        raise UsageError(
            f"cannot read the baseline {printable(path)}: {reason_of(exc)}{way_out}"
        ) from exc
    try:
        file = msgspec.json.decode(content, type=_BaselineFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise UsageError(
            f"the baseline {printable(path)} is wrong: {printable(_with_line(exc, content))}"
        ) from exc
    if file.schema_ != BASELINE_SCHEMA:
        raise UsageError(
            f"{printable(path)} is not a {BASELINE_SCHEMA}: its schema is {printable(file.schema_)}"
        )
    for entry in file.entries:
        _check(entry, path)
    return file.entries


def _with_line(exc: Exception, content: bytes) -> str:
    """Return the error with a line number in place of the parser's byte offset."""
    return _BYTE.sub(lambda match: f"line {content[: int(match[1])].count(10) + 1}", str(exc))


def save_baseline(path: Path, entries: Iterable[BaselineEntry]) -> None:
    """Write *entries* to *path*, sorted and atomically; raise `StateError`."""
    # An entry per line, keys sorted: a review of the file shows one line per accepted finding.
    lines = ",\n".join(
        msgspec.json.encode(entry, order="sorted").decode() for entry in sorted(entries, key=_order)
    )
    text = f'{{"schema": "{BASELINE_SCHEMA}", "entries": [\n{lines}\n]}}\n'
    try:
        # A link (dotfiles, a shared repository) stays a link: its target is written.
        write_whole(Path(os.path.realpath(path)), text.encode(), durable=True)
    except OSError as exc:
        raise StateError(
            f"cannot write the baseline {printable(path)}: {exc.strerror or exc}"
        ) from exc


def accept_findings(
    entries: Iterable[BaselineEntry], findings: pd.DataFrame, hidden: pd.DataFrame, today: date
) -> tuple[pd.DataFrame, Accepted]:
    """Split *findings* (``FINDINGS``): those that no entry accepts *today*, and the accepted ones.

    *hidden* are findings outside of the requested scope: an entry for one of them is not stale.
    """
    entries = list(entries)
    valid = {entry.key: entry for entry in entries if not _is_expired(entry, today)}
    keys = _keys(findings)
    accepted = pd.Series([key in valid for key in keys], index=findings.index, dtype=bool)
    present = {*keys, *_keys(hidden)}
    return findings[~accepted].reset_index(drop=True), Accepted(
        findings[accepted].reset_index(drop=True),
        tuple(valid[key].reason for key in keys if key in valid),
        tuple(entry.summary for entry in entries if entry.key not in present),
        tuple(entry.summary for entry in entries if _is_expired(entry, today)),
    )


def update_entries(
    entries: Iterable[BaselineEntry],
    findings: pd.DataFrame,
    terms: AcceptanceTerms,
    today: date,
    *,
    whole: bool,
) -> list[BaselineEntry]:
    """Return the entries that accept *findings*; existing entries keep their reason and owner.

    An entry that is expired *today* gets ``terms.expires`` as its new end, if that is given. Of
    several entries for one finding the one that expires last is kept. Where *findings* are all of
    the home's (*whole*), entries without a finding are dropped.
    """
    # Later entries of a dict overwrite earlier ones: the one that expires last is kept.
    by_key = {entry.key: entry for entry in sorted(entries, key=lambda e: e.expires or date.max)}
    keys = dict.fromkeys(key for key in _keys(findings) if key[0] not in NEVER_ACCEPTED)
    added = [_new_entry(key, terms) for key in keys if key not in by_key]
    current = [entry for entry in by_key.values() if not whole or entry.key in keys]
    return [*(_renewed(entry, terms, today) for entry in current), *added]


def _renewed(entry: BaselineEntry, terms: AcceptanceTerms, today: date) -> BaselineEntry:
    if terms.expires is None or not _is_expired(entry, today):
        return entry
    return msgspec.structs.replace(entry, expires=terms.expires)


def _new_entry(key: Key, terms: AcceptanceTerms) -> BaselineEntry:
    rule, collection, artifact, column, digest = key
    return BaselineEntry(
        rule, digest, terms.reason, collection, artifact, column, terms.owner, terms.expires
    )


def _keys(findings: pd.DataFrame) -> list[Key]:
    names = ("rule", "collection_id", "artifact_id", "column")
    cells = zip(*(to_objects(findings[name]) for name in names), strict=True)
    return [(*cell, digest) for cell, digest in zip(cells, _digests(findings), strict=True)]


def _digests(findings: pd.DataFrame) -> list[str]:
    """Return a digest of every finding's values, with its detail where it has no artifact."""
    # The digest makes an entry accept these values only: a new disagreement in the same cell is
    # reported.
    names = ("artifact_id", "status", "expected", "actual", "detail")
    return [
        short_digest([status, expected, actual, None if artifact else detail])
        for artifact, status, expected, actual, detail in zip(
            *(to_objects(findings[name]) for name in names), strict=True
        )
    ]


def _order(entry: BaselineEntry) -> tuple[str, ...]:
    return tuple(part or "" for part in entry.key)


def _is_expired(entry: BaselineEntry, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _check(entry: BaselineEntry, path: Path) -> None:
    where = f"the baseline {printable(path)}: {printable(entry.rule)}"
    if entry.rule in NEVER_ACCEPTED:
        raise UsageError(f"{where} reports what could not be checked: it cannot be accepted")
    if not entry.reason.strip():
        raise UsageError(f"{where} {printable(entry.artifact or '')}: an entry needs a reason")
