"""Renders two values as HTML, the words in which they differ marked."""

from markupsafe import Markup

from skillmeat_audit.base.text import shortened
from skillmeat_audit.reports.facts.values import display_value, trim_common_prefix
from skillmeat_audit.reports.facts.word_steps import word_steps
from skillmeat_audit.reports.notebook.html import empty_sign, text_html

# Longer values are cut, from shortly before they differ: nobody reads more in a table.
_LIMIT_CHARS = 160
_SHORT_CHARS = 24


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
    steps = list(word_steps(left, right))
    join = Markup("").join
    return (
        _value(join(_words(old, same=is_same) for is_same, old, _ in steps)),
        _value(join(_words(new, same=is_same) for is_same, _, new in steps)),
    )


def _words(words: str, *, same: bool) -> Markup:
    text = _breakable(words)
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
