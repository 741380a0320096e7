"""Packs the answer of a home as one Arrow stream, and unpacks it in another process.

The findings are the table, everything else is in the metadata of its schema. An `Audit` is never
sent: its frames are many times as large.
"""

import msgspec
import pyarrow as pa

from skillmeat_audit.fleets.requests import HomeAnswer
from skillmeat_audit.model.trend import REPORTED
from skillmeat_audit.reports.facts.fleet import HomeFacts

_KEY = b"skillmeat-audit"


class _Envelope(msgspec.Struct, frozen=True):
    facts: HomeFacts
    plan: bytes
    history_run: int | None


def packed(answer: HomeAnswer) -> bytes:
    """Return *answer* as the bytes of an Arrow stream."""
    envelope = msgspec.json.encode(_Envelope(answer.facts, answer.plan, answer.history_run))
    table = pa.Table.from_pandas(answer.findings, preserve_index=False)
    table = table.replace_schema_metadata({_KEY: envelope})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def unpacked(content: bytes) -> HomeAnswer:
    """Return the answer in *content*, which `packed` returned."""
    table = pa.ipc.open_stream(content).read_all()
    envelope = msgspec.json.decode(table.schema.metadata[_KEY], type=_Envelope)
    findings = REPORTED.conform(table.replace_schema_metadata(None).to_pandas())
    return HomeAnswer(envelope.facts, findings, envelope.plan, envelope.history_run)
