"""Says how an entry can be mended that stops SkillMeat, where nothing is lost by it.

A mend is the value that a key should hold instead: None to remove the key, `UNCLEAR` where a person
has to decide. Entries are parsed with ``parse_float=str``: ``version = 1.10`` means "1.10".
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from skillmeat_audit.model.fields import HOSTS
from skillmeat_audit.model.manifest_edits import TomlValue, as_toml

Entry = Mapping[str, object]


class Unclear:
    """The type of `UNCLEAR`."""


UNCLEAR: Final = Unclear()
Mend = TomlValue | Unclear

_LISTS = ("tags", "metadata.tags", "metadata.dependencies")
_NUMBER_BITS = 128
_CHOICES = ("target_platforms",)  # a text that is not one of them helps nobody


def text_mend(entry: Entry, key: str) -> Mend:
    """Return what a *key* with a value of a wrong type (`loaders.mistyped`) should hold instead."""
    value = _value_at(entry, key)
    if key in _CHOICES:
        return UNCLEAR
    if key in _LISTS:
        return _as_list(value)
    if isinstance(value, Mapping):
        value = _person(value)
    texts = [_scalar_text(item) for item in (value if isinstance(value, list) else [value])]
    # SkillMeat shows a list as Python writes it; joined, every word of it is kept.
    return UNCLEAR if None in texts else ", ".join(filter(None, texts)) or None


def origin_source_mend(entry: Entry) -> Mend:
    """Return which ``origin_source`` an entry with an impossible one should have.

    Only marketplace artifacts have one: the host that a URL names (``https://github.com/…`` is
    ``github``), else the host of the upstream. SkillMeat reads a missing one as no host.
    """
    if entry.get("origin") != "marketplace":
        return None
    for value in (entry.get("origin_source"), entry.get("upstream")):
        if isinstance(value, str) and (host := HOSTS.get(_host(value))) is not None:
            return host
    return None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _value_at(entry: Entry, key: str) -> object:
    value: object = entry
    for step in key.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _as_list(value: object) -> Mend:
    items = value.split(",") if isinstance(value, str) else value
    texts = [_scalar_text(item) for item in (items if isinstance(items, list) else [items])]
    return UNCLEAR if None in texts else [text.strip() for text in filter(None, texts)]


def _person(table: Entry) -> object:
    """Return ``name <email>`` for a table of those two; one with more would lose something."""
    name, email = table.get("name"), table.get("email")
    if not table:
        return ""
    if not isinstance(name, str) or table.keys() - {"name", "email"}:
        return table
    return name if email is None else f"{name} <{email}>" if isinstance(email, str) else table


def _scalar_text(value: object) -> str | None:
    """Return a scalar of TOML as text; None for a list or table, and for an endless number."""
    if isinstance(value, (list, Mapping)):
        return None
    if isinstance(value, int) and value.bit_length() > _NUMBER_BITS:
        return None
    return value if isinstance(value, str) else as_toml(value)
