"""What an extraction leaves by accident in place of a description: the one definition of it.

SkillMeat takes whatever stands behind ``description:``, or the first line of the body that is no
heading, for the description (§7.43): a block indicator, a code fence, a row of a table. A text of
several lines is an accident only where it is the repr of a value: somebody wrote the rest.
"""

import re

FRONT_MATTER_KEYS = (
    "name|description|title|author|license|version|tags|tools|model|color|metadata|dependencies"
    "|allowed-tools|allowedTools|disallowed-tools|disallowedTools|argument-hint|user-invocable"
    "|disable-model-invocation|permissionMode|permission-mode"
)
# One alternative per construct. Each takes the whole text, which is one line (but for reprs).
_ACCIDENT = re.compile(
    rf"""
    None|null|undefined|\[object\ Object\]|~
    |[\u200b-\u200d\u2060\s]+           # characters without width
    |\[//\]:\s*\#.*|:::.*              # [//]: # (a comment), :::note
    |@[\w./~-]+\.md                   # @README.md, which a client includes
    |import\s[^"']+\sfrom\s["'][^"']*["'];?             # a line of MDX
    # no word at all: rules (---, ***, ===), block indicators (>, |-), fences, lone quotes
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
# What every accident holds (RE2), so that others need no closer look: it begins with a sign, or is
# or begins with one of few words.
ACCIDENT_HINT = (
    r"^[\s\x{feff}]*(?:None|null|undefined|import\s|[\x{200b}-\x{200d}\x{2060}]|[!-/:-@\[-`{-~\x{2013}\x{2014}\x{2026}\x{2022}\x{b7}"
    r"\x{2500}-\x{257f}]|[A-Za-z-]+:)"
)


def is_accident(description: str) -> bool:
    """Return whether a failed extraction left *description*, and nobody wrote it."""
    return _ACCIDENT.fullmatch(description.strip().removeprefix("\ufeff").strip()) is not None
