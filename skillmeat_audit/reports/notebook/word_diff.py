"""Renders two values as HTML, the words in which they differ marked."""

import re
from difflib import SequenceMatcher

from markupsafe import Markup

from skillmeat_audit.base.text import shortened
from skillmeat_audit.reports.facts.values import display_value, trim_common_prefix
from skillmeat_audit.reports.notebook.html import empty_sign, text_html

# Longer values are cut, from shortly before they differ: nobody reads more in a table.
_LIMIT_CHARS = 160
_SHORT_CHARS = 24
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")  # "Reads files." is "Reads", " ", "files", "."


def marked_difference(
    actual: object, expected: object, limit_chars: int = _LIMIT_CHARS
) -> tuple[Markup, Markup]:
    """Return both values as HTML; ``<mark>`` is around words that only one of them has."""
    if actual in (None, "") or expected in (None, ""):
        return _unmarked(actual, limit_chars), _unmarked(expected, limit_chars)
    left, right = (
        shortened(value, limit_chars)
        for value in trim_common_prefix(display_value(actual), display_value(expected), limit_chars)
    )
    one, other = _WORDS.findall(left), _WORDS.findall(right)
    # autojunk would ignore words that are frequent in texts of more than 200 words.
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    join = Markup("").join
    return (
        _value(join(_words(one[i:j], same=step == "equal") for step, i, j, _, _ in steps)),
        _value(join(_words(other[k:m], same=step == "equal") for step, _, _, k, m in steps)),
    )


def _words(words: list[str], *, same: bool) -> Markup:
    text = _breakable("".join(words))
    return text if same or not text else Markup("<mark>{}</mark>").format(text)


def _unmarked(value: object, limit_chars: int) -> Markup:
    if value in (None, ""):
        return empty_sign()
    return _value(_breakable(shortened(display_value(value), limit_chars)))


def _breakable(text: str) -> Markup:
    """Return *text* as HTML with a break opportunity after slashes: addresses in narrow cells."""
    return text_html(text).replace("/", Markup("/<wbr>"))


def _value(html: Markup) -> Markup:
    kind = "value long" if len(html) > _SHORT_CHARS else "value"
    return Markup('<span class="{}">{}</span>').format(kind, html)
