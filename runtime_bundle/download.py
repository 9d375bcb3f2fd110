"""The only module that opens a network connection: fetch a file with resume, read a small document.

Decisions:

* Nothing here is trusted: :func:`fetch` ends with the file whose digest was asked for, or with an
  error. A file that was continued and turns out to be another is fetched once more from its start.
* Redirects are followed here, not by requests: at most five, by the rules of
  :func:`~rtinstall.runtime_bundle.addresses.redirected`. Headers given stay with their own host.
* Certificates are always checked. Proxies, ``~/.netrc`` and ``REQUESTS_CA_BUNDLE`` work as
  requests has them; ``SSL_CERT_FILE`` and :attr:`Network.ca` name other certificates,
  :attr:`Network.extra_ca` further ones.
* No connection within :attr:`Network.connect` seconds, resolver and all addresses together, is
  :class:`Unreachable` at once, so that another source can be asked. Faults of a server that
  answers are tried again, each time after a longer pause.
"""

from __future__ import annotations

import email.utils
import os
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar
from urllib.parse import urlsplit

from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.addresses import bare, checked, local_path, redirected
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    DownloadFailed,
    NotPublished,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.partial import Partial
from rtinstall.runtime_bundle.verify import Digest

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 16
MIB = 1 << 20
REDIRECTS = 5
ARCHIVE_LIMIT = 300 * MIB  # bytes of a runtime's archive; the largest one has about 60 MiB
PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses that may pass
NOTHING: Mapping[str, str] = {}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Network:
    """How servers are reached; times in seconds.

    ``pause`` comes before the first of ``retries``, twice that before the next; ``patience`` is the
    longest a server may ask to wait. Less than ``slowest`` bytes a second for ``window`` seconds is
    a fault. ``offline`` makes everything that is not on this machine :class:`Unreachable`.
    """

    ca: Path | None = None
    extra_ca: Path | None = None
    connect: float = 3.0
    read: float = 30.0
    retries: int = 4
    pause: float = 0.5
    patience: float = 60.0
    slowest: int = 1024
    window: float = 60.0
    offline: bool = False


class Progress(Protocol):
    """Who is told how a download goes."""

    def start(self, total: int | None) -> None:
        """Begin, or begin again, at nothing of ``total`` bytes."""

    def advance(self, count: int) -> None:
        """Add ``count`` bytes, those of an earlier run among them."""


class Silent:
    """Tells nobody."""

    def start(self, total: int | None) -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""


SILENT = Silent()


@dataclass(frozen=True, slots=True)
class Document:
    """A small file from a server; ``etag`` is empty if none was named."""

    data: bytes
    etag: str = ""


class _Passing(Exception):
    """A fault that may pass, after ``gained`` bytes; ``wait`` seconds are what the server asks for."""

    def __init__(self, error: RtError, *, wait: float = 0.0, gained: int = 0) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait
        self.gained = gained


def read(
    url: str,
    *,
    limit: int,
    network: Network,
    etag: str = "",
    headers: Mapping[str, str] = NOTHING,
    plain: bool = False,
) -> Document | None:
    """Return the document at ``url``, at most ``limit`` bytes; None if it still is the one of ``etag``.

    Raises :class:`NotPublished` if there is none, :class:`Unreachable`, :class:`DownloadFailed`.
    """
    parts = checked(url, plain=plain)
    if parts.scheme == "file":
        with _opened(local_path(parts), url) as file:
            data = file.read(limit + 1)
        _limited(len(data), limit, url)
        return Document(data)

    def attempt() -> Document | None:
        unless = {"If-None-Match": etag} if etag else {}
        with _answer(url, unless, headers, network, plain=plain) as response:
            if response.status_code == 304 and etag:
                return None
            _expect(response, url, (200,))
            encoding = response.headers.get("Content-Encoding", "identity")
            if encoding.strip().lower() != "identity":
                raise DownloadFailed(f"{bare(url)} came as {encoding!r}, which was not asked for")
            data = bytearray()
            for chunk in _body(response, url, network):
                data += chunk
                _limited(len(data), limit, url)
            return Document(bytes(data), response.headers.get("ETag", ""))

    return _patiently(attempt, network)


def fetch(
    url: str,
    path: Path,
    digest: Digest,
    *,
    network: Network,
    limit: int = ARCHIVE_LIMIT,
    progress: Progress = SILENT,
    headers: Mapping[str, str] = NOTHING,
    plain: bool = False,
) -> None:
    """Bring the file of ``digest`` from ``url`` to ``path``, continuing what is there of it.

    Raises :class:`VerificationFailed` for another file, which is removed; :class:`NotPublished`,
    :class:`Unreachable` and :class:`DownloadFailed`, which leave what has arrived; :class:`NoSpace`.
    """
    parts = checked(url, plain=plain)
    part = Partial(path)
    if parts.scheme == "file":
        _copy(local_path(parts), url, part, limit, progress)
        _verify(part, digest, url)
        return

    def attempt() -> bool:
        return _continue(url, part, headers, network, limit, progress, plain=plain)

    continued = _patiently(attempt, network, connecting=True)
    try:
        _verify(part, digest, url)
    except VerificationFailed:
        if not continued:
            raise
        _patiently(attempt, network, connecting=True)
        _verify(part, digest, url)


def size(
    url: str, *, network: Network, headers: Mapping[str, str] = NOTHING, plain: bool = False
) -> int | None:
    """Return how many bytes ``url`` has, if its server says so at once; only for people to read."""
    try:
        parts = checked(url, plain=plain)
        if parts.scheme == "file":
            return local_path(parts).stat().st_size
        with _answer(url, NOTHING, headers, network, plain=plain, method="HEAD") as response:
            return _length(response) if response.ok else None
    except (RtError, _Passing, OSError):
        return None


# One request and its answer.


@contextmanager
def _answer(
    url: str,
    conditions: Mapping[str, str],
    headers: Mapping[str, str],
    network: Network,
    *,
    plain: bool,
    method: str = "GET",
) -> Iterator[requests.Response]:
    """Yield the answer to a request, redirects followed; its body is not read yet."""
    import requests

    if network.offline:
        raise Unreachable(
            f"{bare(url)} is not in the cache, and the network is switched off",
            hint="run it once without --offline",
        )
    own = {"User-Agent": f"rtinstall/{__version__}", "Accept-Encoding": "identity", **conditions}
    host = urlsplit(url).netloc
    with requests.Session() as session:
        if network.extra_ca is not None:
            session.mount("https://", _trusting(network.extra_ca))
        for _ in range(REDIRECTS + 1):
            _reach(url, network)
            try:
                response = session.request(
                    method,
                    url,
                    headers={**own, **headers} if urlsplit(url).netloc == host else own,
                    timeout=(network.connect, network.read),
                    verify=_certificates(network),
                    allow_redirects=False,
                    stream=True,
                )
            except (requests.RequestException, OSError, ValueError) as error:
                raise _unanswered(url, error) from error
            with response:
                if response.status_code not in (301, 302, 303, 307, 308):
                    yield response
                    return
                url = redirected(url, response.headers.get("Location", ""), plain=plain)
    raise DownloadFailed(f"{bare(url)} is one redirect after the other")


def _certificates(network: Network) -> str | bool:
    """Return the file or directory of trusted certificates; True leaves it to requests."""
    if network.ca is None:
        if os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
            return True
        return os.environ.get("SSL_CERT_FILE") or True
    if not network.ca.exists():
        raise BadConfiguration(f"there are no CA certificates at {network.ca}")
    return str(network.ca)


def _trusting(extra: Path) -> requests.adapters.HTTPAdapter:
    """Return what connects with the certificates in ``extra`` trusted besides the usual ones."""
    import ssl

    import requests
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    try:
        context.load_verify_locations(extra)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if type(error) is FileNotFoundError else "it holds none"
        raise BadConfiguration(f"there are no CA certificates at {extra}: {reason}") from None

    class Trusting(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **options)

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            return super().proxy_manager_for(*args, ssl_context=context, **options)

    return Trusting()


def _unanswered(url: str, error: Exception) -> RtError | _Passing:
    """Say as an error of ours why no answer came."""
    import requests
    import urllib3

    host = urlsplit(url).hostname
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable(
            f"the certificate of {host} cannot be trusted: {_reason(error)}",
            hint="behind a company's proxy, name its CA with --ca-certificate FILE",
        )
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return BadConfiguration(f"the proxy for {host} has no usable address")
    if isinstance(error, requests.exceptions.ProxyError):
        return Unreachable(f"the proxy on the way to {host} does not answer: {_reason(error)}")
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        cause, urllib3.exceptions.NewConnectionError
    ):
        return Unreachable(f"{host} cannot be reached: {_reason(error)}")
    if isinstance(error, requests.ConnectionError | requests.Timeout):
        return _Passing(Unreachable(f"{host} did not answer: {_reason(error)}"))
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return BadConfiguration(f"{host} cannot be asked: {_reason(error)}")  # CA files, mostly
    return DownloadFailed(f"{bare(url)} answered nothing of use: {_reason(error)}")


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words; an address with a password is never among them."""
    while inner := next(
        (e for e in (getattr(error, "reason", None), *error.args) if isinstance(e, BaseException)),
        None,
    ):
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    words = re.sub(r"\s*\(.*", "", str(error).rpartition(": ")[2]).strip("'\". ")
    return words[:120].lower() or type(error).__name__


_reached: set[tuple[str, int]] = set()


def _reach(url: str, network: Network) -> None:
    """Raise :class:`Unreachable` unless a connection to the host of ``url`` can be made in time.

    Left to itself, a connection waits for the resolver as long as that likes, then for one address
    after the other. Here all are tried at once. What is behind a proxy is left to the proxy.
    """
    import requests

    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
    proxies = requests.utils.get_environ_proxies(url)
    if (host, port) in _reached or requests.utils.select_proxy(url, proxies):
        return
    answers: queue.Queue[OSError | None] = queue.Queue()
    expected: queue.Queue[int] = queue.Queue()

    def connect(address: str) -> None:
        try:
            socket.create_connection((address, port), network.connect).close()
            answers.put(None)
        except OSError as error:
            answers.put(error)

    def resolve() -> None:
        try:
            found = {
                str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            }
        except (OSError, UnicodeError) as error:
            expected.put(1)
            answers.put(OSError(0, _reason(error)))
            return
        expected.put(len(found))
        for address in found:
            threading.Thread(target=connect, args=(address,), daemon=True).start()

    threading.Thread(target=resolve, daemon=True).start()
    deadline = time.monotonic() + network.connect
    failure: OSError | None = None
    try:
        for _ in range(expected.get(timeout=network.connect)):
            failure = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            if failure is None:
                _reached.add((host, port))
                return
    except queue.Empty:
        raise Unreachable(f"{host} does not answer within {network.connect:g} seconds") from None
    raise Unreachable(f"{host} cannot be reached: {_reason(failure or OSError())}")


def _expect(response: requests.Response, url: str, wanted: tuple[int, ...]) -> None:
    """Raise what an answer of another status than ``wanted`` means."""
    status = response.status_code
    if status in wanted:
        return
    said = f"{bare(url)} answered {status}"
    if status in (404, 410):
        raise NotPublished(f"there is no {bare(url)}")
    if status in PASSING:
        raise _Passing(DownloadFailed(said), wait=_retry_after(response))
    if status in (401, 403, 407):
        raise DownloadFailed(f"{said}, access refused", hint="check the address and its password")
    raise DownloadFailed(said, hint="check the address")


def _retry_after(response: requests.Response) -> float:
    """Read the header of RFC 9110, section 10.2.3: seconds or a date."""
    text = response.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text[:9])
    try:
        return email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return 0.0


def _length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def _body(response: requests.Response, url: str, network: Network) -> Iterator[bytes]:
    """Yield an answer's bytes as they arrive, undecoded; :class:`_Passing` if they break off or creep."""
    import urllib3

    since, count, gained = time.monotonic(), 0, 0
    try:
        while data := response.raw.read1(CHUNK, decode_content=False):
            yield data
            count += len(data)
            gained += len(data)
            elapsed = time.monotonic() - since
            if elapsed >= network.window:
                if count < network.slowest * elapsed:
                    slow = f"{bare(url)} came with less than {network.slowest} bytes a second"
                    raise _Passing(DownloadFailed(slow), gained=gained)
                since, count = time.monotonic(), 0
    except urllib3.exceptions.HTTPError as error:
        broken = f"{bare(url)} broke off after {gained} bytes: {_reason(error)}"
        raise _Passing(DownloadFailed(broken), gained=gained) from error


def _patiently(attempt: Callable[[], T], network: Network, *, connecting: bool = False) -> T:
    """Return what ``attempt`` does, tried again while its fault may pass.

    With ``connecting`` a failure to connect may pass too, since its server has answered before.
    An attempt that gained a mebibyte does not count.
    """
    retry = 0
    while True:
        try:
            return attempt()
        except _Passing as fault:
            error, wait = fault.error, fault.wait
            retry = 0 if fault.gained >= MIB else retry
        except Unreachable as fault:
            if not connecting or network.offline:
                raise
            error, wait = fault, 0.0
        if retry >= network.retries:
            raise error
        if wait > network.patience:
            raise type(error)(f"{error} and asks to wait {wait:.0f} seconds")
        time.sleep(max(wait, network.pause * 2**retry))
        retry += 1


# A file.


def _continue(
    url: str,
    part: Partial,
    headers: Mapping[str, str],
    network: Network,
    limit: int,
    progress: Progress,
    *,
    plain: bool,
) -> bool:
    """Bring what is missing in ``part``; say whether it was put together from several answers."""
    have = part.size
    conditions = {}
    if have:
        conditions["Range"] = f"bytes={have}-"
        if etag := part.etag(bare(url)):
            conditions["If-Range"] = etag
    with _answer(url, conditions, headers, network, plain=plain) as response:
        span = response.headers.get("Content-Range", "").strip()
        if have and response.status_code == 416:
            if span == f"bytes */{have}":
                return True
            part.forget()
            raise _Passing(DownloadFailed(f"{bare(url)} cannot be continued at {have} bytes"))
        _expect(response, url, (200, 206) if have else (200,))
        if response.status_code == 206:
            # RFC 9110, section 14.4
            match = re.fullmatch(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:([0-9]{1,15})|\*)", span)
            if match is None or int(match[1]) != have:
                part.forget()
                raise _Passing(DownloadFailed(f"{bare(url)} was continued at a wrong place"))
            total = int(match[2]) if match[2] else None
        else:
            have, total = 0, _length(response)
        _limited(total or 0, limit, url)
        begun = have
        progress.start(total)
        progress.advance(have)
        etag = response.headers.get("ETag", "")
        with part.writing(have, total, url=bare(url), etag=etag) as file:
            for chunk in _body(response, url, network):
                have += len(chunk)
                _limited(have, limit, url)
                file.write(chunk)
                progress.advance(len(chunk))
    if total is not None and have < total:
        short = f"{bare(url)} broke off after {have} of {total} bytes"
        raise _Passing(DownloadFailed(short), gained=have - begun)
    return begun > 0


def _verify(part: Partial, digest: Digest, url: str) -> None:
    """Raise :class:`VerificationFailed` unless ``part`` is the file of ``digest``; remove it then."""
    try:
        with part.path.open("rb") as file:
            digest.check(iter(lambda: file.read(MIB), b""), bare(url))
    except VerificationFailed:
        part.forget()
        raise


def _copy(path: Path, url: str, part: Partial, limit: int, progress: Progress) -> None:
    with _opened(path, url) as source:
        total = os.fstat(source.fileno()).st_size
        _limited(total, limit, url)
        progress.start(total)
        with part.writing(0, total) as file:
            while data := source.read(MIB):
                file.write(data)
                progress.advance(len(data))


@contextmanager
def _opened(path: Path, url: str) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise NotPublished(f"there is no {bare(url)}") from None
    except OSError as error:
        raise DownloadFailed(f"{bare(url)} cannot be read: {error.strerror}") from error
    with file:
        yield file


def _limited(count: int, limit: int, url: str) -> None:
    if count > limit:
        raise DownloadFailed(f"{bare(url)} has more than {limit} bytes", hint="check the address")
