"""Sends notices of new findings through apprise; addresses are secrets and never shown."""

import logging
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.extras import install_command
from skillmeat_audit.base.files import SETTINGS_LIMIT_BYTES, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.notice import Notice

NOTIFY_VARIABLE = "SKILLMEAT_AUDIT_NOTIFY"
# error,warning=mailto://user:password@example.org
_LINE = re.compile(r"(?:(?P<severities>[a-z, ]+)=)?(?P<url>[A-Za-z0-9+.-]+://\S+)")
_TYPES = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}


@dataclass(frozen=True)
class NoticeService:
    """Where notices go: ``number`` is the position of the address in the settings.

    It gets notices of ``severities``, of all where that is empty.
    """

    number: int
    url: str = field(repr=False)
    severities: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """A label without secrets: the number, and the kind of service."""
        return f"notification {self.number} ({self.url.partition('://')[0]})"


@dataclass(frozen=True)
class NoticeSettings:
    """Where notices go, and from which severity on they are sent."""

    services: tuple[NoticeService, ...]
    threshold: Severity = Severity.WARNING


def load_services(file: Path | None) -> tuple[NoticeService, ...]:
    """Return the services in *file* and in ``SKILLMEAT_AUDIT_NOTIFY``; raise `UsageError`.

    *file* holds one address per line, ``error,warning=address`` for these severities only; comments
    begin with #. Only its owner may be able to read it.
    """
    lines = [
        *os.environ.get(NOTIFY_VARIABLE, "").split(),
        *([] if file is None else _read_lines(file)),
    ]
    return tuple(_parse_service(line, number) for number, line in enumerate(lines, 1))


def notify(
    notice: Notice, services: Sequence[NoticeService], page: Callable[[], bytes]
) -> tuple[str, ...]:
    """Send *notice* to those of *services* that take its severity; return what failed.

    The HTML *page* is attached, and rendered only where there is a recipient. The result never
    holds an address.
    """
    recipients = [
        service
        for service in services
        if not service.severities or notice.severity in service.severities
    ]
    return tuple(_send(recipients, notice, page())) if recipients else ()


def _send(services: list[NoticeService], notice: Notice, page: bytes) -> Iterator[str]:
    """Send *notice*; yield a message for every service that did not accept it."""
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to load
        from apprise.attachment.memory import AttachMemory  # noqa: PLC0415
    except ModuleNotFoundError:
        yield f"cannot notify: apprise is not installed; run: {install_command('notify')}"
        return
    # The log messages of apprise hold parts of addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    attachment = AttachMemory(  # type: ignore[no-untyped-call]
        content=page, name=f"{TOOL}.html", mimetype="text/html"
    )
    kind = apprise.NotifyType(_TYPES[notice.severity])
    for service in services:
        # A client per service: the result of one for all of them would not tell which one failed.
        client = apprise.Apprise()
        if not client.add(service.url):
            yield f"{service.label}: apprise does not know this kind of address"
        elif not client.notify(
            title=notice.title, body=notice.body, notify_type=kind, attach=attachment
        ):
            yield f"{service.label} did not accept the notice"


def _read_lines(file: Path) -> list[str]:
    try:
        content, facts = read_regular(file.expanduser(), SETTINGS_LIMIT_BYTES)
        text = content.decode("utf-8")
    except (OSError, ValueError) as exc:
        raise UsageError(f"cannot read {printable(file)}: {printable(reason_of(exc))}") from exc
    # Of the open file, not of the path: nothing can be swapped in between.
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise UsageError(f"{printable(file)} holds secrets and others can read it; chmod 600 it")
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _parse_service(line: str, number: int) -> NoticeService:
    match = _LINE.fullmatch(line)
    severities = tuple((match["severities"] or "").replace(",", " ").split()) if match else ()
    if match is None or set(severities) - set(SEVERITIES):
        raise UsageError(
            f"notification address {number} is invalid; give an address of apprise, "
            "or error,warning=address"
        )
    return NoticeService(number, match["url"], severities)
