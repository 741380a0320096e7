"""The vocabulary of findings: severity, evidence, disposition, status."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; ``--fail-on`` names one of these. The worst is defined first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """The position from the worst (0) to the least."""
        return SEVERITIES.index(self)

    def at_least(self, threshold: "Severity") -> bool:
        """Return True if this is as bad as *threshold* or worse."""
        return self.rank <= threshold.rank


SEVERITIES = tuple(Severity)


class Evidence(StrEnum):
    """The layer an expected value rests on."""

    MANIFEST = "manifest"
    FRONTMATTER = "frontmatter"
    CATALOG = "catalog"


class Disposition(StrEnum):
    """How safe it is to write the expected value of a finding.

    ``safe``: the value is the manifest's, SkillMeat itself would write it. ``fill``: another layer
    has the value and the manifest has none, so SkillMeat's next restart or refresh blanks the cell
    (again): a plan fills the manifest too. ``review``: it would overwrite or delete without support
    by the manifest. ``none``: advice only.
    """

    SAFE = "safe"
    FILL = "fill"
    REVIEW = "review"
    NONE = "none"


# What a plan may be asked to write: all but advice.
PLANNABLE = (Disposition.SAFE, Disposition.FILL, Disposition.REVIEW)
WRITABLE = (Disposition.SAFE, Disposition.FILL)  # what a repair writes by default


class Status(StrEnum):
    """How a cell or a row disagrees."""

    MISSING = "missing"
    DIFFERS = "differs"
    EXTRA = "extra"
    ROW_MISSING = "row-missing"
    ROW_ORPHAN = "row-orphan"


CELL_STATUSES = (Status.MISSING, Status.DIFFERS, Status.EXTRA)
