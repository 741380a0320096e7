"""The JSON schemas of the documents that reports are printed and saved as."""

from skillmeat_audit.reports.files.report_json import report_schema


def json_schema(name: str) -> bytes:
    """Return the JSON schema of the document *name*."""
    return {"report": report_schema}[name]()
