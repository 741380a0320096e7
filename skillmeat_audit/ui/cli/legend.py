"""The words that the output of several verbs uses, explained at the end of their help."""

DISPOSITIONS = (
    "Dispositions",
    (
        ("safe", "The manifest has the value: SkillMeat itself would write it."),
        ("fill", "The cell is empty, and only the front matter or the catalogue has a value."),
        ("review", "The repair overwrites or deletes without the manifest, or layers conflict."),
        ("none", "Advice only."),
    ),
)
EVIDENCE = (
    "Evidence",
    (
        ("manifest", "collection.toml has the value."),
        ("frontmatter", "The artifact's own file has it."),
        ("catalog", "The linked entry of a marketplace source has it."),
    ),
)
_EXITS = {
    0: "Clean, or done.",
    1: "Findings at or above --fail-on.",
    2: "Could not check, or bad usage.",
    4: "Conflict, or partly applied.",
    6: "A report was not delivered.",
    70: "Crashed: a bug of skillmeat-audit.",
    129: "The terminal was closed.",
    130: "Interrupted.",
    143: "Terminated.",
}


def exit_codes(*codes: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the legend of these exit *codes*, by default of all."""
    return "Exit codes", tuple((str(code), _EXITS[code]) for code in codes or _EXITS)
