from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtinstall.runtime_bundle import network
from rtinstall.runtime_bundle.addresses import bare, joined, redirected
from rtinstall.runtime_bundle.download import Document, fetch, read, size
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    DownloadFailed,
    NoSpace,
    NotPublished,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.verify import Digest
from world.certificates import certificate
from world.server import Reply, Server, running

BODY = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(6250))  # 200,000 bytes
OTHER = bytes(reversed(BODY))
DIGEST = Digest.sha256(hashlib.sha256(BODY).hexdigest())
HALF = len(BODY) // 2
PORTAL = b"<html>Please log in to the guest network</html>"
QUICK = Network(connect=2, read=0.3, retries=2, pause=0.001, patience=1, slowest=1000, window=0.2)
LONGEST = 5.0  # seconds a fault may take


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE",
                 "CURL_CA_BUNDLE", "SSL_CERT_FILE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as world:
        yield world


class Count:
    """A progress that adds up."""

    def __init__(self) -> None:
        self.total: int | None = -1
        self.done = 0

    def start(self, total: int | None) -> None:
        self.total, self.done = total, 0

    def advance(self, count: int) -> None:
        self.done += count


def redirect(where: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": where})


def after(wait: str, status: int = 503) -> Reply:
    return Reply(b"busy", status=status, headers={"Retry-After": wait})


GOOD = Reply(BODY, etag='"a"')

# name, the replies one after the other, and how a fetch ends: whole, or with this error.
FAULTS: tuple[tuple[str, tuple[Reply, ...], type[RtError] | None], ...] = (
    ("honest", (GOOD,), None),
    ("honest chunked", (Reply(BODY, chunked=True),), None),
    ("no ranges", (Reply(BODY, ranges=False),), None),
    ("drop at 0", (Reply(BODY, drop=0), GOOD), None),
    ("drop at 1", (Reply(BODY, drop=1), GOOD), None),
    ("drop at 1 %", (Reply(BODY, drop=len(BODY) // 100), GOOD), None),
    ("drop at 50 %", (Reply(BODY, drop=HALF), GOOD), None),
    ("drop at 99 %", (Reply(BODY, drop=len(BODY) * 99 // 100), GOOD), None),
    ("drop before the last byte", (Reply(BODY, drop=len(BODY) - 1), GOOD), None),
    ("drop twice", (Reply(BODY, drop=1000), Reply(BODY, drop=2000), GOOD), None),
    ("drop in a chunk", (Reply(BODY, chunked=True, drop=HALF), GOOD), None),
    ("drop in a chunk, no ranges", (Reply(BODY, chunked=True, drop=HALF, ranges=False), GOOD), None),
    ("drop always", (Reply(BODY, drop=0),), DownloadFailed),
    ("drop in the headers", (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Le"), GOOD), VerificationFailed),
    ("no answer at all", (Reply(raw=b""), GOOD), None),
    ("never an answer", (Reply(raw=b""),), Unreachable),
    ("not HTTP", (Reply(raw=b"220 mail.example ESMTP\r\n"),), Unreachable),
    ("short body", (Reply(BODY[:HALF]),), VerificationFailed),
    ("short chunked body", (Reply(BODY[:HALF], chunked=True),), VerificationFailed),
    ("long body", (Reply(BODY + b"!"),), VerificationFailed),
    ("long chunked body", (Reply(BODY + b"!", chunked=True),), VerificationFailed),
    ("length too small", (Reply(BODY, length=HALF),), VerificationFailed),
    ("length too large", (Reply(BODY, length=len(BODY) + 1), GOOD), None),
    ("length too large always", (Reply(BODY, length=len(BODY) + 1),), None),
    ("length beyond the limit", (Reply(BODY, length=1 << 40),), DownloadFailed),
    ("length is no number", (Reply(BODY, headers={"Content-Length": "x"}, chunked=True),), None),
    ("endless", (Reply(BODY * 20, chunked=True),), DownloadFailed),
    ("empty", (Reply(b""),), VerificationFailed),
    ("another file", (Reply(OTHER),), VerificationFailed),
    ("captive portal", (Reply(PORTAL, ranges=False),), VerificationFailed),
    ("one bit wrong", (Reply(BODY[:-1] + bytes([BODY[-1] ^ 1])),), VerificationFailed),
    ("404", (Reply(PORTAL, status=404),), NotPublished),
    ("410", (Reply(b"", status=410),), NotPublished),
    ("401", (Reply(b"", status=401),), DownloadFailed),
    ("403", (Reply(b"", status=403),), DownloadFailed),
    ("400", (Reply(b"", status=400),), DownloadFailed),
    ("204", (Reply(b"", status=204),), DownloadFailed),
    ("206 unasked", (Reply(BODY, status=206, ranges=False, content_range=""),), DownloadFailed),
    ("500 once", (Reply(b"", status=500), GOOD), None),
    ("500 always", (Reply(b"", status=500),), DownloadFailed),
    ("502, then 504", (Reply(b"", status=502), Reply(b"", status=504), GOOD), None),
    ("503 with a short wait", (after("0"), GOOD), None),
    ("429 with a short wait", (after("0", 429), GOOD), None),
    ("503 with a past date", (after("Wed, 21 Oct 2015 07:28:00 GMT"), GOOD), None),
    ("503 with an odd wait", (after("soon"), GOOD), None),
    ("503 with a long wait", (after("86400"),), DownloadFailed),
    ("503 with an absurd wait", (after("9" * 400),), DownloadFailed),
    ("503 with a far date", (after("Fri, 31 Dec 2199 23:59:59 GMT"),), DownloadFailed),
    ("slow to begin", (Reply(BODY, delay=1), GOOD), None),
    ("slow to begin always", (Reply(BODY, delay=1),), Unreachable),
    ("creeping", (Reply(BODY, pace=0.01),), DownloadFailed),
    ("creeping chunks", (Reply(BODY, pace=0.01, chunked=True),), DownloadFailed),
    ("creeping, then not", (Reply(BODY, pace=0.01), GOOD), None),
    ("stalled", (Reply(BODY, pace=60), GOOD), None),
    ("encoding claimed", (Reply(BODY, headers={"Content-Encoding": "gzip"}),), None),
    ("gzip bomb", (Reply(b"\x1f\x8b" * 99, headers={"Content-Encoding": "gzip"}),), VerificationFailed),
    ("relative redirect", (redirect("/other"),), None),
    ("permanent redirect", (redirect("/other", 308),), None),
    ("redirect loop", (redirect("/file"),), DownloadFailed),
    ("redirect to a file", (redirect("file:///etc/passwd"),), DownloadFailed),
    ("redirect to ftp", (redirect("ftp://127.0.0.1/file"),), DownloadFailed),
    ("redirect to plain http elsewhere", (redirect("http://mirror.invalid/"),), DownloadFailed),
    ("redirect to nowhere", (Reply(status=302),), DownloadFailed),
    ("redirect with a space", (redirect("/a b"),), DownloadFailed),
    ("redirect that is no address", (redirect("http://[::1/file"),), DownloadFailed),
    ("redirect with a bad port", (redirect("http://127.0.0.1:99999/"),), DownloadFailed),
    ("redirect with a line break",
     (Reply(raw=b"HTTP/1.1 302 Found\r\nLocation: /a\n b\r\nContent-Length: 0\r\n\r\n"),),
     DownloadFailed),
)  # fmt: skip


# What a range makes good.
WHOLE_IF_RESUMED = ("length too small", "length beyond the limit")


@pytest.mark.parametrize("have", [0, HALF], ids=["fresh", "resumed"])
@pytest.mark.parametrize(("name", "replies", "error"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_ends_in_the_right_file_or_in_an_error_and_in_time(
    server: Server,
    tmp_path: Path,
    name: str,
    replies: tuple[Reply, ...],
    error: type[RtError] | None,
    have: int,
) -> None:
    url = server.serve("/file", *replies)
    server.serve("/other", GOOD)
    part = tmp_path / "part"
    if have:
        part.write_bytes(BODY[:have])
    if have and name in WHOLE_IF_RESUMED:
        error = None
    progress = Count()
    began = time.monotonic()
    if error is None:
        fetch(url, part, DIGEST, network=QUICK, limit=1 << 20, progress=progress)
        assert part.read_bytes() == BODY
        assert progress.done == len(BODY)
    else:
        with pytest.raises(error):
            fetch(url, part, DIGEST, network=QUICK, limit=1 << 20, progress=progress)
        assert error is not VerificationFailed or not part.exists()
    assert time.monotonic() - began < LONGEST


@pytest.mark.parametrize("at", [1, HALF, len(BODY) - 1])
def test_what_has_arrived_is_not_fetched_again(server: Server, tmp_path: Path, at: int) -> None:
    url = server.serve("/file", Reply(BODY, etag='"a"', drop=at), GOOD)
    part = tmp_path / "part"
    with pytest.raises(DownloadFailed, match=f"{at} of {len(BODY)}|{at} bytes"):
        fetch(url, part, DIGEST, network=Network(retries=0))
    assert part.read_bytes() == BODY[:at]
    fetch(url, part, DIGEST, network=Network(retries=0))
    assert part.read_bytes() == BODY
    assert server.sent() == len(BODY)
    assert server.requests[-1].headers["if-range"] == '"a"'


# name, what a server that has BODY answers to the request for the second half
ODD_ANSWERS: tuple[tuple[str, Reply], ...] = (
    ("whole instead", Reply(BODY, ranges=False)),
    ("from another place", Reply(BODY[10:], status=206, content_range="bytes 10-199999/200000")),
    ("from the start", Reply(BODY, status=206, content_range="bytes 0-199999/200000")),
    ("no place named", Reply(BODY[HALF:], status=206)),
    ("a place that is none", Reply(BODY[HALF:], status=206, content_range="bytes x-y/z")),
    ("other unit", Reply(BODY[HALF:], status=206, content_range="lines 100000-199999/200000")),
    ("length unknown", Reply(BODY[HALF:], status=206, content_range="bytes 100000-199999/*")),
    ("place right, bytes wrong", Reply(OTHER[HALF:], status=206, content_range="bytes 100000-199999/200000")),
    ("ends early", Reply(BODY[HALF:-9], status=206, content_range="bytes 100000-199990/200000")),
    ("changed", Reply(BODY, etag='"b"')),
    ("416, though incomplete", Reply(b"", status=416, content_range="bytes */100000")),
    ("416 without a word", Reply(b"", status=416)),
    ("416 with another length", Reply(b"", status=416, content_range="bytes */7")),
)  # fmt: skip


@pytest.mark.parametrize("answer", [a[1] for a in ODD_ANSWERS], ids=[a[0] for a in ODD_ANSWERS])
def test_an_odd_answer_to_a_range_still_ends_in_the_right_file(
    server: Server, tmp_path: Path, answer: Reply
) -> None:
    url = server.serve("/file", Reply(BODY, etag='"a"', drop=HALF), answer, GOOD)
    fetch(url, tmp_path / "part", DIGEST, network=QUICK)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_that_is_already_whole_is_only_checked(server: Server, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY)
    fetch(server.serve("/file", GOOD), tmp_path / "part", DIGEST, network=QUICK)
    assert server.sent() == 0


@pytest.mark.parametrize("junk", [OTHER[:HALF], BODY + b"more", b"\0" * len(BODY)])
def test_a_part_of_another_file_is_fetched_anew(
    server: Server, tmp_path: Path, junk: bytes
) -> None:
    (tmp_path / "part").write_bytes(junk)
    fetch(server.serve("/file", GOOD), tmp_path / "part", DIGEST, network=QUICK)
    assert (tmp_path / "part").read_bytes() == BODY


def test_an_edition_noted_for_another_address_is_not_asked_for(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(DownloadFailed):
        fetch(server.serve("/one", Reply(BODY, etag='"a"', drop=HALF)), tmp_path / "part", DIGEST,
              network=Network(retries=0))  # fmt: skip
    fetch(server.serve("/two", GOOD), tmp_path / "part", DIGEST, network=QUICK)
    assert "if-range" not in server.asked("/two")[0].headers
    assert server.sent() == len(BODY)


def test_a_weak_edition_is_not_used_to_continue(server: Server, tmp_path: Path) -> None:
    url = server.serve("/file", Reply(BODY, etag='W/"a"', drop=HALF), GOOD)
    fetch(url, tmp_path / "part", DIGEST, network=QUICK)
    assert "if-range" not in server.requests[-1].headers


def test_progress_tells_total_and_what_was_there_before(server: Server, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY[:HALF])
    progress = Count()
    fetch(server.serve("/file", GOOD), tmp_path / "part", DIGEST, network=QUICK, progress=progress)
    assert (progress.total, progress.done) == (len(BODY), len(BODY))


def test_many_drops_do_not_end_a_download_that_gets_on(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "STEADY", 10_000)
    url = server.serve("/file", Reply(BODY, drop=20_000))
    fetch(url, tmp_path / "part", DIGEST, network=QUICK)
    assert len(server.requests) > QUICK.retries + 1


def test_a_server_is_asked_again_no_more_than_it_should_be(server: Server) -> None:
    with pytest.raises(DownloadFailed, match="answered 503"):
        read(server.serve("/x", Reply(b"", status=503)), limit=9, network=QUICK)
    assert len(server.requests) == 1 + QUICK.retries


def test_pauses_grow(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    url = server.serve("/x", after("3"), Reply(b"", status=503))
    with pytest.raises(DownloadFailed):
        read(url, limit=9, network=Network(retries=4, pause=1))
    assert pauses == [3, 2, 4, 8]


# Small documents.


def test_a_document_comes_with_its_edition_and_is_not_sent_twice(server: Server) -> None:
    url = server.serve("/index", Reply(b"[]", etag='"a"'))
    assert read(url, limit=9, network=QUICK) == Document(b"[]", '"a"')
    assert read(url, limit=9, network=QUICK, etag='"a"') is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(b"x" * 10), DownloadFailed),
        (Reply(b"x" * 10, chunked=True), DownloadFailed),
        (Reply(b"x" * 5, length=10), DownloadFailed),
        (Reply(b"x" * 5, chunked=True, drop=3), DownloadFailed),
        (Reply(b"x", headers={"Content-Encoding": "gzip"}), DownloadFailed),
        (Reply(b"x", headers={"Content-Encoding": "br, gzip"}), DownloadFailed),
        (Reply(b"", status=304), DownloadFailed),
        (Reply(b"", status=404), NotPublished),
        (Reply(b"x", delay=1), Unreachable),
        (Reply(b"x" * 9, pace=0.35), DownloadFailed),
    ],
)
def test_a_document_is_whole_and_small_or_an_error(
    server: Server, reply: Reply, error: type[RtError]
) -> None:
    with pytest.raises(error):
        read(server.serve("/index", reply), limit=9, network=QUICK)


def test_nothing_compressed_is_asked_for_and_we_say_who_we_are(server: Server) -> None:
    read(server.serve("/x", b"1"), limit=9, network=QUICK)
    headers = server.requests[0].headers
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("rtinstall/")


# Who is talked to.


@pytest.mark.parametrize(
    "url",
    [
        "", "nodejs.org/dist", "ftp://x/", "http://", "https:///x", "https://x/\n", "https://x/\r\nA: b",
        "https://x/\0", "https://x /", "https://x:port/", "https://x:0/", "http://[::1/", "javascript:1",
        "http://mirror.example/", "file://elsewhere/etc/passwd", "https://user:secret@/", "-https://x",
    ],
)  # fmt: skip
def test_an_unusable_address_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(url, limit=9, network=QUICK)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "location"),
    [
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/x", "http://localhost/x"),
        ("https://a.example/x", "https://127.0.0.1/x"),
        ("https://a.example/x", "https://10.0.0.1/x"),
        ("https://a.example/x", "https://[::1]/x"),
        ("https://a.example/x", "https://169.254.169.254/latest/meta-data"),
        ("https://a.example/x", "https://localhost/x"),
        ("https://a.example/x", "data:text/plain,x"),
        ("http://127.0.0.1/x", "http://a.example/x"),
        ("https://a.example/x", "https://b.example/\r\nSet-Cookie: a"),
        ("https://a.example/x", "https://b.example/ x"),
    ],
)
def test_such_a_redirect_is_not_followed(old: str, location: str) -> None:
    with pytest.raises(DownloadFailed):
        redirected(old, location)


def test_headers_for_one_host_stay_there(server: Server) -> None:
    with running() as elsewhere:
        elsewhere.serve("/there", b"1")
        url = server.serve("/here", redirect("/hop"))
        server.serve("/hop", redirect(f"{elsewhere.url}/there"))
        address = url.replace("http://", "http://someone:secret@")
        read(url, limit=9, network=QUICK, headers={"Authorization": "Bearer secret"}, etag='"e"')
        read(address, limit=9, network=QUICK)
        for request in server.requests:
            assert (
                "secret" in request.headers["authorization"]
                or "Basic" in request.headers["authorization"]
            )
        for request in elsewhere.requests:
            assert "authorization" not in request.headers
        assert elsewhere.requests[0].headers["if-none-match"] == '"e"'


def test_five_redirects_are_followed_and_no_more(server: Server) -> None:
    server.serve("/0", b"1")
    for hop in range(1, 7):
        server.serve(f"/{hop}", redirect(f"/{hop - 1}"))
    assert read(f"{server.url}/5", limit=9, network=QUICK) == Document(b"1")
    with pytest.raises(DownloadFailed, match="redirect"):
        read(f"{server.url}/6", limit=9, network=QUICK)


def test_a_proxy_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.replies["http://mirror.invalid/x"] = [Reply(b"1")]
    assert read("http://mirror.invalid/x", limit=9, network=QUICK, plain=True) == Document(b"1")


def test_a_proxy_that_is_not_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match="proxy") as caught:
        read("https://mirror.invalid/x", limit=9, network=QUICK)
    assert "secret" not in str(caught.value)


def test_a_name_in_netrc_is_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    read(server.serve("/x", b"1"), limit=9, network=QUICK)
    assert server.requests[0].headers["authorization"].startswith("Basic ")


# Certificates.


def test_a_certificate_counts_only_for_who_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path / "good.pem")
    with running(tls=pem) as server:
        url = server.serve("/x", b"1")
        with pytest.raises(Unreachable, match="certificate") as caught:
            read(url, limit=9, network=QUICK)
        assert "--ca-certificate" in caught.value.hint
        trusting = Network(ca=pem)
        assert read(url, limit=9, network=trusting) == Document(b"1")
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            with monkeypatch.context() as patch:
                patch.setenv(name, str(pem))
                assert read(url, limit=9, network=QUICK) == Document(b"1")
        server.serve("/down", redirect("http://localhost/x"))
        with pytest.raises(DownloadFailed, match="not encrypted"):
            read(f"{server.url}/down", limit=9, network=trusting)


@pytest.mark.parametrize(("host", "days"), [("localhost", -1), ("elsewhere.example", 1)])
def test_a_certificate_that_ran_out_or_is_for_another_host_is_refused(
    tmp_path: Path, host: str, days: int
) -> None:
    pem = certificate(tmp_path / "bad.pem", host=host, days=days)
    with running(tls=pem) as server, pytest.raises(Unreachable, match="certificate"):
        read(server.serve("/x", b"1"), limit=9, network=Network(ca=pem))


def test_certificates_that_are_not_there_are_said_so(server: Server, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="no CA certificates"):
        read(server.serve("/x", b"1"), limit=9, network=Network(ca=tmp_path / "none.pem"))


# Who is not there.


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_refuses_is_found_out_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached: connection refused"):
        read(f"http://127.0.0.1:{free_port()}/", limit=9, network=Network())
    assert time.monotonic() - began < 1


def test_a_name_that_does_not_resolve_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreachable, match=r"mirror\.invalid"):
        read("https://mirror.invalid/", limit=9, network=QUICK)


@pytest.mark.parametrize("what", ["resolver", "addresses"])
def test_silence_is_unreachable_after_one_time_limit_for_everything(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ended = threading.Event()

    def silent(*_: object, **__: object) -> list[tuple[object, ...]]:
        ended.wait(5)
        raise OSError("too late")

    def four(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (f"192.0.2.{n}", 443)) for n in range(4)]

    monkeypatch.setattr(socket, "getaddrinfo", silent if what == "resolver" else four)
    monkeypatch.setattr(socket, "create_connection", silent)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"within 0\.2 seconds"):
        read("https://silent.invalid/", limit=9, network=Network(connect=0.2))
    assert time.monotonic() - began < 1
    ended.set()


def test_offline_asks_nobody(server: Server, tmp_path: Path) -> None:
    url = server.serve("/file", GOOD)
    offline = Network(offline=True)
    with pytest.raises(Unreachable, match="switched off"):
        read(url, limit=9, network=offline)
    with pytest.raises(Unreachable, match="switched off"):
        fetch(url, tmp_path / "part", DIGEST, network=offline)
    assert size(url, network=offline) is None
    assert not server.requests


# Sizes, files on disk, full disks.


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (GOOD, len(BODY)),
        (redirect("/file2"), len(BODY)),
        (Reply(b"", status=404), None),
        (Reply(b"", status=500), None),
        (Reply(b"", chunked=True), None),
        (Reply(raw=b""), None),
    ],
)
def test_a_size_is_told_if_it_is_known(server: Server, reply: Reply, expected: int | None) -> None:
    server.serve("/file2", GOOD)
    assert size(server.serve("/file", reply), network=QUICK) == expected
    assert server.sent() == 0


def test_files_on_disk_are_read_by_the_same_rules(tmp_path: Path) -> None:
    source = tmp_path / "a file é.bin"
    source.write_bytes(BODY)
    url = source.as_uri()
    fetch(url, tmp_path / "part", DIGEST, network=Network(offline=True))
    assert (tmp_path / "part").read_bytes() == BODY
    assert size(url, network=QUICK) == len(BODY)
    with pytest.raises(DownloadFailed, match="more than 9 bytes"):
        read(url, limit=9, network=QUICK)
    with pytest.raises(NotPublished):
        read((tmp_path / "none").as_uri(), limit=9, network=QUICK)
    with pytest.raises(DownloadFailed):
        read(tmp_path.as_uri(), limit=9, network=QUICK)
    source.write_bytes(OTHER)
    with pytest.raises(VerificationFailed):
        fetch(url, tmp_path / "part", DIGEST, network=QUICK)
    assert not (tmp_path / "part").exists()


def test_a_file_larger_than_the_disk_is_refused_before_it_is_fetched(
    server: Server, tmp_path: Path
) -> None:
    url = server.serve("/file", Reply(BODY, length=1 << 49))
    with pytest.raises(NoSpace, match="bytes free"):
        fetch(url, tmp_path / "part", DIGEST, network=QUICK, limit=1 << 60)


@pytest.mark.parametrize("where", ["/dev/full", "blocked/part"])
def test_a_disk_that_cannot_be_written_is_no_space(
    server: Server, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.serve("/file", GOOD)
    (tmp_path / "blocked").write_bytes(b"a file where a folder should be")
    part = tmp_path / where
    if where == "/dev/full":
        part = tmp_path / "part"
        part.symlink_to("/dev/full")
    with pytest.raises(NoSpace):
        fetch(url, part, DIGEST, network=QUICK)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@host:8443/a/b?token=x#y", "https://host:8443/a/b"),
        ("https://host/", "https://host/"),
        ("file:///a/b", "file:///a/b"),
    ],
)
def test_what_may_be_secret_is_not_shown(url: str, shown: str) -> None:
    assert bare(url) == shown


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h/dist", "https://h/dist/v1/x"),
        ("https://h/dist/", "https://h/dist/v1/x"),
        ("https://h", "https://h/v1/x"),
        ("https://u:p@h:1/d?token=t", "https://u:p@h:1/d/v1/x?token=t"),
        ("file:///srv/dist", "file:///srv/dist/v1/x"),
    ],
)
def test_a_path_below_an_address_keeps_the_rest_of_it(base: str, url: str) -> None:
    assert joined(base, "v1/x") == url


def test_importing_the_module_does_not_import_requests() -> None:
    import subprocess
    import sys

    code = "import sys, rtinstall.runtime_bundle.download; print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
