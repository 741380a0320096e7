"""Asks a running SkillMeat what its pages show; nothing is written through its API.

The requests are those of the pages: collections, the artifacts of each (with and without groups),
the list of all artifacts, and single artifacts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import quote, urlencode

import anyio
import httpx
import msgspec
from anyio.from_thread import start_blocking_portal

from skillmeat_audit.base.errors import LiveError
from skillmeat_audit.base.text import shortened
from skillmeat_audit.loaders.live_requests import (
    LiveLimits,
    LiveRequests,
    RequestFailed,
    open_client,
    server_address,
)
from skillmeat_audit.model.live import (
    IN_LIST,
    LIVE_FAILURES,
    LIVE_PAGES,
    LIVE_SINGLES,
    LIVE_TEXTS,
    OF_ARTIFACT,
    LiveAnswers,
    LiveScope,
)
from skillmeat_audit.model.tables import KEY

_PER_PAGE = 100  # the most that SkillMeat 0.74.0 accepts
_REQUEST_CHARS = 500
Answer = TypeVar("Answer")
_COLLECTIONS, _ARTIFACTS = "/user-collections", "/artifacts"


class _Item(msgspec.Struct):
    """A collection, or an artifact as a page lists it; a value of any type is taken."""

    id: str
    name: object = None
    description: object = None
    metadata: object = None  # of an artifact in the list of all, and on its own page
    source: object = None
    origin: object = None
    origin_source: object = None


class _PageInfo(msgspec.Struct):
    """Whether more pages follow, and where the next one begins."""

    has_next_page: bool = False
    end_cursor: str | None = None


class _ListAnswer(msgspec.Struct):
    """One page of a list."""

    items: list[_Item]
    page_info: _PageInfo | None = None


def load_live(
    url: str, limits: LiveLimits | None = None, scope: LiveScope | None = None
) -> LiveAnswers:
    """Return what the server at *url* answers; ``SKILLMEAT_AUDIT_TOKEN`` is its token.

    *scope* narrows the collections and artifacts that are asked for, and what is returned of them.

    Raises `LiveError` where the server does not answer at all, `UsageError` for a wrong address.
    A request that fails alone is one of the failures.
    """
    limits = limits or LiveLimits()
    survey = _Survey(limits, scope or LiveScope())
    address = server_address(url)
    shown = str(address.copy_with(userinfo=b""))
    with start_blocking_portal() as portal:  # a notebook has an event loop in this thread already
        try:
            portal.call(partial(survey.run, address))
        except RequestFailed as exc:
            raise LiveError(
                f"cannot reach a SkillMeat server at {shown}: {exc}; start it, or correct --live"
            ) from exc
    return survey.answers(shown)


@dataclass
class _Survey:
    """The requests to one server, and what became of them."""

    limits: LiveLimits
    scope: LiveScope
    pages: list[dict[str, str | None]] = field(default_factory=list)
    singles: list[dict[str, str | None]] = field(default_factory=list)
    failures: list[dict[str, object]] = field(default_factory=list)
    complete: set[str] = field(default_factory=set)
    pages_requested: int = 0

    def answers(self, url: str) -> LiveAnswers:
        """Return the answers so far, in an order that does not depend on who answered first."""
        pages = sorted(self.pages, key=lambda page: [page[name] or "" for name in KEY])
        if self.scope.collections:  # the list of all artifacts has no collections
            listed = {page["artifact_id"] for page in pages}
            self.singles = [each for each in self.singles if each["artifact_id"] in listed]
        singles = sorted(self.singles, key=lambda single: (single["page"], single["artifact_id"]))
        failures = sorted(self.failures, key=lambda failure: str(failure["request"]))
        return LiveAnswers(
            url,
            LIVE_PAGES.from_records(pages),
            LIVE_FAILURES.from_records(failures),
            frozenset(self.complete),
            LIVE_SINGLES.from_records(singles),
        )

    async def run(self, address: httpx.URL) -> None:
        """Send all requests; raise `RequestFailed` where the first has no answer."""
        async with open_client(address, self.limits) as client:
            self.requests = LiveRequests(client, self.limits)
            with anyio.move_on_after(self.limits.total_seconds) as deadline:
                await self._run()
            if deadline.cancelled_caught:
                seconds = f"{self.limits.total_seconds:g}"
                self._fail("(all later requests)", None, f"not sent: {seconds} seconds are over")

    async def _run(self) -> None:
        collections, _ = await self._list(_COLLECTIONS)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._list_all)
            in_scope = [
                each.id for each in collections if self.scope.has_collection(each.id, each.name)
            ]
            for collection in dict.fromkeys(in_scope):
                path = f"{_COLLECTIONS}/{quote(collection, safe='')}{_ARTIFACTS}"
                tasks.start_soon(self._list_collection, collection, path)
                tasks.start_soon(partial(self._list, path, include_groups="true"))
        artifacts = sorted({str(page["artifact_id"]) for page in self.pages})
        async with anyio.create_task_group() as tasks:
            for artifact in artifacts[: self.limits.details]:
                tasks.start_soon(self._get_detail, artifact)
        if left := artifacts[self.limits.details :]:
            reason = f"not sent for {len(left)} artifacts: {self.limits.details} are the limit"
            self._fail(f"{_ARTIFACTS}/…", None, reason)

    async def _list_collection(self, collection: str, path: str) -> None:
        items, is_complete = await self._list(path)
        for item in filter(self._is_in_scope, items):
            texts = {name: _text(getattr(item, name)) for name in LIVE_TEXTS}
            self.pages.append({"collection_id": collection, "artifact_id": item.id, **texts})
        if is_complete:
            self.complete.add(collection)

    def _is_in_scope(self, item: _Item) -> bool:
        return self.scope.has_artifact(item.id)

    async def _list_all(self) -> None:
        items, _ = await self._list(_ARTIFACTS)
        for item in filter(self._is_in_scope, items):
            self._add_single(IN_LIST, item)

    def _add_single(self, page: str, item: _Item) -> None:
        """Add an artifact whose description is in its metadata."""
        metadata = item.metadata if isinstance(item.metadata, dict) else {}
        texts = {name: _text(getattr(item, name)) for name in LIVE_TEXTS}
        texts["description"] = _text(metadata.get("description", item.description))
        self.singles.append({"page": page, "artifact_id": item.id, **texts})

    async def _list(self, path: str, **query: str) -> tuple[Sequence[_Item], bool]:
        """Return the items of all pages of a list, and whether all pages were answered."""
        items: list[_Item] = []
        cursors: set[str] = set()
        while True:
            request = f"{path}?{urlencode({'limit': _PER_PAGE, **query})}"
            answer = await self._page(request)
            if answer is None:
                return items, False
            items += answer.items
            page = answer.page_info or _PageInfo()
            if not page.has_next_page:
                return items, True
            if not page.end_cursor or page.end_cursor in cursors:
                self._fail(request, None, "its page names no next page although more follow")
                return items, False
            cursors.add(page.end_cursor)
            query["after"] = page.end_cursor

    async def _page(self, request: str) -> _ListAnswer | None:
        """Return one page of a list, None for a failure."""
        if self.pages_requested >= self.limits.pages:
            self._fail(request, None, f"not sent: {self.limits.pages} pages are the limit")
            return None
        self.pages_requested += 1
        return await self._get(request, _ListAnswer, is_first=self.pages_requested == 1)

    async def _get_detail(self, artifact: str) -> None:
        if item := await self._get(f"{_ARTIFACTS}/{quote(artifact, safe=':')}", _Item):
            self._add_single(OF_ARTIFACT, item)

    async def _get(
        self, request: str, kind: type[Answer], *, is_first: bool = False
    ) -> Answer | None:
        """Return the answer to *request*, None for a failure; an unanswered first one is raised."""
        try:
            content = await self.requests.get(request)
            return msgspec.json.decode(content, type=kind)
        except RequestFailed as exc:
            if is_first and exc.status is None:
                raise
            self._fail(request, exc.status, exc.reason)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            self._fail(request, 200, f"the answer is not what SkillMeat sends: {exc}")
        return None

    def _fail(self, request: str, status: int | None, reason: str) -> None:
        request = shortened(request, _REQUEST_CHARS)
        self.failures.append({"request": request, "status": status, "reason": reason})


def _text(value: object) -> str | None:
    """Return a value of any type as text: what is no text is shown as JSON."""
    if value is None or isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return "(nested too deeply)"
