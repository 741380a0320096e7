"""GitHub as SkillMeat sees it, answered inside the process: the only boundary that is replaced.

SkillMeat reaches GitHub through `requests` (PyGithub and its importer both do) and through `git
fetch`. The first is answered here from folders on disk, the second is led to the same folders;
whatever else asks for a connection is refused.
"""

import base64
import contextlib
import hashlib
import io
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

import requests

API, RAW = "api.github.com", "raw.githubusercontent.com"
# SkillMeat refuses to fetch from hosts whose address is private; this one is GitHub's.
_ADDRESS = "140.82.112.6"
_AUTHOR = ("-c", "user.name=Jane", "-c", "user.email=jane@example.org")


class NothingLeaves(OSError):
    """Something asked for a connection to the world outside."""


class GitHub:
    """Repositories below *root*, one git folder per owner and name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def push(self, repository: str, files: dict[str, str]) -> None:
        """Commit *files* (text by path) to the main branch of *repository*."""
        folder = self._folder(repository)
        if not folder.exists():
            folder.mkdir(parents=True)
            self._git(folder, "init", "-q", "-b", "main")
            self._git(folder, "config", "uploadpack.allowFilter", "true")
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode())
        self._git(folder, "add", "-A")
        self._git(folder, *_AUTHOR, "commit", "-q", "--allow-empty", "-m", "as it is")

    @contextlib.contextmanager
    def served(self, home: Path) -> Iterator[None]:
        """Answer for GitHub while the context lasts; *home* is where git looks for its settings."""
        led = f'[url "{self.root.as_uri()}/"]\n\tinsteadOf = https://github.com/\n'
        (home / ".gitconfig").write_text(led)

        def send(_adapter: object, request: requests.PreparedRequest, **_: object):
            return self._answer(request)

        with (
            patch.object(requests.adapters.HTTPAdapter, "send", send),
            patch.object(socket, "getaddrinfo", _resolve),
            patch.object(socket.socket, "connect", _refuse),
        ):
            yield

    def _folder(self, repository: str) -> Path:
        return self.root / f"{repository}.git"

    @staticmethod
    def _git(folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        url = urlsplit(str(request.url))
        if url.hostname == RAW:
            owner, name, _ref, path = unquote(url.path).strip("/").split("/", 3)
            return _response(request, 200, (self._folder(f"{owner}/{name}") / path).read_bytes())
        if url.hostname != API or request.method != "GET":
            raise NothingLeaves(f"{request.method} {request.url}")
        found = self._api(unquote(url.path), parse_qs(url.query))
        status = 404 if found is None else 200
        content = {"message": "Not Found"} if found is None else found
        return _response(request, status, json.dumps(content).encode())

    def _api(self, path: str, query: dict[str, list[str]]) -> object:
        """Return what the REST API says at *path*, None where it has nothing."""
        if path == "/rate_limit":
            core = {"limit": 5000, "remaining": 5000, "reset": 2000000000, "used": 0}
            return {"resources": {"core": core, "search": core}, "rate": core}
        asked = re.fullmatch(r"/repos/([^/]+/[^/]+)(?:/(.*))?", path)
        if asked is None or not self._folder(asked[1]).exists():
            return None
        return self._of_repository(asked[1], asked[2] or "", query)

    def _of_repository(self, repository: str, rest: str, query: dict[str, list[str]]) -> object:
        head = self._git(self._folder(repository), "rev-parse", "HEAD")
        if rest == "topics":
            return {"names": []}
        if rest == "":
            return _repository(repository)
        if rest == "branches/main" or re.fullmatch(rf"commits/(main|{head})", rest):
            branch = {"name": "main", "commit": {"sha": head, "url": ""}}
            return branch if rest.startswith("branches") else {"sha": head}
        if rest.startswith("git/trees/"):
            return {"sha": head, "url": "", "truncated": False, "tree": self._tree(repository)}
        if rest.startswith("contents"):
            return self._contents(repository, rest.removeprefix("contents").strip("/"))
        return [] if rest in ("releases", "git/refs/tags") else None

    def _files(self, repository: str) -> Iterator[Path]:
        folder = self._folder(repository)
        yield from (path for path in sorted(folder.rglob("*")) if ".git" not in path.parts)

    def _tree(self, repository: str) -> list[dict[str, object]]:
        folder = self._folder(repository)
        return [
            {"path": path.relative_to(folder).as_posix(), "url": ""}
            | (
                {"type": "tree", "mode": "040000", "sha": _sha(path.name.encode())}
                if path.is_dir()
                else {"type": "blob", "mode": "100644", "size": path.stat().st_size}
                | {"sha": _sha(path.read_bytes())}
            )
            for path in self._files(repository)
        ]

    def _contents(self, repository: str, path: str) -> object:
        place = self._folder(repository) / path
        if place.is_file():
            coded = base64.b64encode(place.read_bytes()).decode()
            return self._item(repository, place) | {"encoding": "base64", "content": coded}
        if place.is_dir():
            here = (item for item in self._files(repository) if item.parent == place)
            return [self._item(repository, item) for item in here]
        return None

    def _item(self, repository: str, place: Path) -> dict[str, object]:
        path = place.relative_to(self._folder(repository)).as_posix()
        kind = "dir" if place.is_dir() else "file"
        return {
            "name": place.name,
            "path": path,
            "type": kind,
            "url": "",
            "html_url": "",
            "sha": _sha(b"" if kind == "dir" else place.read_bytes()),
            "size": 0 if kind == "dir" else place.stat().st_size,
            "download_url": None if kind == "dir" else f"https://{RAW}/{repository}/main/{path}",
        }


def _repository(repository: str) -> dict[str, object]:
    owner, name = repository.split("/")
    return {
        "id": 1,
        "name": name,
        "full_name": repository,
        "private": False,
        "owner": {"login": owner, "id": 1},
        "description": f"All of {name}",
        "topics": [],
        "default_branch": "main",
        "url": f"https://{API}/repos/{repository}",
        "stargazers_count": 0,
        "forks_count": 0,
        "subscribers_count": 0,
        "open_issues_count": 0,
        "updated_at": "2026-01-01T00:00:00Z",
        "license": None,
    }


def _sha(content: bytes) -> str:
    """Return git's own digest of a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _response(request: requests.PreparedRequest, status: int, body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code, response.reason = status, "as told"
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.raw, response.url, response.request = io.BytesIO(body), str(request.url), request
    return response


def _resolve(host: str | None, port: object, *_: object, **__: object):
    if host not in (API, RAW):
        raise socket.gaierror(f"nobody resolves {host} here")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (_ADDRESS, port or 0))]


def _refuse(_socket: socket.socket, address: object) -> None:
    raise NothingLeaves(str(address))
