"""Publishes the JSON schema of every document that this package prints or saves as a report."""

from typing import Any

import msgspec

from skillmeat_audit.reports.files.artifact_json import ArtifactDocument
from skillmeat_audit.reports.files.ascii_json import ascii_json
from skillmeat_audit.reports.files.check_json import CheckDocument
from skillmeat_audit.reports.files.doctor_json import DoctorDocument
from skillmeat_audit.reports.files.fleet_json import FleetDocument
from skillmeat_audit.reports.files.history_json import HistoryDocument
from skillmeat_audit.reports.files.replay_json import ReplayDocument
from skillmeat_audit.reports.files.report_json import ReportDocument
from skillmeat_audit.reports.files.rules_json import RulesDocument
from skillmeat_audit.reports.files.runs_json import RunDetailDocument, RunDocument, RunsDocument
from skillmeat_audit.reports.files.settings_json import SettingsDocument
from skillmeat_audit.reports.files.view_json import ViewDocument

SCHEMAS: dict[str, type[msgspec.Struct]] = {
    "check": CheckDocument,
    "artifact": ArtifactDocument,
    "view": ViewDocument,
    "run": RunDocument,
    "runs": RunsDocument,
    "run-detail": RunDetailDocument,
    "history": HistoryDocument,
    "replay": ReplayDocument,
    "rules": RulesDocument,
    "report": ReportDocument,
    "fleet": FleetDocument,
    "doctor": DoctorDocument,
    "config": SettingsDocument,
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(name: str) -> bytes:
    """Return the JSON schema of a document of `SCHEMAS`; its ``$id`` is the document's schema."""
    document = SCHEMAS[name]
    identity: dict[str, Any] = {"$schema": _DIALECT, "$id": document.__struct_config__.tag}
    return ascii_json(identity | msgspec.json.schema(document))
