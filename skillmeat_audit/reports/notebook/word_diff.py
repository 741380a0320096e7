"""Shows two values against each other in HTML, the words in which they part marked_difference."""

import re
from difflib import SequenceMatcher

from skillmeat_audit.base.text import shortened
from skillmeat_audit.reports.facts.values import display_value, trim_common_prefix
from skillmeat_audit.reports.notebook.html import Markup, empty_sign, text_html

# Longer values are cut, from shortly before they part: nobody reads more in a table.
_LIMIT_CHARS = 160
_SHORT_CHARS = 24
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")


def marked_difference(actual: object, expected: object) -> tuple[Markup, Markup]:
    """Return both values as HTML, what is only in one of them within ``<mark>``."""
    if actual in (None, "") or expected in (None, ""):
        return _whole(actual), _whole(expected)
    left, right = (
        shortened(value, _LIMIT_CHARS)
        for value in trim_common_prefix(
            display_value(actual), display_value(expected), _LIMIT_CHARS
        )
    )
    one, other = _WORDS.findall(left), _WORDS.findall(right)
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return (
        _value("".join(_run(one[i:j], same=step == "equal") for step, i, j, _, _ in steps)),
        _value("".join(_run(other[k:m], same=step == "equal") for step, _, _, k, m in steps)),
    )


def _run(words: list[str], *, same: bool) -> str:
    text = _broken("".join(words))
    return text if same or not text else f"<mark>{text}</mark>"


def _whole(value: object) -> Markup:
    if value in (None, ""):
        return empty_sign()
    return _value(_broken(shortened(display_value(value), _LIMIT_CHARS)))


def _broken(text: str) -> str:
    """Return *text* as HTML that may be broken after its slashes: addresses, in narrow cells."""
    return text_html(text).replace("/", "/<wbr>")


def _value(html: str) -> Markup:
    kind = "value long" if len(html) > _SHORT_CHARS else "value"
    return Markup(f'<span class="{kind}">{html}</span>')
