"""The JSON schemas of the documents that the verbs print with ``--format json``."""

from skillmeat_audit.repair.plan import plan_schema
from skillmeat_audit.reports.files.schemas import json_schema


def document_schema(name: str) -> str:
    """Return the JSON schema of the document *name* as text."""
    return (plan_schema() if name == "plan" else json_schema(name)).decode()
