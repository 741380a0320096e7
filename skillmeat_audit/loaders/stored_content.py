"""Reads the front matter of the content that an enterprise database stores, one tenant's."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from skillmeat_audit.loaders.artifact_files import NAMED
from skillmeat_audit.loaders.database import Reader, fetch_text
from skillmeat_audit.loaders.enterprise_tables import BLOBS, VERSIONS, StoredArtifact, Tables
from skillmeat_audit.loaders.workers import Record, record_of
from skillmeat_audit.model.tables import FRONTMATTER

_LIMIT_BYTES = 1024 * 1024
_BATCH = 100  # at most a hundred megabytes
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")  # sha256:5b1f…
_ABSENT: Record = {"state": "absent"}


class _Version(NamedTuple):
    """The text of a version, and its files as JSON text; "" for what it does not have."""

    text: str = ""
    files: str = ""


class _File(NamedTuple):
    path: str
    digest: str


def load_stored_content(
    connection: Reader, tables: Tables, stored: Sequence[StoredArtifact], tenant: str
) -> pd.DataFrame:
    """Return ``FRONTMATTER``: of the newest version of each of *stored*, in their order.

    As SkillMeat reads it: the artifact's own file among the blobs, else the text of a version that
    names no files, else ``core_content``.
    """
    versions = _newest_versions(connection, tables, tenant)
    nothing = _Version()
    files = [_own_file(each, versions.get(each.id, nothing).files) for each in stored]
    digests = sorted({file.digest for file in files if file is not None})
    blobs = dict(_blobs(connection, tables, digests))
    records: list[Record] = []
    for entry, (artifact, file) in enumerate(zip(stored, files, strict=True)):
        if file is not None:
            record = {**blobs.get(file.digest, _missing(tables)), "file": file.path}
        else:
            text = versions.get(artifact.id, nothing).text or artifact.content
            record = _record(text.encode()) if text else _ABSENT
        records.append({**record, "entry": entry})
    return FRONTMATTER.from_records(records)


def _newest_versions(connection: Reader, tables: Tables, tenant: str) -> dict[str | None, _Version]:
    """Return the newest version of each artifact of *tenant*, by its id."""
    if (table := tables.get(VERSIONS)) is None:
        return {}
    names = ("artifact_id", "text", "files")
    values = fetch_text(
        connection,
        f"SELECT DISTINCT ON (t.artifact_id) t.artifact_id::text, "
        f"left({table.text('markdown_payload')}, {_LIMIT_BYTES + 1}), "
        f"{table.text('content_payload')} FROM {VERSIONS} t "
        f"WHERE t.tenant_id = '{tenant}' AND t.artifact_id IS NOT NULL "
        "ORDER BY t.artifact_id, t.created_at DESC",
        names,
    )
    ids, texts, files = (values[name].to_pylist() for name in names)
    return {
        artifact: _Version(text or "", payload or "")
        for artifact, text, payload in zip(ids, texts, files, strict=True)
    }


def _own_file(artifact: StoredArtifact, payload: str) -> _File | None:
    """Return the file that describes *artifact*, None where none is named.

    *payload* is ``{"files": {"SKILL.md": {"blob_hash": "sha256:…"}}}``; older releases have the
    digest itself in the place of the inner object.
    """
    files = _files_in(payload)
    wanted = (*NAMED.get(artifact.type or "", ()), f"{artifact.name}.md", str(artifact.name))
    other = sorted(path for path in files if path.endswith(".md") and artifact.type != "skill")
    for path in (*wanted, *other):
        value = files.get(path)
        digest = value.get("blob_hash") if isinstance(value, dict) else value
        if isinstance(digest, str) and (match := _DIGEST.fullmatch(digest)):
            return _File(path, match[1])
    return None


def _files_in(payload: str) -> Mapping[str, object]:
    try:
        document = json.loads(payload) if payload else None
    except (ValueError, RecursionError):
        return {}
    files = document.get("files") if isinstance(document, dict) else None
    return files if isinstance(files, dict) else {}


def _blobs(
    connection: Reader, tables: Tables, digests: Sequence[str]
) -> Iterator[tuple[str, Record]]:
    """Yield the record of each blob of *digests*, by its digest."""
    if BLOBS not in tables:
        return
    for start in range(0, len(digests), _BATCH):
        listed = ", ".join(f"'{digest}'" for digest in digests[start : start + _BATCH])
        rows = connection.execute(
            f"SELECT t.sha256_hash::text, substring(t.content from 1 for {_LIMIT_BYTES + 1}) "
            f"FROM {BLOBS} t WHERE t.sha256_hash IN ({listed})"
        ).fetchall()
        for digest, content in rows:
            if content is None:
                yield digest, _unreadable("its content is stored outside the database")
            else:
                yield digest, _record(content.encode() if isinstance(content, str) else content)


def _missing(tables: Tables) -> Record:
    # Without the table, that is said once, and not of every artifact.
    return _unreadable("its blob is not stored") if BLOBS in tables else _ABSENT


def _record(content: bytes) -> Record:
    if len(content) > _LIMIT_BYTES:
        return _unreadable(f"is larger than {_LIMIT_BYTES // 1024} KiB")
    return record_of(content, must_fence=True)


def _unreadable(reason: str) -> Record:
    return {"state": "unreadable", "reason": reason}
