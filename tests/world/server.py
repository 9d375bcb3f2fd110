"""A web server on loopback that can misbehave: what each path answers is a list of replies."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Reply:
    """One answer; without faults an honest one, with ranges and conditions.

    ``length`` is what Content-Length claims; ``drop`` closes the connection after so many bytes of
    the body; ``pace`` seconds pass after each byte of it, ``delay`` before anything is said;
    ``content_range`` is claimed by a 206, ``raw`` is sent in place of everything.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    ranges: bool = True
    chunked: bool = False
    length: int | None = None
    drop: int | None = None
    pace: float = 0.0
    delay: float = 0.0
    content_range: str | None = None
    raw: bytes | None = None


@dataclass
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    sent: int = 0


class Server:
    """What is served, what was asked. The last reply of a path is given again and again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.lock = threading.Lock()

    def serve(self, path: str, *replies: Reply | bytes) -> str:
        """Answer ``path`` with ``replies``, one after the other, and return its address."""
        self.replies[path] = [Reply(r) if isinstance(r, bytes) else r for r in replies]
        return self.url + path

    def next_reply(self, request: Request) -> Reply:
        """Return what to answer; a HEAD uses nothing up."""
        with self.lock:
            replies = self.replies.get(request.path) or [Reply(b"nothing here", status=404)]
            used_up = len(replies) > 1 and request.method == "GET"
            return replies.pop(0) if used_up else replies[0]

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def sent(self) -> int:
        """Return how many bytes of bodies were sent so far."""
        return sum(request.sent for request in self.requests)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for an acknowledgement
    world: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
        self.world.requests.append(request)
        try:
            self._answer(request, self.world.next_reply(request))
        except OSError:  # the client has had enough
            self.close_connection = True

    def _answer(self, request: Request, reply: Reply) -> None:
        self.world.closing.wait(reply.delay)
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        status, body, headers = reply.status, reply.body, dict(reply.headers)
        if reply.etag:
            headers["ETag"] = reply.etag
            if request.headers.get("if-none-match") == reply.etag:
                status, body = 304, b""
        if status == 200 and reply.ranges:
            status, body = self._ranged(request, reply, headers)
        if reply.content_range is not None:
            headers["Content-Range"] = reply.content_range
        self.send_response(status)
        if reply.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif status != 304:
            headers["Content-Length"] = str(len(body) if reply.length is None else reply.length)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send(request, reply, body)

    def _ranged(self, request: Request, reply: Reply, headers: dict[str, str]) -> tuple[int, bytes]:
        body = reply.body
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if not match or request.headers.get("if-range", reply.etag) != reply.etag:
            return 200, body
        start = int(match[1])
        if start >= len(body):
            headers["Content-Range"] = f"bytes */{len(body)}"
            return 416, b""
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return 206, body[start:]

    def _send(self, request: Request, reply: Reply, body: bytes) -> None:
        limit = len(body) if reply.drop is None else reply.drop
        step = 1 if reply.pace else 16384
        for start in range(0, min(limit, len(body)), step):
            data = body[start : min(start + step, limit)]
            request.sent += len(data)  # before the client can have it, and ask
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if reply.chunked else data)
            if reply.pace and self.world.closing.wait(reply.pace):
                break
        if reply.drop is not None or reply.length is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif reply.chunked:
            self.wfile.write(b"0\r\n\r\n")


class Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has gone, or that does not trust the certificate."""


@contextmanager
def running(*, tls: Path | None = None) -> Iterator[Server]:
    """Serve on loopback until the end of the block; ``tls`` is a PEM file of key and certificate."""
    with Quiet(("127.0.0.1", 0), Handler) as http:
        scheme, host = "http", "127.0.0.1"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            http.socket = context.wrap_socket(
                http.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme, host = "https", "localhost"
        server = Server(f"{scheme}://{host}:{http.server_address[1]}")
        http.RequestHandlerClass = type("WorldHandler", (Handler,), {"world": server})
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            http.shutdown()
            thread.join()
