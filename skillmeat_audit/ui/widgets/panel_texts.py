"""The words of the repair panel: labels, states, what a plan does, the code of its options."""

from pathlib import Path

from markupsafe import Markup

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.planning import TARGETS
from skillmeat_audit.model.changes import PlanDocument, RunOutcome
from skillmeat_audit.model.findings import Disposition
from skillmeat_audit.repair.overwrites import count_losses
from skillmeat_audit.reports.facts.run_sentences import effect_sentence
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import paragraph, strong, tag, text_html

STATUS_TEXTS = {
    "choose": "Nothing planned yet.",
    "planned": "Planned: review the changes, then rehearse.",
    "rehearsed": "Rehearsed and rolled back: the same plan can be applied now.",
    "applied": "Applied and audited again; undo restores rows and manifests.",
    "undone": "Undone: what the run changed is as before.",
}
TARGET_LABELS = {
    "rows and manifests: repairs last": TARGETS,
    "rows only": ("rows",),
    "manifests only": ("manifests",),
}
RUN_WORDS = {
    "rehearsed": "Rehearsed and rolled back",
    "applied": "Applied",
    "undone": "Undone",
}
DISPOSITION_LABELS = {
    Disposition.SAFE: "safe: the manifest has the value",
    Disposition.FILL: "fill: empty, another layer has the value",
    Disposition.REVIEW: "review: overwrites without a value in the manifest",
}


def cancelled_html(message: str) -> Markup:
    """Return that work was cancelled: neither a success nor an error."""
    return Markup('<span class="tag"><b>■</b>&nbsp;{}</span>').format(text_html(message))


def conflict_html(step: str, outcome: RunOutcome) -> Markup:
    """Return what became of a run of which something was skipped: never a success."""
    conflicts = plural(len(outcome.conflicts) + len(outcome.edit_conflicts), "conflict")
    words = RUN_WORDS[step] if outcome.run or outcome.rehearsed else "Nothing was changed"
    return tag(f"{words}, but {conflicts}: skipped, and listed below; plan again.", "warning")


def effect_html(plan: PlanDocument, backup: Path) -> Markup:
    """Return in a sentence what applying *plan* will do, and where the *backup* goes."""
    return paragraph(strong(f"apply {effect_sentence(plan)}; backup and journal in {backup}"))


def limits_html(plan: PlanDocument, rows: int, limit: int) -> Markup:
    """Return a warning where the plan overwrites or deletes more of the *rows* than it may."""
    # The same count as `apply` makes: the panel shows what would be refused before it is.
    losses = count_losses(plan.changes)
    if losses <= limit:
        return Markup()
    sentence = f"this plan overwrites or deletes {losses} of {plural(rows, 'row')}; {limit} may be"
    return paragraph(tag(f"{sentence}: raise the limit, or untick changes", "warning"))


def options_code(options: Options) -> str:
    """Return the code of the *options* that differ from the defaults."""
    # `proceed` is a function, and the other options are rare: they have no code here.
    defaults = Options()
    changed = {
        name: str(value) if name == "state_dir" else value
        for name in ("state_dir", "max_overwrites", "wait_seconds", "service")
        if (value := getattr(options, name)) != getattr(defaults, name)
    }
    arguments = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    return f"sma.Options({arguments})" if arguments else ""
