"""Which sources are addresses."""

import re

import pyarrow as pa

from skillmeat_audit.base.arrow import ARROW_TEXT
from skillmeat_audit.diff.links import is_url


def test_an_address_has_a_host_and_a_path():
    sources = ["https://github.com/o/r", "http://x/", "https://x", "owner/repo/path", "", None]

    assert is_url(pa.array(sources, ARROW_TEXT)).tolist() == [True, True] + [False] * 4


def test_a_host_has_no_white_space_of_any_script():
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    sources = [f"https://a{character}b/c" for character in characters]

    found = is_url(pa.array(sources, ARROW_TEXT)).tolist()

    pattern = re.compile(r"^https?://[^/\s]+/")
    assert found == [pattern.search(source) is not None for source in sources]
