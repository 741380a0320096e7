"""Notifies people of what is new, through apprise; addresses are secrets and are never shown."""

import logging
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.files import SETTINGS_LIMIT_BYTES, read_regular, reason_of
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.notice import Notice

VARIABLE = "SKILLMEAT_AUDIT_NOTIFY"
_LINE = re.compile(r"(?:(?P<severities>[a-z, ]+)=)?(?P<url>[A-Za-z0-9+.-]+://\S+)")
_TYPES = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}


@dataclass(frozen=True)
class NoticeService:
    """Where notices go: the address that is given as ``number``.

    ``severities`` are those that it wants to hear of, all where empty.
    """

    number: int
    url: str = field(repr=False)
    severities: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What may be said of it: its number, and the kind of service."""
        return f"notification {self.number} ({self.url.partition('://')[0]})"


@dataclass(frozen=True)
class NoticeSettings:
    """Who is notified, and from which severity on."""

    services: tuple[NoticeService, ...]
    threshold: Severity = Severity.WARNING


def services_from(file: Path | None) -> tuple[NoticeService, ...]:
    """Return the services in *file* and in ``SKILLMEAT_AUDIT_NOTIFY``; raise `UsageError`.

    *file* holds an address a line, ``error,warning=address`` for these severities only; comments
    begin with #. It must be readable by its owner alone.
    """
    named = os.environ.get(VARIABLE, "").split()
    lines = [*named, *([] if file is None else _lines(file))]
    return tuple(_service(line, number) for number, line in enumerate(lines, 1))


def notify(
    notice: Notice, services: Sequence[NoticeService], page: Callable[[], bytes]
) -> tuple[str, ...]:
    """Send *notice* to those of *services* that want it; return what went wrong.

    The HTML *page* is attached, made only if somebody wants it. Nothing that is returned holds an
    address.
    """
    wanted = [service for service in services if _wants(service, notice)]
    return tuple(_sent(wanted, notice, page())) if wanted else ()


def _sent(services: list[NoticeService], notice: Notice, page: bytes) -> Iterator[str]:
    """Yield, for each service that the notice did not reach, that it did not."""
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to load
        from apprise.attachment.memory import AttachMemory  # noqa: PLC0415
    except ModuleNotFoundError:
        yield "cannot notify: apprise is not installed; install skillmeat-audit with extra 'notify'"
        return
    # What apprise logs holds parts of addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    attached = AttachMemory(  # type: ignore[no-untyped-call]
        content=page, name="skillmeat-audit.html", mimetype="text/html"
    )
    kind = apprise.NotifyType(_TYPES[notice.severity])
    for service in services:
        box = apprise.Apprise()
        if not box.add(service.url):
            yield f"{service.told}: apprise knows no such address"
        elif not box.notify(
            title=notice.title, body=notice.body, notify_type=kind, attach=attached
        ):
            yield f"{service.told} was not accepted"


def _lines(file: Path) -> list[str]:
    try:
        content, facts = read_regular(file.expanduser(), SETTINGS_LIMIT_BYTES)
        text = content.decode("utf-8")
    except (OSError, ValueError) as exc:
        raise UsageError(f"cannot read {printable(file)}: {printable(reason_of(exc))}") from exc
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise UsageError(f"{printable(file)} can be read by others; chmod 600 it: it holds secrets")
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _service(line: str, number: int) -> NoticeService:
    match = _LINE.fullmatch(line)
    named = tuple((match["severities"] or "").replace(",", " ").split()) if match else ()
    if match is None or set(named) - set(SEVERITIES):
        raise UsageError(
            f"notification address {number} is not understood; give an address of apprise, "
            "or error,warning=address"
        )
    return NoticeService(number, match["url"], named)


def _wants(service: NoticeService, notice: Notice) -> bool:
    return not service.severities or notice.severity in service.severities
