"""Text from outside: how it is made fit to be shown."""

import re
import unicodedata

# Controls, line and paragraph separators, marks that reorder, hide or format text, lone surrogates,
# tags, private use, what is no character at all. Joiners (U+200C, U+200D) stay: emoji and several
# scripts need them.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xE0000, 0x10000)
    )
    + "]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}")


def printable(text: object) -> str:
    """Return *text* on one line with every control, bidi and invisible character spelled out."""
    said = str(text)
    if said.isascii() and said.isprintable():  # nearly always, and ten times faster told
        return said
    return _UNPRINTABLE.sub(_escaped, said)


def encodable(file_name: str) -> str:
    """Return *file_name* with bytes that are not UTF-8 spelled out, fit to be stored.

    Such bytes are surrogates in it (``surrogateescape``), whatever the locale.
    """
    if file_name.isascii():
        return file_name
    return file_name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def folded(name: str) -> str:
    """Return what names that differ only in case or in Unicode form have in common."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def difference(name: str, other: str) -> str:
    """Return in what two names differ that are the same when `folded`."""
    composed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", other)
    if composed[0] == composed[1]:
        return "Unicode form (NFC/NFD)"
    alike_forms = name.casefold() == other.casefold()
    return "case" if alike_forms else "case and Unicode form (NFC/NFD)"


def as_text(value: object) -> str | None:
    """Return a cell as text, whatever a loosely typed column holds; None for NULL."""
    if value is None or type(value) is str:
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def is_utf8(value: object) -> bool:
    """Tell whether a cell can be written again: not if it is text with bytes that are no UTF-8."""
    try:
        return not isinstance(value, str) or value.encode() is not None
    except UnicodeEncodeError:
        return False


def shortened(text: str, width: int) -> str:
    """Return *text* cut to *width* characters, the cut shown as ``…``."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
