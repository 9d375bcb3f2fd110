"""The only module that opens a network connection: one request, and its answer.

Decisions:

* Redirects are followed here, not by requests: at most five, by the rules of
  :func:`~rtinstall.runtime_bundle.addresses.redirected`. Headers given stay with their own host.
* Certificates are always checked. Proxies, ``~/.netrc`` and ``REQUESTS_CA_BUNDLE`` work as
  requests has them; ``SSL_CERT_FILE`` and :attr:`Network.ca` name other certificates,
  :attr:`Network.extra_ca` further ones.
* No connection within :attr:`Network.connect` seconds, resolver and all addresses together, is
  :class:`Unreachable` at once, so that another source can be asked. Faults of a server that
  answers are :class:`Passing`; :func:`patiently` tries again, each time after a longer pause.
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
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.addresses import bare, redirected
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    DownloadFailed,
    NotPublished,
    RtError,
    Unreachable,
)

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 16
REDIRECTS = 5
STEADY = 1 << 20  # bytes after which an attempt that broke off does not count
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


class Passing(Exception):
    """A fault that may pass, after ``gained`` bytes; ``wait`` seconds are what the server asks for."""

    def __init__(self, error: RtError, *, wait: float = 0.0, gained: int = 0) -> None:
        """Pass for ``error``, which is raised in the end if it does not pass."""
        super().__init__(str(error))
        self.error = error
        self.wait = wait
        self.gained = gained


@contextmanager
def answer(
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


def _unanswered(url: str, error: Exception) -> RtError | Passing:
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
        return Passing(Unreachable(f"{host} did not answer: {_reason(error)}"))
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


def expect(response: requests.Response, url: str, wanted: tuple[int, ...]) -> None:
    """Raise what an answer of another status than ``wanted`` means."""
    status = response.status_code
    if status in wanted:
        return
    said = f"{bare(url)} answered {status}"
    if status in (404, 410):
        raise NotPublished(f"there is no {bare(url)}")
    if status in PASSING:
        raise Passing(DownloadFailed(said), wait=_retry_after(response))
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


def length(response: requests.Response) -> int | None:
    """Return how many bytes an answer says that it has, if it says so."""
    text = response.headers.get("Content-Length", "")
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None


def body(response: requests.Response, url: str, network: Network) -> Iterator[bytes]:
    """Yield an answer's bytes as they arrive, undecoded; :class:`Passing` if they break off or creep."""
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
                    raise Passing(DownloadFailed(slow), gained=gained)
                since, count = time.monotonic(), 0
    except urllib3.exceptions.HTTPError as error:
        broken = f"{bare(url)} broke off after {gained} bytes: {_reason(error)}"
        raise Passing(DownloadFailed(broken), gained=gained) from error


def patiently(attempt: Callable[[], T], network: Network, *, connecting: bool = False) -> T:
    """Return what ``attempt`` does, tried again while its fault may pass.

    With ``connecting`` a failure to connect may pass too, since its server has answered before.
    An attempt that gained :data:`STEADY` bytes does not count.
    """
    retry = 0
    while True:
        try:
            return attempt()
        except Passing as fault:
            error, wait = fault.error, fault.wait
            retry = 0 if fault.gained >= STEADY else retry
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
