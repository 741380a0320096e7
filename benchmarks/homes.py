"""Builds a SkillMeat home of any size: files, manifest and cache, equal for equal arguments.

Front matters are written in the ways in which people write them (`STYLES`, with their shares).
Of a hundred artifacts, three have a bare row (an import that wrote no metadata), two have a row
that differs from the manifest, and one has no row; the others agree. A manifest entry has about
600 bytes, a front matter 15 lines, a file 1.4 kB; the catalogue lists every imported artifact.

Usage: ``python benchmarks/homes.py 10000 FOLDER [--era artifact_id] [--bare 100]``.
"""

import argparse
import hashlib
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skillmeat_audit.replay.scratch import SCHEMAS
from skillmeat_audit.schema.shape import ERAS
from skillmeat_audit.schema.tables import SENTINEL

BARE, DRIFTED, MISSING = 3, 2, 1  # percent
SOURCES = 20
BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
TEXT = (
    "reads writes checks release notes lock files secrets review branch commit message schema "
    "drift manifest query report deploy test fixture agent prompt context token budget summary "
    "changelog when the task needs a careful look at every line of what was changed since last"
)
WORDS = TEXT.split()
AUTHORS = ("Jane Fixture", "acme labs", "Loc Al", "Zoë Ångström", "team@example.org")
LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause")
TOOLS = ("Read", "Write", "Edit", "Bash", "Glob", "Grep", "WebFetch", "Task")
TAGS = ("ops", "security", "docs", "cli", "git", "data", "python", "review")
FOLDERS = {"skill": "skills", "command": "commands", "agent": "agents"}

CHINESE = "检查仓库的变更，并撰写发布说明。"
# How a front matter is written, in percent. The scanner (`loaders.yaml_certain`) leaves "flow", a
# mapping in braces on several lines, to PyYAML: one in twenty, as in real repositories.
STYLES = {
    "plain": 41, "folded": 15, "lines": 8, "literal": 7, "escapes": 10, "quotes": 4,
    "chinese": 4, "comment": 5, "flow": 5, "unfenced": 1,
}  # fmt: skip

Row = dict[str, object]


@dataclass(frozen=True)
class Artifact:
    """One artifact: the values of its file and of its manifest entry."""

    number: int
    kind: str
    name: str
    local: bool
    description: str
    author: str
    license: str
    version: str
    tags: tuple[str, ...]
    tools: tuple[str, ...]
    style: str

    @property
    def id(self) -> str:
        """The artifact id of SkillMeat: type:name."""
        return f"{self.kind}:{self.name}"

    @property
    def path(self) -> str:
        """Its path in the manifest, relative to the collection."""
        return f"{FOLDERS[self.kind]}/{self.name}{'' if self.kind == 'skill' else '.md'}"

    @property
    def file(self) -> str:
        """The file with its front matter, relative to the collection."""
        return f"{self.path}/SKILL.md" if self.kind == "skill" else self.path

    @property
    def source(self) -> str:
        """The repository of the marketplace source that it was imported from."""
        return f"https://github.com/acme/kit-{self.number % SOURCES}"

    @property
    def upstream(self) -> str:
        """Its URL in that repository."""
        return f"{self.source}/tree/main/{self.path}"

    @property
    def uuid(self) -> str:
        """Its uuid: 32 hexadecimal digits."""
        return hashlib.md5(self.id.encode()).hexdigest()

    @property
    def added_at(self) -> datetime:
        """The time its row was added: 10 ms after the one before."""
        return BEGIN + timedelta(milliseconds=10 * self.number)


def artifacts(count: int, seed: int = 1) -> Iterator[Artifact]:
    """Yield *count* artifacts: 70 % skills, 15 % commands, 15 % agents."""
    chance = random.Random(seed)
    for number in range(count):
        kind = chance.choices(tuple(FOLDERS), (70, 15, 15))[0]
        style = chance.choices(tuple(STYLES), tuple(STYLES.values()))[0]
        yield Artifact(
            number,
            kind,
            f"{chance.choice(TAGS)}-{chance.choice(WORDS)}-{number:06}",
            chance.random() < 0.2,
            _description(chance.choices(WORDS, k=24), style),
            chance.choice(AUTHORS),
            chance.choice(LICENSES),
            f"{chance.randrange(4)}.{chance.randrange(20)}.{chance.randrange(9)}",
            tuple(sorted(chance.sample(TAGS, 3))),
            tuple(sorted(chance.sample(TOOLS, 3))),
            style,
        )


def _description(words: list[str], style: str) -> str:
    text = " ".join(words).capitalize() + "."
    match style:
        case "escapes":
            return f'{text[:-1]}: "as they say".'
        case "quotes":
            return f"{text[:-1]}: it's all."
        case "chinese":
            return CHINESE + text
        case _:
            return text


def build(
    target: Path, count: int, era: str = ERAS[1], bare: int = BARE, *, complete: bool = False
) -> Path:
    """Build a home of *count* artifacts as *target*/.skillmeat, and return that folder.

    *bare* percent of the rows have nothing but their key. Manifests are *complete* where the
    entries of imports have author, license, version and tools as well.
    """
    home = target / ".skillmeat"
    collection = home / "collections" / "default"
    for folder in FOLDERS.values():
        (collection / folder).mkdir(parents=True)
    (home / "cache").mkdir()
    (home / "config.toml").write_text('[settings]\ndefault-collection = "default"\n')
    all_artifacts = list(artifacts(count))
    head = f'[collection]\nname = "default"\nversion = "1.0.0"\ncreated = "{_iso(BEGIN)}"\n'
    head += f'updated = "{_iso(BEGIN)}"\n'
    entries = "".join(_entry(each, complete=complete) for each in all_artifacts)
    (collection / "collection.toml").write_text(head + entries, "utf-8")
    for artifact in all_artifacts:
        _write_file(collection, artifact)
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection:
        _fill_cache(connection, all_artifacts, era, bare)
    return home


def _entry(artifact: Artifact, *, complete: bool) -> str:
    """Return the manifest entry; an import writes fewer values into it than an add.

    An entry that is *complete* has the values of both.
    """
    lines = [
        "\n[[artifacts]]",
        f'name = "{artifact.name}"',
        f'type = "{artifact.kind}"',
        f'path = "{artifact.path}"',
        f'origin = "{"local" if artifact.local else "marketplace"}"',
        f'added = "{_iso(artifact.added_at)}"',
    ]
    if not artifact.local:
        lines += [
            f'upstream = "{artifact.upstream}"',
            'version_spec = "latest"',
            'origin_source = "github"',
            f'import_id = "{artifact.uuid}"',
        ]
    lines += [
        "tags = [",
        *(f'    "{tag}",' for tag in artifact.tags),
        "]",
        "",
        "[artifacts.metadata]",
        f'title = "{artifact.name.title()}"',
        f"description = {json.dumps(artifact.description, ensure_ascii=False)}",
    ]
    if artifact.local or complete:
        lines += [
            f'author = "{artifact.author}"',
            f'license = "{artifact.license}"',
            f'version = "{artifact.version}"',
            f"tools = {json.dumps(artifact.tools)}",
        ]
    return "\n".join(lines) + "\n"


def _write_file(collection: Path, artifact: Artifact) -> None:
    file = collection / artifact.file
    if artifact.kind == "skill":
        file.parent.mkdir()
    head = "" if artifact.style == "unfenced" else f"---\n{_front_matter(artifact)}---\n\n"
    body = (artifact.description + "\n\n") * 6
    file.write_text(f"{head}# {artifact.name}\n\n{body}", "utf-8")
    os.utime(file, (artifact.added_at.timestamp(),) * 2)


def _front_matter(artifact: Artifact) -> str:
    tags = "".join(f"  - {tag}\n" for tag in artifact.tags)
    metadata = f"\n  level: {artifact.number % 5}\n  reviewed: 2026-02-0{artifact.number % 9 + 1}"
    if artifact.style == "flow":
        metadata = f'\n  {{\n    "level": {artifact.number % 5},\n    "emoji": "\\u2728",\n  }}'
    note = "# maintained by hand\n" if artifact.style == "comment" else ""
    return (
        f"{note}name: {artifact.name}\ntitle: {artifact.name.title()}\n"
        f"description: {_yaml_text(artifact)}\n"
        f"author: {artifact.author}\nlicense: {artifact.license}\n"
        f'version: "{artifact.version}"\ntags:\n{tags}'
        f"allowed-tools: [{', '.join(artifact.tools)}]\nmetadata:{metadata}\n"
    )


def _yaml_text(artifact: Artifact) -> str:
    """Return the description as a YAML scalar in the style of the artifact."""
    text = artifact.description
    cut = text.index(" ", len(text) // 2)
    match artifact.style:
        case "folded":
            return f">-\n  {text[:cut]}\n  {text[cut + 1 :]}"
        case "lines":
            return f"{text[:cut]}\n  {text[cut + 1 :]}"
        case "literal":
            return f"|-\n  {text}"
        case "escapes":
            return json.dumps(text)
        case "quotes":
            doubled = text.replace("'", "''")
            return f"'{doubled}'"
        case "comment":
            return f"{text}  # what it is for"
        case _:
            return text


def _fill_cache(
    connection: sqlite3.Connection, all_artifacts: list[Artifact], era: str, bare: int
) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript((SCHEMAS / f"{era}.sql").read_text("utf-8"))
    at = _sql(BEGIN)
    times: Row = {"created_at": at, "updated_at": at}
    _insert(connection, "collections", [{"id": "default", "name": "Default Collection", **times}])
    project = {"id": SENTINEL, "name": "Collection Artifacts", "path": "~", "status": "active"}
    _insert(connection, "projects", [project | times])
    sources = [_source_row(number) | times for number in range(SOURCES)]
    _insert(connection, "marketplace_sources", sources)
    imported = [_catalog_row(artifact) | times for artifact in all_artifacts if not artifact.local]
    _insert(connection, "marketplace_catalog_entries", imported)
    by_uuid = era == "artifact_uuid"
    if by_uuid:
        _insert(connection, "artifacts", [_artifact_row(each) | times for each in all_artifacts])
    chance = random.Random(len(all_artifacts))
    rows = [
        _cache_row(artifact, chance.randrange(100) - bare, by_uuid=by_uuid)
        for artifact in all_artifacts
    ]
    _insert(connection, "collection_artifacts", [row for row in rows if row is not None])
    connection.commit()


def _source_row(number: int) -> Row:
    return {
        "id": f"s{number}",
        "repo_url": f"https://github.com/acme/kit-{number}",
        "owner": "acme",
        "repo_name": f"kit-{number}",
        "scan_status": "success",
        "artifact_count": 0,
    }


def _catalog_row(artifact: Artifact) -> Row:
    return {
        "id": f"c{artifact.number}",
        "source_id": f"s{artifact.number % SOURCES}",
        "artifact_type": artifact.kind,
        "name": artifact.name,
        "path": artifact.path,
        "upstream_url": artifact.upstream,
        "description": artifact.description,
        "status": "imported",
        "import_date": _sql(artifact.added_at),
        "import_id": artifact.uuid,
        "detected_at": _sql(BEGIN),
        "confidence_score": 95,
    }


def _artifact_row(artifact: Artifact) -> Row:
    return {
        "id": artifact.id,
        "uuid": artifact.uuid,
        "project_id": SENTINEL,
        "name": artifact.name,
        "type": artifact.kind,
    }


def _cache_row(artifact: Artifact, draw: int, *, by_uuid: bool) -> Row | None:
    """Return the artifact's cache row, or None; a low *draw* makes it bare, missing or drifted."""
    if 0 <= draw < MISSING:
        return None
    key = {"artifact_uuid": artifact.uuid} if by_uuid else {"artifact_id": artifact.id}
    row: Row = {"collection_id": "default", **key, "added_at": _sql(artifact.added_at)}
    imported, drifted = not artifact.local, draw < MISSING + DRIFTED
    values: Row = {
        "description": "What it said before." if drifted else artifact.description,
        "source": artifact.upstream if imported else None,
        "origin": "marketplace" if imported else "local",
        "origin_source": "github" if imported else None,
        "tags_json": json.dumps(artifact.tags),
        "author": artifact.author,
        "license": artifact.license,
        "tools_json": json.dumps(artifact.tools),
        "version": "0.0.1" if drifted and artifact.local else artifact.version,
        "synced_at": _sql(artifact.added_at + timedelta(microseconds=200)),
    }
    return row | (dict.fromkeys(values) if draw < 0 else values)


def _insert(connection: sqlite3.Connection, table: str, rows: list[Row]) -> None:
    if rows:
        marks = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")


def _sql(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def main() -> None:
    """Build a home from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("target", type=Path, help="the folder that gets a .skillmeat")
    parser.add_argument("--era", choices=ERAS, default=ERAS[1])
    parser.add_argument("--bare", type=int, default=BARE, help="percent of bare rows")
    options = parser.parse_args()
    build(options.target, options.count, options.era, options.bare)


if __name__ == "__main__":
    main()
