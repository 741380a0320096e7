"""Makes text from outside safe to show and to store."""

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties.txt, UAX #44): shown as nothing.
# Tags and the selectors of plane 14 are in its last range.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Categories Cc, Zl, Zp, the rest of Cf, Cs and Co, and the 66 noncharacters.
_CONTROLS = (
    "\x00-\x1f\x7f-\x9f\u2028\u2029"
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f"
    "\ud800-\udfff\ue000-\uf8ff\U000e1000-\U0010ffff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xE0000, 0x10000)
    )
)
# Blocks of the bases in emoji-variation-sequences.txt (UTS #51), but for the keycaps' # * 0-9.
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_UNPRINTABLE = re.compile(f"[{_IGNORABLE}{_CONTROLS}]")
# Where a selector or joiner has an effect: in emoji, and after letters of Arabic, Indic and other
# scripts.
_ACTIVE = re.compile(
    f"(?<=[{_EMOJI}])[\ufe0e\ufe0f]|(?<=[#*0-9])[\ufe0e\ufe0f]\u20e3"
    "|(?<=[\u00a9\u00ae\u0370-\u200b\u200e-\U0010ffff])[\u200c\u200d]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    if _ACTIVE.match(match.string, match.start()):
        return char
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}")


def printable(text: object) -> str:
    """Return *text* on one line with every control, bidi and invisible character spelled out."""
    string = str(text)
    if string.isascii() and string.isprintable():  # nearly always, and ten times faster
        return string
    return _UNPRINTABLE.sub(_escaped, string)


def encodable(file_name: str) -> str:
    """Return *file_name* with bytes that are not UTF-8 spelled out, so that it can be stored.

    Such bytes are surrogates in it (``surrogateescape``), whatever the locale.
    """
    if file_name.isascii():
        return file_name
    return file_name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def folded(name: str) -> str:
    """Return *name* without case and Unicode form: equal for names that differ only in these."""
    # Folding case can undo a composition, so both forms are normalised (Unicode 3.13, D145).
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def name_difference(name: str, other: str) -> str:
    """Return how two names differ that are equal when `folded`."""
    composed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", other)
    if composed[0] == composed[1]:
        return "Unicode form (NFC/NFD)"
    alike_forms = name.casefold() == other.casefold()
    return "case" if alike_forms else "case and Unicode form (NFC/NFD)"


def as_text(value: object) -> str | None:
    """Return a cell of any type as text, None for NULL."""
    if value is None or type(value) is str:
        return value
    # SQLite's columns have no fixed type: a text column may hold bytes or numbers.
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def is_utf8(value: object) -> bool:
    """Return True if a cell can be written again: text that is not UTF-8 cannot."""
    try:
        return not isinstance(value, str) or value.encode() is not None
    except UnicodeEncodeError:
        return False


def shortened(text: str, width: int) -> str:
    """Return *text* cut to *width* characters, after a word; the cut shown as ``…``."""
    if len(text) <= width:
        return text
    return text[: word_end(text, max(width - 1, 0))].rstrip() + "…"


def word_end(text: str, limit: int) -> int:
    """Return where to cut *text*, which is longer than *limit*: after a word, or a part of a path.

    A single long word is cut all the same.
    """
    if text[limit] == " ":
        return limit
    end = max(text.rfind(" ", 0, limit), text.rfind("/", 0, limit) + 1)
    return end if end > limit // 2 else limit
