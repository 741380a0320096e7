"""Manifests of every layout, edited and undone: nothing but the planned keys changes."""

import os
import random
import time
import tomllib

import pytest

from skillmeat_audit.model.manifest_edits import WHOLE_ENTRY, ManifestEdit, value_at
from skillmeat_audit.repair.toml_edits import (
    RefusedEdit,
    edit_manifest,
    entries_by_id,
    entries_of,
    inverse,
    unmet_precondition,
)

# Manifests of a run; ``MANIFESTS`` in the environment raises it.
ROUNDS = int(os.environ.get("MANIFESTS", "300"))
KEYS = """
    metadata.description metadata.author metadata.license metadata.version metadata.tools tags
    origin_source path
""".split()
TEXTS = (
    "plain", "", "with \"quotes\" and \\ ", "two\nlines", "[[artifacts]]", "# no comment", "漢字",
    "tab\there", "é", "'''", '"""', "1.10", "x" * 3000, "\U0001f3a7", "\x7f\x01",
)  # fmt: skip
LAYOUTS = (
    "plain",
    "inline metadata",
    "dotted",
    "inline entries",
    "interleaved",
    "multi-line strings",
)


def edit(artifact_id, key, before, after):
    return ManifestEdit(artifact_id, key, before, after, ["D005"], "frontmatter", "fill")


def quoted(text, choose):
    if choose.random() < 0.3 and "'''" not in text and text.isprintable():
        return f"'''{text}'''" if text and not text.endswith("'") else "''"
    return (
        '"'
        + "".join(
            f"\\u{ord(c):04x}" if not c.isprintable() or c in '"\\' else c for c in text
        ).replace("\\u{", "\\u{")
        + '"'
        if max(map(ord, text), default=0) < 0x10000
        else f"'{text}'"
    )


def metadata_of(choose):
    lines = {}
    if choose.random() < 0.6:
        lines["description"] = quoted(choose.choice(TEXTS), choose)
    if choose.random() < 0.4:
        lines["version"] = choose.choice(['"1.0"', "1.10", "2", "2026-01-02", "true"])
    if choose.random() < 0.3:
        lines["author"] = choose.choice(['"A"', '["A", "B"]', '{ name = "A" }'])
    if choose.random() < 0.3:
        lines["tools"] = choose.choice(['["Read"]', '[\n  "Read", # one\n  "Bash",\n]', '"Read"'])
    if choose.random() < 0.3:
        lines["extra"] = "{ a = [1, 2], b = '[[artifacts]]' }"
    return lines


def entry_text(number, layout, choose):
    head = {
        "name": f'"n{number}"',
        "type": '"skill"',
        "path": f'"skills/n{number}"',
        "origin": '"local"',
        "added": "2026-01-01T08:00:00",
    }
    if choose.random() < 0.4:
        head["tags"] = choose.choice(['["a"]', "[]", '[\n    "a",\n    "b",\n]'])
    if choose.random() < 0.2:
        head["origin_source"] = '"https://github.com/a/b"'
    metadata = metadata_of(choose)
    comment = "  # kept" if choose.random() < 0.3 else ""
    if layout == "inline entries":
        pairs = [f"{key} = {value}" for key, value in head.items() if "\n" not in value]
        inner = ", ".join(f"{k} = {v}" for k, v in metadata.items() if "\n" not in v)
        return "{ " + ", ".join([*pairs, f"metadata = {{ {inner} }}"]) + " }"
    lines = [f"[[artifacts]]{comment}", *(f"{key} = {value}" for key, value in head.items())]
    if layout == "inline metadata":
        inner = ", ".join(f"{k} = {v}" for k, v in metadata.items() if "\n" not in v)
        lines.append(f"metadata = {{ {inner} }}")
    elif layout == "dotted":
        lines += [f"metadata.{key} = {value}" for key, value in metadata.items()]
    elif choose.random() < 0.9:
        lines += ["", "[artifacts.metadata]", *(f"{k} = {v}{comment}" for k, v in metadata.items())]
        if choose.random() < 0.3:
            lines += ["", "[artifacts.metadata.more]", "a = [", "  [1, 2],", "  [3]", "]"]
    if layout == "multi-line strings":
        lines.append('notes = """\n[[artifacts]]\nname = "fake"\n[collection]\n"""')
    return "\n".join(lines) + "\n"


def manifest(choose):
    layout = choose.choice(LAYOUTS)
    number = choose.randint(1, 6)
    parts = ['# a comment\n[collection]\nname = "default"\n']
    entries = [entry_text(n, layout, choose) for n in range(number)]
    if layout == "inline entries":
        parts = ["artifacts = [\n  " + ",\n  ".join(entries) + ",\n]\n", *parts]
    else:
        for n, text in enumerate(entries):
            if layout == "interleaved" and n % 2:
                parts.append(f'[[groups]]\nname = "g{n}"\n')
            parts.append(text)
        if choose.random() < 0.3:
            parts.append("[tag_definitions]\nodd = 1 # last\n")
    text = "\n".join(parts)
    if choose.random() < 0.3:
        text = text.rstrip("\n")
    if choose.random() < 0.3:
        text = text.replace("\n", "\r\n")
    return text.encode()


def edits_of(document, choose):
    made, declared = [], entries_by_id(document)
    for entry in entries_of(document):
        artifact_id = f"{entry['type']}:{entry['name']}"
        for key in choose.sample(KEYS, choose.randint(0, 4)):
            is_list = key in ("tags", "metadata.tools")
            after = ["Read", choose.choice(TEXTS)] if is_list else choose.choice(TEXTS)
            if choose.random() < 0.15 and key in ("origin_source", "tags"):
                after = None
            before = value_at(entry, key)
            change = edit(artifact_id, key, before, after)
            if before != after and unmet_precondition(declared, change) is None:
                made.append(change)
    return made


def expected(document, edits):
    for change in edits:
        entry = next(e for e in document["artifacts"] if f"skill:{e['name']}" == change.artifact_id)
        *tables, name = change.key.split(".")
        for step in tables:
            entry = entry.setdefault(step, {})
        if change.after is None:
            entry.pop(name, None)
        else:
            entry[name] = change.after
    return document


@pytest.mark.slow
def test_any_manifest_is_edited_exactly_or_refused():
    refused = edited = 0
    for seed in range(ROUNDS):
        choose = random.Random(seed)
        content = manifest(choose)
        document = tomllib.loads(content.decode())
        edits = edits_of(document, choose)
        try:
            after = edit_manifest(content, edits)
        except RefusedEdit:
            refused += 1
            continue
        edited += 1
        assert tomllib.loads(after.decode()) == expected(tomllib.loads(content.decode()), edits), (
            seed
        )
        if b"\r\n" in content and b"\n" not in content.replace(b"\r\n", b""):
            assert b"\n" not in after.replace(b"\r\n", b""), seed
        back = edit_manifest(after, [inverse(change) for change in reversed(edits)])
        now, start = tomllib.loads(back.decode()), tomllib.loads(content.decode())
        for entry in (*now["artifacts"], *start["artifacts"]):  # a table made for an edit may stay
            if not entry.get("metadata"):
                entry.pop("metadata", None)
        assert now == start, seed

    assert edited > 0.95 * ROUNDS
    assert refused <= 0.05 * ROUNDS


def test_what_is_not_edited_keeps_every_byte():
    content = (
        b'# top\n[collection]\nname="default"   # odd spacing\n\n'
        b'[[artifacts]]\nname = "a"\ntype = "skill"\n[artifacts.metadata]\nversion = "1" # one\n\n'
        b'# about b\n[[artifacts]]\nname = "b"\ntype = "skill"\n'
    )

    after = edit_manifest(content, [edit("skill:b", "metadata.description", None, "B")])

    start = content.index(b"# about b")
    assert after[:start] == content[:start]
    assert b'[artifacts.metadata]\ndescription = "B"\n' in after[start:]


def test_of_equal_entries_the_first_stays():
    block = b'[[artifacts]]\nname = "a"\ntype = "skill"\n\n'
    other = b'[[artifacts]]\nname = "b"\ntype = "skill"\n'
    content = block + other + block

    assert edit_manifest(content, [edit("skill:a", WHOLE_ENTRY, None, None)]) == (block + other)


def test_the_comment_behind_a_dropped_entry_stays():
    entry = '[[artifacts]]\nname = "{}"\ntype = "skill" # of it\n\n'
    content = entry.format("a") + entry.format("a") + "# about b\n" + entry.format("b") + "# end"

    after = edit_manifest(content.encode(), [edit("skill:a", WHOLE_ENTRY, None, None)])

    assert after.decode() == (entry.format("a") + "\n# about b\n" + entry.format("b") + "# end")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edit("skill:x", "tags", None, ["a"]), "does not declare it any more"),
        (edit("skill:a", "metadata.version", "2", "3"), "metadata.version changed since"),
        (edit("skill:a", "name.x", None, "3"), "name is not a table"),
        (edit("skill:a", WHOLE_ENTRY, None, None), "are not equal any more"),
    ],
)
def test_an_edit_whose_precondition_fails_is_refused_by_name(change, reason):
    content = b'[[artifacts]]\nname = "a"\ntype = "skill"\nmetadata.version = "1"\n'

    with pytest.raises(RefusedEdit, match=f"{change.artifact_id}: .*{reason}"):
        edit_manifest(content, [change])


@pytest.mark.parametrize("content", [b"\xff", b"a = ", b"a = " + b"[" * 5000, b"x = 1\nx = 2"])
def test_what_is_no_manifest_is_refused(content):
    with pytest.raises(RefusedEdit):
        edit_manifest(content, [edit("skill:a", "tags", None, ["a"])])


@pytest.mark.slow
def test_a_large_manifest_is_edited_in_the_time_of_its_edits():
    """tomlkit takes the text of the edited entry alone: it would need ten seconds for the whole."""
    entry = '[[artifacts]]\nname = "n{}"\ntype = "skill"\n[artifacts.metadata]\nauthor = "{}"\n\n'
    content = "".join(entry.format(n, "x" * 100) for n in range(12_000)).encode()
    assert len(content) > 2_000_000

    after = edit_manifest(content, [edit("skill:n7000", "metadata.version", None, "1.10")])

    assert len(after) - len(content) == len('version = "1.10"\n')


@pytest.mark.slow
def test_the_time_grows_with_the_edits_not_with_their_square():
    """6,000 edits of 1,500 entries took 9 s where every edit searched all entries; 0.6 s now."""
    entry = '[[artifacts]]\nname = "n{}"\ntype = "skill"\n[artifacts.metadata]\ntitle = "t"\n\n'
    content = "".join(map(entry.format, range(1_500))).encode()
    keys = [f"metadata.{key}" for key in ("description", "author", "license", "version")]
    edits = [edit(f"skill:n{n}", key, None, "x") for n in range(1_500) for key in keys]
    began = time.process_time()

    after = edit_manifest(content, edits)

    assert time.process_time() - began < 4
    assert after.count(b'= "x"') == 6_000


def test_a_replaced_value_with_an_emoji_comes_back():
    content = (
        '[[artifacts]]\nname = "a"\ntype = "skill"\n'
        'metadata.author = { "\\u007f\U0001f3a7" = ["\U0001f3a7\\u007f\\u0000"] }\n'
    ).encode()
    before = value_at(tomllib.loads(content.decode())["artifacts"][0], "metadata.author")
    change = edit("skill:a", "metadata.author", before, "Ada")

    back = edit_manifest(edit_manifest(content, [change]), [inverse(change)])

    assert tomllib.loads(back.decode()) == tomllib.loads(content.decode())
