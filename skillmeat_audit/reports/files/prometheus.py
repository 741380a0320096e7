"""Renders a report as metrics for node_exporter's textfile collector: gauges, no timestamps."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import SEVERITIES
from skillmeat_audit.reports.facts.fleet import FleetFacts, HomeFacts
from skillmeat_audit.reports.facts.headline import Headline
from skillmeat_audit.reports.facts.report import Failure, Report

Labels = Mapping[str, str]
_HELP = {
    "success": "Whether the last run could check the home.",
    "completion_timestamp_seconds": "When the last run ended.",
    "artifacts": "Manifest entries.",
    "rows": "Cache rows.",
    "findings": "Findings by severity.",
    "rule_findings": "Findings by rule.",
    "pages_without_description": "Artifacts that pages show without a description.",
    "pages_described_elsewhere": "Those of them whose description a layer knows.",
    "pages_not_clickable": "Artifacts with a source that pages show without a link.",
    "pages_shown_wrong": "Artifacts of which pages show a wrong description, source or origin.",
    "pages_wrong_but_shown_right": "Artifacts whose rows are wrong and whose pages are right.",
    "pages_lacking_details": "Other artifacts whose rows lack tags, author, license and the like.",
    "pages_values_blanked_next": "Values that the next restart or refresh blanks.",
    "wrong_cells": "Cells that differ from the expected value.",
    "missing_rows": "Manifest entries without a row.",
    "orphan_rows": "Rows without a manifest entry.",
    "accepted_findings": "Findings that the baseline accepts.",
    "new_findings": "Findings that the earlier run did not have.",
    "fixed_findings": "Findings of the earlier run that this run does not have.",
    "persisting_findings": "Findings that the earlier run had too.",
}

_PAGE_NUMBERS = (
    *("without_description", "described_elsewhere", "not_clickable"),
    *("shown_wrong", "wrong_but_shown_right", "lacking_details", "values_blanked_next"),
)


def metrics(report: Report) -> str:
    """Return *report* in Prometheus's text format."""
    summary, past = report.summary, report.past
    home = {"home": summary.home}
    gauges: dict[str, list[tuple[Labels, float]]] = {
        # The metric to alert on, together with the age of the completion time.
        "success": [(home, float(not report.warnings))],
        **_completion(home, report.made_at),
        **{name: [(home, summary.counts[name])] for name in ("artifacts", "rows")},
        "findings": [(home | {"severity": each}, summary.counts[each]) for each in SEVERITIES],
        "rule_findings": list(_by_rule(report, home)),
        **{f"pages_{name}": [(home, number)] for name, number in _of_pages(report.headline)},
        "wrong_cells": [(home, summary.wrong_cells)],
        "missing_rows": [(home, summary.missing_rows)],
        "orphan_rows": [(home, summary.orphan_rows)],
    }
    if past.accepted is not None:
        gauges["accepted_findings"] = [(home, len(past.accepted.findings))]
    if past.changes is not None:
        gauges["new_findings"] = [(home, past.changes.new)]
        gauges["fixed_findings"] = [(home, len(past.changes.fixed))]
        gauges["persisting_findings"] = [(home, past.changes.persisting)]
    return _exposition(gauges)


def failure_metrics(failure: Failure) -> str:
    """Return *failure* in Prometheus's text format: no success, and the time."""
    home = {"home": failure.home}
    return _exposition({"success": [(home, 0.0)], **_completion(home, failure.made_at)})


def home_metrics(fleet: FleetFacts) -> str:
    """Return the homes of *fleet* in Prometheus's text format, told apart by the label ``home``."""
    gauges: dict[str, list[tuple[Labels, float]]] = {}
    for home in fleet.homes:
        for name, labels, value in _of_home(home, fleet.made_at):
            gauges.setdefault(name, []).append(({"home": home.home} | labels, value))
    return _exposition(gauges)


def _of_home(home: HomeFacts, made_at: str) -> Iterator[tuple[str, dict[str, str], float]]:
    yield "success", {}, float(home.error is None)
    if made_at:
        yield "completion_timestamp_seconds", {}, datetime.fromisoformat(made_at).timestamp()
    if home.summary is not None:
        counts = home.summary.counts
        yield from ((name, {}, counts[name]) for name in ("artifacts", "rows"))
        yield from (("findings", {"severity": str(each)}, counts[each]) for each in SEVERITIES)
    if home.headline is not None:
        for name, number in _of_pages(home.headline):
            yield f"pages_{name}", {}, number
    if home.delta is not None:
        for name in ("new", "fixed", "persisting"):
            yield f"{name}_findings", {}, getattr(home.delta, name)


def _of_pages(headline: Headline) -> Iterator[tuple[str, int]]:
    """Yield the numbers of *headline*; none without a cache."""
    pages = headline.pages
    for name in _PAGE_NUMBERS if pages else ():
        yield name, getattr(pages, name)


def _by_rule(report: Report, home: Labels) -> Iterator[tuple[Labels, float]]:
    """Yield every rule's count, zeros too: a series that ends is not seen to go down."""
    counts = report.findings["rule"].value_counts()
    for rule in report.rule_book.rules:
        labels = {**home, "rule": rule.code, "severity": str(rule.severity)}
        yield labels, int(counts.get(rule.code, 0))


def _completion(home: Labels, made_at: str) -> dict[str, list[tuple[Labels, float]]]:
    if not made_at:
        return {}
    seconds = datetime.fromisoformat(made_at).timestamp()
    return {"completion_timestamp_seconds": [(home, seconds)]}


def _exposition(gauges: Mapping[str, list[tuple[Labels, float]]]) -> str:
    lines = []
    for name, samples in gauges.items():
        metric = f"skillmeat_audit_{name}"
        lines += [f"# HELP {metric} {_HELP[name]}", f"# TYPE {metric} gauge"]
        for labels, value in samples:
            pairs = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
            # .10g: a Unix time needs ten digits; 6, the default, would lose hours.
            lines.append(f"{metric}{{{pairs}}} {value:.10g}")
    return "".join(f"{line}\n" for line in lines)


def _label(text: str) -> str:
    # The exposition format's escapes of a label's value.
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
