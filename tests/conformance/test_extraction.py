"""Front matters of every kind, sound and broken: what we take from them is what SkillMeat takes.

``VARIANTS`` in the environment raises their number.
"""

import json
import os
import random

import pytest
import yaml

from skillmeat_audit.base.files import Unreadable
from skillmeat_audit.loaders.extraction import extract
from skillmeat_audit.loaders.workers import ParseTask, parse_in_process
from skillmeat_audit.loaders.yaml_blocks import Unrepresentable, load_block
from skillmeat_audit.model.accidents import is_accident

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

VARIANTS = int(os.environ.get("VARIANTS", "3000"))
COMPARED = ("description", "author", "license", "version", "tags", "tools")

TEXTS = (
    "Deploys a branch", "Use when: the build fails", "[name] [--dry-run]", "*.md", "@scope/name",
    "`code` first", "%d of it", "{{ placeholder }}", "it's here", 'the "best" one', "漢字を読む",
    "\U0001f3a7 plays", "ends with:", "a # comment", "C:\\docs\\x", "- item", "? what", "!now",
    "yes", "null", "~", "1.10", "2026-01-02", "2026-02-30", "0x1f", "1:30", "> quoted", "| piped",
    "", "  ", "a\tb", "x\u2028y", "x\x85y", "x\ufeffy", "---", "$(pwd)", "<!-- c -->", "None",
    "[a, b]", "{a: b}",
)  # fmt: skip
ESCAPES = (
    "\\ud83c\\udfa7", "\\ud83c", "\\udfa7 x", "\\U0001f3a7", "\\U00110000", "\\u00e9", "\\x41",
    "\\n", "\\t", "\\/", "\\e", "\\N", "\\_", "\\d", "\\", "\\\\", '\\"',
)  # fmt: skip
KEYS = """
    description name author license version tags tools allowed-tools model metadata argument-hint
    allowedTools Description on
""".split()
BODIES = (
    "# Title\n\nFirst line.\n", "", "```python\nx\n```\n", "| a | b |\n|---|---|\n",
    "---\n\nRuled.\n", "<!-- c -->\nText.\n", "name: x\n", "> quoted\n", "x" * 250 + "\n",
    "$(pwd)\n", "\n\n  Late.  \n",
)  # fmt: skip


def value(rng):
    """Return one value of a key as somebody might type it, sound or not."""
    text, escape = rng.choice(TEXTS), rng.choice(ESCAPES)
    return rng.choice([
        f" {text}", f" {text}", f" {text}", f' "{text}"', f" '{text}'", f' "{text}{escape}"',
        f" {text} # note", f" |\n  {text}\n  more", f" >\n  {text}\n\n  more", f" >-\n  {text}",
        f" |2-\n    {text}", f" >#x\n  {text}", f"\t{text}", f"  {text}\t", f" [{text}, b]",
        f"\n  - {text}\n  - b", f"\n  {text}\n  more: x", f' {{"emoji": "{escape}"}}',
        f" &anchor {text}", " *anchor", f" !!str {text}", f" ! {text}", f" {text}\n  and: more",
        f' "{text}', f"{text}", f" {text}\nmore", f" Read, Bash, {text}", " [read, web-fetch]",
        f" {text}\n\tmore", f' ["{escape}", b]', f"\n    {text}", f" ? {text}", f" !!int {text}",
    ])  # fmt: skip


def variant(rng):
    """Return one file: a front matter of a few keys, some of them twice, or none; and a body."""
    lines = [f"{rng.choice(KEYS)}:{value(rng)}" for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.2:
        lines.insert(rng.randint(0, len(lines)), rng.choice(["# note", "", "plain", " x: y"]))
    if rng.random() < 0.1:
        lines.append("base: &base {license: MIT}\n<<: *base")
    opening = rng.choice(["---"] * 8 + ["", "--- ", "----", "\n---", "---# x", "\ufeff---", " ---"])
    closing = rng.choice(["---"] * 8 + ["", "--- ", "...", "---# Title", " ---", "----"])
    text = "\n".join([opening, *lines, closing, rng.choice(BODIES)])
    return text.replace("\n", rng.choice(["\n", "\n", "\n", "\r\n", "\r"]))


def skillmeat_block(text):
    """Return what ``yaml.safe_load`` makes of the front matter SkillMeat sees, or its error."""
    from skillmeat.utils import metadata

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    pattern = metadata._FRONTMATTER_PATTERN
    match = pattern.match(text) or pattern.match(text.lstrip())
    try:
        return yaml.safe_load(match[1]) if match else {}
    except Exception as exc:  # noqa: BLE001 - whatever comes is compared
        return exc


def joined(text):
    """Return *text* as it can be written: escaped surrogates in pairs are one character."""
    wide = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return wide.encode("utf-8", "replace").decode()


def shown(value):
    """Return a value of SkillMeat's metadata as its manifest and cache would hold it."""
    if isinstance(value, list):
        return [joined(str(getattr(each, "value", each))) for each in value] or None
    return None if value in (None, "") else joined(str(value))


def explained(name, ours, theirs, block):
    """Return why *ours* is not *theirs*; None where nothing explains it."""
    is_text = name == "description" and isinstance(theirs, str)
    if ours is None and is_text and (is_accident(theirs) or not theirs.strip()):
        return "accidents and blanks that we leave out"
    if isinstance(block, dict):
        if any(not isinstance(key, str) for key in block):
            return "a key that is no text (on:), after which SkillMeat fails and reads the rest raw"
        raw = block.get(name)
        if ours is None and name in ("author", "license", "version"):
            if raw is None or isinstance(raw, (dict, list, set)) or not str(raw).strip():
                return "no value, or a list, where a text belongs: SkillMeat stores its repr"
            if raw == "None":
                return "the text None"
        if name == "tags" and ours is None and not isinstance(raw, str):
            return "tags that are no list and no text: SkillMeat stores them as they are"
    return None


def compare(file, tally, differences):
    from skillmeat.core.artifact_detection import ArtifactType
    from skillmeat.utils.metadata import extract_artifact_metadata

    (parsed,) = parse_in_process([ParseTask(os.fsencode(file), must_fence=False)])
    record = parsed.record
    metadata = extract_artifact_metadata(file, ArtifactType.COMMAND)
    text = file.read_bytes().decode()
    block = skillmeat_block(text)
    if record["state"] != "read":
        differences.append((text, record["reason"]))
        return
    for name in COMPARED:
        ours = record[f"{name}_json" if name in ("tags", "tools") else name]
        ours = json.loads(ours) if ours and name in ("tags", "tools") else ours
        theirs = shown(getattr(metadata, name))
        if ours == theirs:
            tally["fields of front matters that both read alike"] += 1
        elif why := explained(name, ours, theirs, block):
            tally[why] += 1
        else:
            differences.append((text, name, ours, theirs))
    if isinstance(block, Exception) != (record["fenced"] and record["reason"] is not None):
        differences.append((text, "F007", record["reason"], repr(block)))


def test_what_is_taken_from_a_front_matter_is_what_skillmeat_takes(tmp_path, tally, caplog):
    rng, differences = random.Random(12), []
    for number in range(VARIANTS):
        file = tmp_path / f"{number}.md"
        file.write_bytes(variant(rng).encode())
        compare(file, tally, differences)
        file.unlink()
        caplog.clear()

    assert differences == []


PIECES = (
    *(f"{key}:" for key in KEYS), *TEXTS, *ESCAPES, *"\n\t'\"[]{},#&*!|>%@`~?-=:", "\n  ", "\n- ",
    ": ", ", ", "---\n", "\n---\n", "...", "&a ", "*a", "!!int ", "!!set ", "!<!> ", "<<: ",
    "\x85", "\x7f", "\x00", "\u2029", "漢" * 1024 + ": 1", "x" * 1025 + ": 1", "%YAML 1.2\n---\n",
    "|2", ">+1", "? ",
)  # fmt: skip


def outcome(load, block):
    try:
        return repr(load(block))
    except Unreadable:
        return None
    except (Unrepresentable, ValueError, LookupError, TypeError, AttributeError):
        return "error that SkillMeat does not expect"
    except yaml.YAMLError:
        return "not YAML"


def test_blocks_are_parsed_as_the_scanner_in_python_parses_them(tally):
    rng, differences = random.Random(7), []
    for _ in range(VARIANTS * 10):
        block = "".join(rng.choices(PIECES, k=rng.randint(1, 9)))
        ours, theirs = outcome(load_block, block), outcome(yaml.safe_load, block)
        if ours is not None and ours != theirs:
            differences.append((block, ours, theirs))
        tally["random blocks parsed as yaml.safe_load parses them"] += 1

    assert differences == []


def test_what_is_to_be_typed_instead_is_yaml(tally):
    """Follow the advice until the block is YAML; SkillMeat then reads every key of it."""
    rng = random.Random(3)
    for _ in range(VARIANTS // 10):
        values = [(key, rng.choice(TEXTS[:18])) for key in rng.sample(KEYS[:9], 3)]
        lines = [f"{key}: {text}" for key, text in values]
        for _ in range(len(lines)):
            reason = extract("\n".join(["---", *lines, "---", ""]))["reason"]
            if reason is None:
                break
            number = int(reason.removeprefix("line ").partition(":")[0])
            assert "; quote the value: " in reason
            lines[number - 2] = reason.partition("; quote the value: ")[2]
            tally["broken lines corrected as advised"] += 1

        assert load_block("\n".join(lines)).keys() == {key for key, _ in values}
