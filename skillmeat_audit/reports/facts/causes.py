"""Sorts findings by what caused them: who left the rows so, since when, and what mends them."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import SEVERITIES, WRITABLE, Disposition, Status
from skillmeat_audit.model.tables import KEY, is_in
from skillmeat_audit.reports.facts.values import plural

# Rules of links that lead nowhere although the cell is as the manifest says.
_DEAD_LINKS = ("S009", "S010", "S011")
_NO_ROW = "manifests, files, names and catalogue: what is about no single row"


@dataclass(frozen=True)
class AffectedRows:
    """How many artifacts and rows have one kind of trouble, since when, and who left them so.

    ``oldest_at`` is when the oldest of the rows was last written; ``writers`` are names and rows.
    """

    artifacts: int
    rows: int
    oldest_at: str | None
    writers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Answer:
    """The question most people come with: blank descriptions and broken source links."""

    descriptions: AffectedRows
    sources: AffectedRows

    @property
    def sentence(self) -> str:
        """The answer in one sentence, empty where there is nothing to tell."""
        blank, broken = self.descriptions.artifacts, self.sources.artifacts
        said = [f"{plural(blank, 'artifact')} {_has(blank)} a blank description"] if blank else []
        if broken:
            noun = str(broken) if said else plural(broken, "artifact")
            said.append(f"{noun} {_has(broken)} a broken source link")
        return f"{' and '.join(said)}." if said else ""


@dataclass(frozen=True)
class RuleCount:
    """How often a rule found something."""

    code: str
    severity: str
    count: int


@dataclass(frozen=True)
class Command:
    """A command to go on with, and what it does."""

    line: str
    why: str


@dataclass(frozen=True)
class CauseGroup:
    """Findings with one cause: the code path that last wrote their rows, None without a row."""

    writer: str | None
    does: str
    rows: int
    oldest_at: str | None
    newest_at: str | None
    rules: tuple[RuleCount, ...]
    commands: tuple[Command, ...]
    findings: pd.DataFrame = field(repr=False)


def answer_of(findings: pd.DataFrame, rows: pd.DataFrame) -> Answer:
    """Return the answer from *findings* (``FINDINGS``) and the cache *rows* (``ROWS``)."""
    column, status = findings["column"].fillna(""), findings["status"].fillna("")
    wrong = is_in(status, (Status.MISSING, Status.DIFFERS))
    blank = (column == "description") & (status == Status.MISSING)
    broken = ((column == "source") & wrong) | is_in(findings["rule"], _DEAD_LINKS)
    return Answer(_trouble(findings[blank], rows), _trouble(findings[broken], rows))


def group_by_cause(
    findings: pd.DataFrame, rows: pd.DataFrame, paths: Mapping[str, str], home: str
) -> tuple[CauseGroup, ...]:
    """Return *findings* by cause, the worst first; *paths* says what each writer does."""
    writers = findings["writer"].fillna("")
    groups = [
        _group(str(writer), findings[writers == writer], rows, paths, home)
        for writer in sorted(writers.unique())
    ]
    return tuple(sorted(groups, key=_weight))


def _weight(group: CauseGroup) -> tuple[int, int, str]:
    worst = min(SEVERITIES.index(rule.severity) for rule in group.rules)
    return worst, -sum(rule.count for rule in group.rules), group.writer or ""


def _group(
    writer: str, findings: pd.DataFrame, rows: pd.DataFrame, paths: Mapping[str, str], home: str
) -> CauseGroup:
    times = _times(findings, rows)
    rules = findings[["rule", "severity"]].value_counts(sort=False).sort_index()
    does = paths.get(writer, "") if writer else _NO_ROW
    return CauseGroup(
        writer=writer or None,
        does=does,
        rows=len(findings.drop_duplicates(list(KEY))) if writer else 0,
        oldest_at=min(times, default=None),
        newest_at=max(times, default=None),
        rules=tuple(
            RuleCount(str(code), str(severity), int(n))
            for (code, severity), n in zip(rules.index, rules, strict=True)
        ),
        commands=tuple(commands_for(findings, home, f"--writer {writer}" if writer else None)),
        findings=findings,
    )


def _trouble(findings: pd.DataFrame, rows: pd.DataFrame) -> AffectedRows:
    counts = findings.drop_duplicates(list(KEY))["writer"].dropna().value_counts().sort_index()
    writers = counts.sort_values(ascending=False, kind="stable").items()
    return AffectedRows(
        artifacts=int(findings["artifact_id"].nunique()),
        rows=len(findings.drop_duplicates(list(KEY))),
        oldest_at=min(_times(findings, rows), default=None),
        writers=tuple((str(writer), int(number)) for writer, number in writers),
    )


def _times(findings: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Return when the rows that *findings* are about were last written, as far as they tell."""
    keys = findings[list(KEY)].dropna().drop_duplicates()
    about = rows[[*KEY, "synced_at", "added_at"]].merge(keys, on=list(KEY))
    written = about["synced_at"].fillna(about["added_at"]).dropna()
    return [printable(each)[:19] for each in written.unique()]


def commands_for(
    findings: pd.DataFrame, home: str, narrowed: str | None = None
) -> Iterator[Command]:
    """Yield the commands that mend *findings*, or explain the worst of those that nothing mends.

    *narrowed* is the option that leaves other findings out; None means: by rule.
    """
    disposition = findings["disposition"]
    mended = findings[is_in(disposition, WRITABLE)]
    review = findings[disposition == Disposition.REVIEW]
    plan = f"{TOOL} plan {shlex.quote(printable(home))}"
    if len(mended):
        said = plural(len(mended), "finding")
        line = f"{plan} {narrowed or _selected(mended)} -o plan.json"
        yield Command(line, f"plans the repair of {said}; apply plan.json writes it")
    if len(review):
        deletes = " --deletes" if is_in(review["status"], [Status.ROW_ORPHAN]).any() else ""
        asked = f"{narrowed or _selected(review)} --disposition review{deletes}"
        said = "1 needs" if len(review) == 1 else f"{len(review)} need"
        yield Command(f"{plan} {asked} -o review.json", f"{said} a look first")
    if not len(mended) and not len(review) and len(findings):
        ranks = map(SEVERITIES.index, findings["severity"])
        _, code = min(zip(ranks, findings["rule"], strict=True))
        yield Command(f"{TOOL} rules {code}", "says how it comes about, and what to do")


def _selected(findings: pd.DataFrame) -> str:
    return " ".join(f"--select {code}" for code in sorted(findings["rule"].unique()))


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def worst_first(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* by severity, new ones first within each, else in their order."""
    rank = {str(each): number for number, each in enumerate(SEVERITIES)}
    severity = findings["severity"].map(rank).astype("int64")
    known = ~is_in(findings["state"], ["new"])
    order = (severity * 2 + known.astype("int64")).sort_values(kind="stable").index
    return findings.loc[order].reset_index(drop=True)
