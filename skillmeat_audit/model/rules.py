"""What a rule is: its code, severity and words, without the function that checks it."""

from dataclasses import dataclass

from skillmeat_audit.model.findings import Severity

FAMILIES = {
    "D": "descriptions",
    "F": "files on disk",
    "K": "keys: which row belongs to which artifact",
    "L": "manifests that cannot be read, or not used",
    "M": "metadata: tags, tools, author, license, version",
    "R": "resolved versions",
    "S": "source linkage",
    "T": "times",
    "V": "what pages show",
    "X": "the database itself",
}
# Rules that report what could not be checked: a baseline never accepts their findings.
NEVER_ACCEPTED = ("F004", "L001", "L003", "X001", "X002")


@dataclass(frozen=True)
class Rule:
    """A rule: one line says it (``title``), ``page`` is its manual page, ``action`` what to do.

    A rule that ``explains`` a cell replaces the plain finding of that cell.
    """

    code: str
    severity: Severity
    title: str
    page: str
    action: str
    explains: bool = False

    @property
    def family(self) -> str:
        """The letter of its code."""
        return self.code[0]

    @property
    def judges_keys(self) -> bool:
        """Whether it reports artifacts whose key is ambiguous; no other family does."""
        return self.family == "K"
