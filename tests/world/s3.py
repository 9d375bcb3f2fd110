"""An S3 server on loopback (moto), whose every change can be watched, and refused from some on."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

moto_server = pytest.importorskip("moto.server", reason="needs moto[server]")
pytest.importorskip("s3fs", reason="needs s3fs, of the extra rtinstall[scale]")

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

ACCOUNT = "123456789012"
SECRET = "a-secret-nobody-may-see"
REFUSED = b"<Error><Code>AccessDenied</Code><Message>no more</Message></Error>"
Start = Callable[..., Any]


class S3:
    """One bucket, ``shelf``; ``watch`` is called after every change."""

    bucket = "shelf"

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.app = DomainDispatcherApplication(create_backend_app)
        self.changes: list[str] = []
        self.watch: Callable[[str], None] = lambda change: None
        self.last: int | None = None  # changes that are let through
        self._turn = threading.Lock()
        self.server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.reset()

    def reset(self) -> None:
        """Begin anew, with an empty bucket."""
        s3_backends[ACCOUNT]["aws"].reset()
        s3_backends[ACCOUNT]["aws"].create_bucket(self.bucket, "us-east-1")
        self.changes, self.watch, self.last = [], lambda change: None, None

    @property
    def environment(self) -> dict[str, str]:
        """Return what a program needs to get here, and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return all objects below ``prefix``, by the rest of their names."""
        found = s3_backends[ACCOUNT]["aws"].buckets[self.bucket].keys
        return {
            name.removeprefix(prefix): found[name].value
            for name in list(found.keys())
            if name.startswith(prefix)
        }

    def damage(self, name: str) -> None:
        """Change the last byte of an object."""
        key = s3_backends[ACCOUNT]["aws"].buckets[self.bucket].keys[name]
        key.value, key._etag = key.value[:-1] + b"x", None

    def _answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        change = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self.app(environ, start)  # type: ignore[no-any-return]
        with self._turn:
            if self.last is not None and len(self.changes) >= self.last:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start("403 Forbidden", [("Content-Length", str(len(REFUSED)))])
                return [REFUSED]
            answer = list(self.app(environ, start))
            self.changes.append(change)
            self.watch(change)
            return answer


@contextmanager
def running() -> Iterator[S3]:
    """Run the server, and let this process use it."""
    s3 = S3()
    thread = threading.Thread(target=s3.server.serve_forever, daemon=True)
    thread.start()
    try:
        with patch.dict(os.environ, s3.environment):
            yield s3
    finally:
        s3.server.shutdown()
        s3.server.server_close()
        thread.join()
