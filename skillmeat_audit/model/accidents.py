"""Recognises descriptions that SkillMeat's extraction produces by accident.

SkillMeat takes for the description whatever follows ``description:``, or the first line of the body
that is not a heading: a block indicator, a code fence, a row of a table
(docs/skillmeat.md#extraction-accidents). A text of several lines is an accident only if it is the
repr of a value: any other was written by a person.
"""

import re

FRONT_MATTER_KEYS = (
    "name|description|title|author|license|version|tags|tools|model|color|metadata|dependencies"
    "|allowed-tools|allowedTools|disallowed-tools|disallowedTools|argument-hint|user-invocable"
    "|disable-model-invocation|permissionMode|permission-mode"
)
# One alternative per construct, matched against the whole text: one line, except for reprs.
_ACCIDENT = re.compile(
    rf"""
    None|null|undefined|\[object\ Object\]|~
    |[\u200b-\u200d\u2060\s]+          # characters without width
    |\[//\]:\s*\#.*|:::.*             # [//]: # (a comment), :::note
    |@[\w./~-]+\.md                  # @README.md, which a client includes
    |import\s[^"']+\sfrom\s["'][^"']*["'];?             # a line of MDX
    # no word: rules (---, ***, ===), block indicators (>, |-), fences, lone quotes
    |[!-/:-@\[-`{{-~\s\u2013\u2014\u2026\u2022\u00b7\u2500-\u257f]+
    |[|>][-+1-9]{{0,2}}(?:\s+\#.*)?   # |2-, > # comment
    |`{{3,}}[^`]*|~~~.*                # ```python
    |!?`[^`]+`                      # !`git status`, which a client runs
    |\$\(.*\)|\$\{{.*\}}|\$\w+        # $(pwd), ${{HOME}}, $ARGUMENTS
    |\|.*                           # | Parameter | Type |
    |<!--(?:(?!-->).)*(?:-->)?      # <!-- a comment -->
    |(?:</?[A-Za-z][^<>@]*>\s*)+    # <p align="center">
    |(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*)+     # ![a picture](x.png)
    # a line of front matter that no fence encloses
    |(?:{FRONT_MATTER_KEYS}):(?:\s.*)?
    |\[[^\s,\[\]]*(?:,\s*[^\s,\[\]]+)*\]                 # [a, b]
    |\{{[^{{}}]*\}}|\{{\{{[^{{}}]*\}}\}}       # {{a: b}}, a template's placeholder
    # the repr of a list or mapping; possessive, so no text takes long
    |(?s:(?=[\[{{])(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|[\s,:\[\]{{}}()\d.+-]
       |None|True|False|null|true|false|nan|inf|set|datetime\.\w+)*+(?<=[\]}}]))
    """,
    re.VERBOSE,
)
# A superset of all accidents (RE2), to exclude other texts fast: a sign at the start, or one of a
# few words.
ACCIDENT_HINT = (
    r"^[\s\x{feff}]*(?:None|null|undefined|import\s|[\x{200b}-\x{200d}\x{2060}]|[!-/:-@\[-`{-~\x{2013}\x{2014}\x{2026}\x{2022}\x{b7}"
    rf"\x{{2500}}-\x{{257f}}]|(?:{FRONT_MATTER_KEYS}):)"
)


def is_accident(description: str) -> bool:
    """Return True if *description* is the product of a failed extraction."""
    return _ACCIDENT.fullmatch(description.strip().removeprefix("\ufeff").strip()) is not None
