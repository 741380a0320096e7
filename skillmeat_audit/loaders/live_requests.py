"""Sends GET requests to a running SkillMeat, within limits of time, size and number.

The answers are untrusted: a server can be slow, endless, or lead elsewhere.
"""

import contextlib
import math
import os
from dataclasses import dataclass
from http import HTTPStatus

import anyio
import httpx
import msgspec

from skillmeat_audit.base import TOKEN_VARIABLE
from skillmeat_audit.base.errors import LiveError, UsageError
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.base.urls import is_parseable

API_PATH = "/api/v1"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PASSING, _UNAUTHORIZED = {429, 502, 503, 504}, {401, 403}
_REDIRECTS, _LONGEST_WAIT_SECONDS, _ERROR_BYTES, _REASON_CHARS = 3, 10.0, 65_536, 200


@dataclass(frozen=True)
class LiveLimits:
    """How much a server may take: seconds, bytes and numbers.

    ``retry_seconds`` are the waits before a request is repeated; ``pages`` and ``details`` are how
    many pages of lists and how many single artifacts are requested in all.
    """

    connect_seconds: float = 5
    read_seconds: float = 30
    answer_seconds: float = 60
    total_seconds: float = 600
    retry_seconds: tuple[float, ...] = (0.5, 1, 2)
    answer_bytes: int = 16_000_000
    total_bytes: int = 500_000_000
    pages: int = 2_000
    details: int = 200
    requests_at_once: int = 4


class RequestFailed(LiveError):
    """A request without a usable answer; ``status`` is None where the server sent none."""

    def __init__(self, status: int | None, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.passing = passing
        self.wait_seconds = 0.0


def server_address(url: str) -> httpx.URL:
    """Return the address of the API below *url*, credentials included.

    Raises `UsageError`, without the address: it can hold a password.
    """
    try:
        address = httpx.URL(url if is_parseable(url) else "")
    except httpx.InvalidURL:
        address = httpx.URL("")
    has_more = address.query or address.fragment
    if address.scheme not in ("http", "https") or not address.host or has_more:
        raise UsageError("--live needs the address of a server, such as http://127.0.0.1:8080")
    path = address.path.rstrip("/").removesuffix(API_PATH)
    return address.copy_with(path=path + API_PATH)


def open_client(address: httpx.URL, limits: LiveLimits) -> httpx.AsyncClient:
    """Return a client of the API at *address* that checks certificates and follows no redirect.

    Credentials are kept out of the address, because httpx logs addresses. A server of this machine
    is never asked through a proxy.
    """
    login = (address.username, address.password) if address.userinfo else None
    return httpx.AsyncClient(
        base_url=address.copy_with(userinfo=b""),
        auth=login,
        # Nothing compressed: a few kilobytes could become gigabytes.
        headers={"Accept": "application/json", "Accept-Encoding": "identity", **_token_header()},
        timeout=httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds),
        limits=httpx.Limits(max_connections=limits.requests_at_once),
        trust_env=address.host not in _LOOPBACK,
    )


def _token_header() -> dict[str, str]:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not (token.isascii() and token.isprintable()):
        raise UsageError(f"{TOKEN_VARIABLE} holds characters that no token has")
    return {"Authorization": f"Bearer {token}"} if token else {}


class LiveRequests:
    """Requests through one *client*, a few at once, each repeated where that can help."""

    def __init__(self, client: httpx.AsyncClient, limits: LiveLimits) -> None:
        self._client = client
        self._limits = limits
        self._slots = anyio.Semaphore(limits.requests_at_once)
        self._bytes_left = limits.total_bytes

    async def get(self, request: str) -> bytes:
        """Return the body of the answer to *request*, a path with its query.

        Raises `RequestFailed`.
        """
        for seconds in (*self._limits.retry_seconds, math.inf):
            try:
                async with self._slots:
                    return await self._get_once(request)
            except RequestFailed as failure:
                if not failure.passing or seconds == math.inf:
                    raise
                wait_seconds = max(seconds, failure.wait_seconds)
            await anyio.sleep(wait_seconds)
        raise AssertionError("the last attempt returns or raises")

    async def _get_once(self, request: str) -> bytes:
        seconds = self._limits.answer_seconds
        try:
            with anyio.fail_after(seconds):
                return await self._send(self._client.build_request("GET", request))
        except TimeoutError:
            raise RequestFailed(None, f"no complete answer within {seconds:g} seconds") from None
        except (httpx.ReadTimeout, httpx.WriteTimeout):
            silent = self._limits.read_seconds
            raise RequestFailed(None, f"no answer for {silent:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            reason = shortened(printable(exc), _REASON_CHARS) or type(exc).__name__
            passing = isinstance(exc, httpx.TransportError)
            raise RequestFailed(None, reason, passing=passing) from exc

    async def _send(self, request: httpx.Request) -> bytes:
        for _ in range(_REDIRECTS + 1):
            response = await self._client.send(request, stream=True)
            async with contextlib.aclosing(response):
                if response.next_request is None:
                    return await self._read(response)
            request = response.next_request
            if _server_of(request.url) != _server_of(self._client.base_url):
                host = shortened(printable(request.url.host), _REASON_CHARS)
                raise RequestFailed(
                    response.status_code, f"redirected to another server ({host}): refused"
                )
        raise RequestFailed(response.status_code, f"redirected more than {_REDIRECTS} times")

    async def _read(self, response: httpx.Response) -> bytes:
        status = response.status_code
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise RequestFailed(status, "the answer is compressed, which was not requested")
        if status != HTTPStatus.OK:
            raise await self._failure(response)
        return await self._read_at_most(response, self._limits.answer_bytes)

    async def _read_at_most(self, response: httpx.Response, limit: int) -> bytes:
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            self._bytes_left -= len(chunk)
            if len(content) > limit or self._bytes_left < 0:
                raise RequestFailed(
                    response.status_code,
                    f"the answer is larger than {limit / 1e6:g} MB"
                    if len(content) > limit
                    else f"all answers are larger than {self._limits.total_bytes / 1e6:g} MB",
                )
        return bytes(content)

    async def _failure(self, response: httpx.Response) -> RequestFailed:
        """Return the failure of an answer with another status than 200, with its reason."""
        status = response.status_code
        try:
            reason = _server_reason(await self._read_at_most(response, _ERROR_BYTES))
        except RequestFailed:  # longer than a reason is
            reason = ""
        reason = reason or response.reason_phrase or "no reason"
        if status in _UNAUTHORIZED:
            reason += f"; put a valid token into {TOKEN_VARIABLE}"
        failure = RequestFailed(status, reason, passing=status in _PASSING)
        after = response.headers.get("Retry-After", "")
        if after.isdecimal():
            failure.wait_seconds = min(float(after[:9]), _LONGEST_WAIT_SECONDS)
        return failure


def _server_of(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


class _ErrorAnswer(msgspec.Struct):
    """What FastAPI answers with an error."""

    detail: object = None


def _server_reason(content: bytes) -> str:
    """Return the reason in the *content* of an error, empty where it holds none as text."""
    try:
        detail = msgspec.json.decode(content, type=_ErrorAnswer).detail
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return shortened(detail.strip(), _REASON_CHARS) if isinstance(detail, str) else ""
