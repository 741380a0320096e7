"""Text from outside: nothing of it is invisible, reorders, or acts, on any surface."""

import csv
import io
import shutil
import sqlite3
import sys
import unicodedata
from contextlib import closing

import pytest
from conftest import cache_rows

from skillmeat_audit.base.text import printable

# Default_Ignorable_Code_Point of Unicode 16, DerivedCoreProperties.txt; joiners and the selectors
# of emoji left out.
IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
# One of every kind: control, C1, soft hyphen, filler, selector, bidi, separator, tag, surrogate.
HOSTILE = "\x1b\x9b\u00ad\u034f\u17b4\u180b\u180f\u202e\u2066\u2028\u3164\ufe00\ufff0\U000e0041"


@pytest.mark.parametrize(("first", "last"), IGNORABLE)
def test_invisible_characters_are_spelled_out(first, last):
    for code in range(first, last + 1):
        short = f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"
        assert printable(f"a{chr(code)}b") == f"a{short}b"


def test_every_control_format_surrogate_and_private_character_is_spelled_out():
    hidden = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    ]

    assert len(hidden) > 130_000
    assert [each for each in hidden if printable(f"a{each}b").isascii() is False] == []


def test_every_letter_mark_digit_sign_and_space_stays():
    ranges = [range(first, last + 1) for first, last in IGNORABLE]
    visible = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code))[0] in "LMNPS" or unicodedata.category(chr(code)) == "Zs"
        if not any(code in each for each in ranges)
    ]

    assert len(visible) > 130_000
    assert [each for each in visible if printable(each) != each] == []


@pytest.mark.parametrize(
    "text",
    [
        "❤️",
        "❤️‍🔥",
        "👩‍💻",
        "🏳️‍🌈",
        "👨‍👩‍👧‍👦",
        "1️⃣ #️⃣ *️⃣",
        "☎︎",
        "©️ ™️ ℹ️ ↔️",
        "🧑🏽‍🚀",
        "🇩🇪",
        "می‌خواهم",
        "क्‍ष",
        "ශ්‍රී",
        "naïve – “quoted” 漢字 ǅ",
    ],
)
def test_emoji_and_scripts_that_need_joiners_and_selectors_stay(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\ufe0f", "a\\u{fe0f}"),
        ("1\ufe0f", "1\\u{fe0f}"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f\\u{fe0f}"),
        ("pay\u200dpal", "pay\\u{200d}pal"),
        ("\u200cx", "\\u{200c}x"),
        ("👩\u200d\u200d", "👩\u200d\\u{200d}"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\udce9", "\\u{dce9}"),
    ],
)
def test_joiners_and_selectors_that_do_nothing_are_spelled_out(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.fixture
def hostile_home(make_home):
    """A home with hostile text in a description, in the name of a collection, and as a folder."""
    home = make_home()
    database = home / "cache" / "cache.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        (collection, _), *_ = cache_rows(database)
        connection.execute("UPDATE collection_artifacts SET description = ?", (f"d{HOSTILE}",))
        connection.execute(
            "UPDATE collections SET name = ? WHERE id = ?", (f"n{HOSTILE}", collection)
        )
    target = home.parent.with_name(f"home{HOSTILE.replace(chr(0), '')}")
    shutil.move(home.parent, target)
    return target / ".skillmeat"


@pytest.mark.slow
def test_no_output_format_shows_hostile_text_unescaped(cli, hostile_home, tmp_path):
    outputs = [f"-o{tmp_path / 'r'}.{suffix}" for suffix in ("html", "md", "xml", "prom")]
    texts = [cli("check", hostile_home)[1], cli("show", "skill:retired", hostile_home)[1]]
    cli("report", hostile_home, *outputs)
    texts += [path.read_text() for path in tmp_path.glob("r.*")]

    assert len(texts) == 7
    for text in texts:
        assert [f"{ord(char):x}" for char in HOSTILE if char in text] == []
    assert "\\u{202e}" in texts[0]


def test_a_csv_holds_hostile_text_spelled_out_and_no_formula(cli, hostile_home):
    _, out, _ = cli("check", hostile_home, "--format", "csv")

    cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
    assert len(cells) > 20
    assert not any(char in cell for cell in cells for char in HOSTILE)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
