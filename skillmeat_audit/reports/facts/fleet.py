"""What is reported of a fleet: the facts of each home, and what they add up to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from skillmeat_audit.model.contracts import Table, flag, number, text
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import SEVERITIES
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.trend import REPORTED
from skillmeat_audit.reports.facts.headline import Headline
from skillmeat_audit.reports.facts.names import ERAS
from skillmeat_audit.reports.facts.summary import Summary
from skillmeat_audit.reports.facts.values import plural

FleetVerb = Literal["check", "report", "plan", "apply", "undo", "runs"]

# From the best to the worst: a home that could not be checked says less than any other.
_RANKS = (
    ExitCode.CLEAN,
    ExitCode.FINDINGS,
    ExitCode.UNDELIVERED,
    ExitCode.CONFLICT,
    ExitCode.FAILED,
    ExitCode.CRASHED,
)
_NO_CACHE = "without a cache"

FLEET_HOMES = Table(
    "fleet homes",
    "One row per home of a fleet, in the order of its file.",
    {
        "home": text("name of the home in the fleet"),
        "group": text("its group, null without one"),
        "checked": flag("whether the request could be carried out"),
        "reason": text("why it could not, null where it could"),
        "sentence": text("the headline, null where the home could not be checked"),
        "artifacts": number("artifacts in the manifests"),
        "rows": number("cache rows"),
        **{each.value: number(f"findings of severity {each}") for each in SEVERITIES},
        "new": number("findings that the run before did not have, null without a history"),
        "fixed": number("findings of the run before that this one no longer has"),
    },
)

FLEET_FINDINGS = Table(
    "fleet findings",
    "One row per finding of a fleet, by home in the order of its file, then as REPORTED.",
    {"home": text("name of the home in the fleet"), **REPORTED.columns},
)


@dataclass(frozen=True)
class DeltaFacts:
    """What changed in a home since the run before."""

    new: int
    fixed: int
    persisting: int


@dataclass(frozen=True)
class PlanFacts:
    """What the plan of a home writes; ``file`` is its name in the folder of plans."""

    rows: int
    cells: int
    keys: int
    file: str | None = None


@dataclass(frozen=True)
class RunFacts:
    """A run that was applied or undone now; ``resumed`` where an earlier attempt committed it.

    ``run`` is None where there was nothing to write.
    """

    run: str | None
    applied: int
    skipped: int
    resumed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindingPlaces:
    """Where the findings of a home are: its ``base`` and ``manifests`` as in `RuleBook`.

    ``manifests`` are those of artifacts with findings; ``collections`` are names by id.
    """

    base: str
    manifests: dict[str, str]
    collections: dict[str, str]


@dataclass(frozen=True)
class ListedRun:
    """One run in the list of a home's runs."""

    run: str
    kind: str
    state: str
    started_at: str
    rows: int
    keys: int
    undoes: str | None


@dataclass(frozen=True)
class HomeFacts:
    """One home of a fleet, and what a request found out about it or did to it.

    ``error`` says why the request could not be carried out; then all that follows is None.
    """

    home: str
    path: str
    group: str | None = None
    exit_code: ExitCode = ExitCode.CLEAN
    error: str | None = None
    summary: Summary | None = None
    headline: Headline | None = None
    delta: DeltaFacts | None = None
    plan: PlanFacts | None = None
    run: RunFacts | None = None
    runs: tuple[ListedRun, ...] | None = None
    places: FindingPlaces | None = None

    @property
    def badness(self) -> tuple[int, int, int]:
        """The rank of the home, the worst the highest: by exit code, errors and warnings."""
        counts: Mapping[str, int] = {} if self.summary is None else self.summary.counts
        return (
            _RANKS.index(self.exit_code),
            counts.get("error", 0),
            counts.get("warning", 0),
        )

    @property
    def release(self) -> str:
        """The releases of SkillMeat that the home's cache is from, by its schema."""
        era = None if self.summary is None else self.summary.era
        return ERAS[era] if era else _NO_CACHE


@dataclass(frozen=True)
class FleetFacts:
    """The homes of a fleet in the order of its file, and their findings (``FLEET_FINDINGS``).

    ``version`` and ``rules`` are those of this program.
    """

    request: FleetVerb
    homes: tuple[HomeFacts, ...]
    findings: pd.DataFrame = field(default_factory=FLEET_FINDINGS.empty, repr=False)
    made_at: str = ""
    version: str = ""
    rules: tuple[Rule, ...] = field(default=(), repr=False)

    @property
    def checked(self) -> tuple[HomeFacts, ...]:
        """The homes for which the request was carried out."""
        return tuple(home for home in self.homes if home.error is None)

    @property
    def failed(self) -> tuple[HomeFacts, ...]:
        """The homes for which it was not."""
        return tuple(home for home in self.homes if home.error is not None)

    @property
    def worst_first(self) -> tuple[HomeFacts, ...]:
        """The homes, the worst first; equal ones in the order of the file."""
        return tuple(sorted(self.homes, key=lambda home: home.badness, reverse=True))

    @property
    def exit_code(self) -> ExitCode:
        """The worst exit code of the homes."""
        return max((home.exit_code for home in self.homes), key=_RANKS.index)

    @property
    def counts(self) -> dict[str, int]:
        """Artifacts, rows and findings of all homes together."""
        total: Counter[str] = Counter()
        for home in self.checked:
            total.update({} if home.summary is None else home.summary.counts)
        names = ("artifacts", "rows", "findings", *map(str, SEVERITIES))
        return {name: total[name] for name in names}

    @property
    def delta(self) -> DeltaFacts | None:
        """What changed over the fleet; None where no home has an earlier run."""
        deltas = [home.delta for home in self.checked if home.delta is not None]
        if not deltas:
            return None
        parts = (
            [getattr(each, name) for each in deltas] for name in ("new", "fixed", "persisting")
        )
        return DeltaFacts(*map(sum, parts))

    @property
    def causes(self) -> tuple[tuple[str, int, int], ...]:
        """The paths that left rows wrong: what each does, in how many homes, how many rows."""
        homes: Counter[str] = Counter()
        rows: Counter[str] = Counter()
        for cause in (c for home in self.checked if home.summary for c in home.summary.causes):
            homes[cause.does] += 1
            rows[cause.does] += cause.rows
        return tuple((does, homes[does], count) for does, count in rows.most_common())

    @property
    def releases(self) -> tuple[tuple[str, int, int], ...]:
        """The releases of SkillMeat: homes, and how many of them have errors or warnings."""
        homes = Counter(home.release for home in self.checked if home.summary)
        bad = Counter(
            home.release for home in self.checked if home.summary and any(home.badness[1:])
        )
        return tuple((name, count, bad[name]) for name, count in sorted(homes.items()))

    @property
    def sentence(self) -> str:
        """The answer in a few sentences."""
        unclean = sum(home.exit_code is not ExitCode.CLEAN for home in self.checked)
        parts = [f"{plural(len(self.checked), 'home')} of {len(self.homes)} checked"]
        if self.request in ("apply", "undo", "plan", "runs"):
            parts = [f"{self.request}: {len(self.checked)} of {plural(len(self.homes), 'home')}"]
        if unclean:
            parts.append(f"{unclean} with {_TROUBLE.get(self.request, 'findings')}")
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        return f"{', '.join(parts)}."


_TROUBLE = {"apply": "conflicts", "undo": "conflicts"}


def homes_frame(homes: Sequence[HomeFacts]) -> pd.DataFrame:
    """Return *homes* as ``FLEET_HOMES``."""
    return FLEET_HOMES.from_records([_home_record(home) for home in homes])


def _home_record(home: HomeFacts) -> dict[str, object]:
    record: dict[str, object] = {
        "home": home.home,
        "group": home.group,
        "checked": home.error is None,
        "reason": home.error,
        "sentence": None if home.headline is None else home.headline.sentence,
    }
    if home.summary is not None:
        record |= home.summary.counts
    if home.delta is not None:
        record |= {"new": home.delta.new, "fixed": home.delta.fixed}
    return record
