"""A small server on this machine that answers as a test wants; it stops by itself."""

import contextlib
import json
import socketserver
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

API = "/api/v1"
COLLECTIONS, DEFAULT, ARTIFACTS = (
    "/user-collections",
    "/user-collections/default/artifacts",
    "/artifacts",
)


@dataclass(frozen=True)
class Reply:
    """An answer: *chunks* are sent one after the other, *seconds* apart."""

    content: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    chunks: object = None
    seconds: float = 0


def page(items, cursor=None):
    info = {"has_next_page": cursor is not None, "end_cursor": cursor}
    return Reply({"items": items, "page_info": info})


def artifact(artifact_id="skill:alpha", **values):
    texts = {"description": None, "source": artifact_id, "origin": None, "origin_source": None}
    return {"id": artifact_id, **texts, **values}


class Loopback:
    """What a server answers: ``replies`` maps paths to a reply, or to a function of the query."""

    def __init__(self, replies):
        default = {
            COLLECTIONS: page([{"id": "default"}]),
            DEFAULT: page([artifact()]),
            ARTIFACTS: page([]),
            f"{ARTIFACTS}/skill:alpha": Reply(artifact()),
        }
        self.replies = default | replies
        self.requests = Counter()
        self.headers = []
        self.methods = set()
        self.running = self.most_at_once = 0
        self.lock = threading.Lock()
        self.url = ""

    def reply(self, target):
        """Return the reply to a request."""
        parts = urlsplit(target)
        path = parts.path.removeprefix(API)
        query = {key: value for key, (value,) in parse_qs(parts.query).items()}
        with self.lock:
            self.requests[path] += 1
        reply = self.replies.get(path, Reply({"detail": "Not found"}, 404))
        return reply(query) if callable(reply) else reply


@contextlib.contextmanager
def loopback(replies=(), certificate=None):
    """Serve *replies* besides one artifact's, with *certificate* through TLS; yield the server."""
    site = Loopback(dict(replies))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # clients that leave in the middle are meant
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    scheme = "http" if certificate is None else "https"
    site.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        socketserver.TCPServer.server_close(server)  # without waiting for endless answers
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    site = None

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65_537)
        if not (self.raw_requestline and self.parse_request()):
            return
        site = self.site
        with site.lock:
            site.running += 1
            site.most_at_once = max(site.most_at_once, site.running)
            site.methods.add(self.command)
            site.headers.append(dict(self.headers))
        try:
            self.send_reply(site.reply(self.path))
        finally:
            with site.lock:
                site.running -= 1

    def send_reply(self, reply):
        body = reply.content if isinstance(reply.content, bytes) else json.dumps(reply.content)
        if reply.chunks is None:
            time.sleep(reply.seconds)
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.chunks is None:
            self.wfile.write(body if isinstance(body, bytes) else body.encode())
            return
        for chunk in reply.chunks:
            self.wfile.write(chunk)
            time.sleep(reply.seconds)
