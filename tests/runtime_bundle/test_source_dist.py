from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    DownloadFailed,
    NotPublished,
    NotReadable,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.sources.dist import Dist, unofficial
from rtinstall.runtime_bundle.targets import Target, target_named
from world.mirror import KEY, KEYS, SIGNED_AT, STRANGER, TARGETS, Mirror, archive, index, shasums
from world.server import Reply, running
from world.signing import clearsign, keyring, pinned

pytestmark = pytest.mark.usefixtures("no_settings")

QUICK = Network(connect=2, read=0.5, retries=1, pause=0.001, patience=0.5)
X64 = target_named("linux-x64")
VERSION = "24.19.0"
FOLDER = f"v{VERSION}"
NAME = f"node-{FOLDER}-linux-x64.tar.gz"
LIST = f"{FOLDER}/SHASUMS256.txt"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with running() as server:
        mirror = Mirror(server)
        mirror.publish("22.20.0")
        mirror.publish(VERSION)
        yield mirror


def dist(mirror: Mirror, cache: Cache, **options: object) -> Dist:
    defaults: dict[str, object] = {"address": mirror.url, "keys": KEYS}
    return Dist(cache, QUICK, **{**defaults, **options})  # type: ignore[arg-type]


def get(source: Dist, target: Target = X64, version: str = VERSION) -> Part:
    (release,) = (r for r in source.releases(target) if str(r.version) == version)
    (part,) = source.fetch(source.offer(release, target), SILENT)
    return part


def nothing_kept(cache: Cache) -> bool:
    return not (cache.root / "objects").exists()


def test_a_signed_release_is_fetched_and_says_on_whose_word(mirror: Mirror, cache: Cache) -> None:
    part = get(dist(mirror, cache))
    body = mirror.files[VERSION][NAME]
    assert part.path.read_bytes() == body
    assert (part.what, part.layout) == ("runtime", "upstream")
    assert part.provenance.location == f"{mirror.url}/{FOLDER}/{NAME}"
    assert part.provenance.digest == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert "Release Person" in part.provenance.checked
    assert KEY.fingerprint in part.provenance.checked


def test_the_index_says_what_there_is(mirror: Mirror, cache: Cache) -> None:
    source = dist(mirror, cache)
    assert [str(r.version) for r in source.releases(X64)] == [VERSION, "22.20.0"]
    assert len(source.releases(target_named("darwin-arm64"))) == 2
    assert source.releases(target_named("linux-s390x")) == ()
    assert source.releases(target_named("freebsd-x64")) == ()
    assert len(mirror.server.asked("/dist/index.json")) == 1


def test_an_offer_says_how_much_is_to_come_and_fetches_nothing(
    mirror: Mirror, cache: Cache
) -> None:
    source = dist(mirror, cache)
    release = source.releases(X64)[0]
    offer = source.offer(release, X64)
    body = mirror.files[VERSION][NAME]
    assert (offer.source, offer.size, offer.cached) == ("dist", len(body), False)
    assert mirror.server.sent() < 5000
    source.fetch(offer, SILENT)
    assert source.offer(release, X64).cached
    assert dist(mirror, cache).offer(release, X64).size == len(body)


@pytest.mark.parametrize(("near", "taken"), [(True, "y"), (False, "x")])
def test_the_smaller_archive_is_preferred_except_from_this_machine(
    mirror: Mirror, cache: Cache, monkeypatch: pytest.MonkeyPatch, near: bool, taken: str
) -> None:
    xz, gz = archive("x", 100), archive("y", 200)
    files = {NAME: gz, NAME.replace(".gz", ".xz"): xz}
    mirror.put(f"{LIST}.asc", clearsign(KEY, shasums(files), SIGNED_AT))
    mirror.put(f"{FOLDER}/{NAME.replace('.gz', '.xz')}", xz)
    mirror.put(f"{FOLDER}/{NAME}", gz)
    source = dist(mirror, cache)
    monkeypatch.setattr(source, "_near", near)
    assert get(source).path.read_bytes() == {"x": xz, "y": gz}[taken]


@pytest.mark.parametrize("there", [NAME, NAME.replace(".gz", ".xz")])
def test_a_mirror_that_has_one_archive_of_those_signed_will_do(
    mirror: Mirror, cache: Cache, there: str
) -> None:
    body = archive("x", 100)
    files = dict.fromkeys((NAME, NAME.replace(".gz", ".xz")), body)
    mirror.put(f"{LIST}.asc", clearsign(KEY, shasums(files), SIGNED_AT))
    mirror.remove(f"{FOLDER}/{NAME}")
    with pytest.raises(NotPublished):
        get(dist(mirror, cache))
    mirror.put(f"{FOLDER}/{there}", body)
    assert get(dist(mirror, cache)).provenance.location.endswith(there)


def test_a_detached_signature_does_as_well(mirror: Mirror, cache: Cache) -> None:
    mirror.remove(f"{LIST}.asc")
    assert "Release Person" in get(dist(mirror, cache)).provenance.checked


def test_a_second_run_sends_nothing_twice(mirror: Mirror, cache: Cache) -> None:
    get(dist(mirror, cache))
    sent = mirror.server.sent()
    get(dist(mirror, cache))
    assert mirror.server.sent() == sent


def test_offline_a_second_run_asks_nobody(mirror: Mirror, cache: Cache) -> None:
    get(dist(mirror, cache))
    asked = len(mirror.server.requests)
    offline = Dist(cache, Network(offline=True), address=mirror.url, keys=KEYS)
    get(offline)
    assert len(mirror.server.requests) == asked
    with pytest.raises(Unreachable, match="switched off"):
        get(offline, version="22.20.0")


def test_a_download_that_broke_off_is_continued_by_the_next_run(
    mirror: Mirror, cache: Cache
) -> None:
    body = mirror.files[VERSION][NAME]
    mirror.put(f"{FOLDER}/{NAME}", Reply(body, drop=30_000), Reply(body, drop=0))
    with pytest.raises(DownloadFailed):
        get(dist(mirror, cache))
    mirror.put(f"{FOLDER}/{NAME}", body)
    before = mirror.server.sent()
    assert get(dist(mirror, cache)).path.read_bytes() == body
    assert mirror.server.sent() - before == len(body) - 30_000


def test_targets_at_the_same_time_ask_once_for_each_list(mirror: Mirror, cache: Cache) -> None:
    source = dist(mirror, cache)
    parts: list[Part] = []
    threads = [
        threading.Thread(target=lambda name=name: parts.append(get(source, target_named(name))))
        for name in TARGETS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({part.path for part in parts}) == 3
    assert len(mirror.server.asked(f"/dist/{LIST}.asc")) == 1


def test_a_folder_is_a_mirror_too(mirror: Mirror, cache: Cache, tmp_path: Path) -> None:
    root = tmp_path / "a mirror"
    for path, (reply,) in mirror.server.replies.items():
        file = root / path.removeprefix("/dist/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(reply.body)
    for address in (root, str(root), root.as_uri(), f"{root.as_uri()}/"):
        source = Dist(cache, Network(offline=True), address=address, keys=KEYS)
        assert get(source).path.read_bytes() == mirror.files[VERSION][NAME]
    (root / LIST).with_suffix(".txt.asc").unlink()
    (root / LIST).with_suffix(".txt.sig").unlink()
    with pytest.raises(VerificationFailed, match="not signed"):
        get(Dist(cache, QUICK, address=root, keys=KEYS))


def test_credentials_in_the_address_are_used_and_not_shown(mirror: Mirror, cache: Cache) -> None:
    address = mirror.url.replace("http://", "http://someone:secret@") + "/?token=secret"
    for path in list(mirror.server.replies):
        mirror.server.replies[f"{path}?token=secret"] = mirror.server.replies[path]
    source = dist(mirror, cache, address=address)
    part = get(source)
    assert "secret" not in f"{part} {source.offer(source.releases(X64)[0], X64)}"
    assert all(r.headers["authorization"].startswith("Basic ") for r in mirror.server.requests)
    assert all(r.path.endswith("?token=secret") for r in mirror.server.requests)


# Fail closed: for each thing that vouches for a file, each way it can be missing. 0 installs.

TEXT = shasums({NAME: archive("x")})
BAD_REPLIES: tuple[tuple[str, Callable[[bytes], Reply], type[RtError]], ...] = (
    ("absent", lambda body: Reply(b"", status=404), VerificationFailed),
    ("gone", lambda body: Reply(b"", status=410), VerificationFailed),
    ("forbidden", lambda body: Reply(b"", status=403), DownloadFailed),
    ("empty", lambda body: Reply(b""), VerificationFailed),
    ("500", lambda body: Reply(b"", status=500), DownloadFailed),
    ("cut by the server", lambda body: Reply(body[: len(body) // 2]), VerificationFailed),
    ("cut by a byte", lambda body: Reply(body[: len(body) - 30]), VerificationFailed),
    ("cut on the way", lambda body: Reply(body, drop=len(body) // 2), DownloadFailed),
    ("captive portal", lambda body: Reply(b"<html>log in</html>"), VerificationFailed),
    ("too long", lambda body: Reply(body + b"\n" * (2 << 20)), DownloadFailed),
    ("byte changed", lambda body: Reply(body[:99] + bytes([body[99] ^ 1]) + body[100:]), VerificationFailed),
    ("redirect loop", lambda body: Reply(status=302, headers={"Location": "#"}), DownloadFailed),
)  # fmt: skip


@pytest.mark.parametrize("bad", BAD_REPLIES, ids=[b[0] for b in BAD_REPLIES])
def test_a_bad_clear_signed_list_installs_nothing(
    mirror: Mirror, cache: Cache, bad: tuple[str, Callable[[bytes], Reply], type[RtError]]
) -> None:
    _, spoil, error = bad
    (good,) = mirror.server.replies[f"/dist/{LIST}.asc"]
    mirror.put(f"{LIST}.asc", spoil(good.body))
    mirror.remove(f"{LIST}.sig")
    with pytest.raises(error):
        get(dist(mirror, cache))
    assert nothing_kept(cache)


@pytest.mark.parametrize("what", [LIST, f"{LIST}.sig"], ids=["list", "signature"])
@pytest.mark.parametrize("bad", BAD_REPLIES, ids=[b[0] for b in BAD_REPLIES])
def test_a_bad_detached_signature_or_its_list_installs_nothing(
    mirror: Mirror,
    cache: Cache,
    bad: tuple[str, Callable[[bytes], Reply], type[RtError]],
    what: str,
) -> None:
    name, spoil, error = bad
    (good,) = mirror.server.replies[f"/dist/{what}"]
    mirror.put(what, spoil(good.body))
    mirror.remove(f"{LIST}.asc")
    missing = what == LIST and name in ("absent", "gone")
    with pytest.raises(NotPublished if missing else error):
        get(dist(mirror, cache))
    assert nothing_kept(cache)


@pytest.mark.parametrize("bad", BAD_REPLIES, ids=[b[0] for b in BAD_REPLIES])
def test_a_bad_archive_installs_nothing(
    mirror: Mirror, cache: Cache, bad: tuple[str, Callable[[bytes], Reply], type[RtError]]
) -> None:
    mirror.put(f"{FOLDER}/{NAME}", bad[1](mirror.files[VERSION][NAME]))
    with pytest.raises((VerificationFailed, DownloadFailed, NotPublished)):
        get(dist(mirror, cache))
    assert nothing_kept(cache)


def signed(text: bytes) -> Reply:
    return Reply(clearsign(KEY, text, SIGNED_AT))


OTHER_LINE = b"0" * 64 + b"  other.tar.gz\n"
SPOILED: tuple[tuple[str, Reply, type[RtError]], ...] = (
    ("a stranger's key", Reply(clearsign(STRANGER, TEXT, SIGNED_AT)), VerificationFailed),
    ("not signed at all", Reply(TEXT), VerificationFailed),
    ("text before", Reply(TEXT + clearsign(KEY, TEXT, SIGNED_AT)), VerificationFailed),
    ("text after", Reply(clearsign(KEY, TEXT, SIGNED_AT) + TEXT), VerificationFailed),
    ("another release's list", signed(shasums({"node-v22.0.0-linux-x64.tar.gz": b""})), NotPublished),
    ("no line for the file", signed(OTHER_LINE), NotPublished),
    ("name with a folder", signed(TEXT.replace(b"  ", b"  win-x64/")), NotPublished),
    ("name with more after it", signed(TEXT.replace(b".gz", b".gz.exe")), NotPublished),
    ("name with more before it", signed(TEXT.replace(b"  ", b"  x")), NotPublished),
    ("name in capitals", signed(TEXT.upper()), VerificationFailed),
    ("a short digest", signed(TEXT[1:]), VerificationFailed),
    ("two digests for the file", signed(TEXT + b"0" * 64 + TEXT[64:]), VerificationFailed),
    ("an empty list", signed(b""), VerificationFailed),
    ("an empty line", signed(b"\n"), VerificationFailed),
    ("signed in SHA-1", Reply(clearsign(KEY, TEXT, SIGNED_AT, hash_id=2)), VerificationFailed),
    ("signed in the future", Reply(clearsign(KEY, TEXT, 4_000_000_000)), VerificationFailed),
    ("the digest of another file", signed(shasums({NAME: b"another"})), VerificationFailed),
)  # fmt: skip


@pytest.mark.parametrize(("reply", "error"), [s[1:] for s in SPOILED], ids=[s[0] for s in SPOILED])
def test_a_list_that_is_not_the_signed_one_installs_nothing(
    mirror: Mirror, cache: Cache, reply: Reply, error: type[RtError]
) -> None:
    mirror.put(f"{LIST}.asc", reply)
    with pytest.raises(error):
        get(dist(mirror, cache))
    assert nothing_kept(cache)


def test_a_revoked_or_forgotten_key_installs_nothing(mirror: Mirror, cache: Cache) -> None:
    for keys in ({}, keyring(pinned(KEY, status="revoked")), keyring(STRANGER)):
        with pytest.raises(VerificationFailed):
            get(dist(mirror, cache, keys=keys))
    assert nothing_kept(cache)


def test_a_remembered_list_is_verified_again(mirror: Mirror, cache: Cache) -> None:
    get(dist(mirror, cache))
    with pytest.raises(VerificationFailed):
        get(Dist(cache, Network(offline=True), address=mirror.url, keys=keyring(STRANGER)))


def test_an_expired_key_warns(mirror: Mirror, cache: Cache) -> None:
    said: list[str] = []
    keys = keyring(pinned(KEY, expires=SIGNED_AT - 86400))
    get(dist(mirror, cache, keys=keys, say=said.append))
    assert len(said) == 1
    assert "expired" in said[0]


# The user's own word.


def unsigned(mirror: Mirror) -> None:
    mirror.remove(f"{LIST}.asc")
    mirror.remove(f"{LIST}.sig")


def test_without_signatures_nothing_is_installed_and_the_way_out_is_named(
    mirror: Mirror, cache: Cache
) -> None:
    unsigned(mirror)
    with pytest.raises(VerificationFailed, match="not signed") as caught:
        get(dist(mirror, cache))
    assert "--allow-unsigned" in caught.value.hint


def test_unsigned_on_the_users_word_is_recorded_and_said(mirror: Mirror, cache: Cache) -> None:
    unsigned(mirror)
    said: list[str] = []
    part = get(dist(mirror, cache, allow_unsigned=True, say=said.append))
    assert part.provenance.checked.endswith("no signature")
    assert len(said) == 1
    assert "not signed" in said[0]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b""),
        Reply(clearsign(STRANGER, TEXT, SIGNED_AT)),
        Reply(b"<html>"),
        Reply(b"", status=500),
    ],
    ids=["empty", "stranger", "portal", "500"],
)
def test_a_bad_signature_is_no_missing_one(mirror: Mirror, cache: Cache, reply: Reply) -> None:
    mirror.put(f"{LIST}.asc", reply)
    with pytest.raises((VerificationFailed, DownloadFailed)):
        get(dist(mirror, cache, allow_unsigned=True))
    assert nothing_kept(cache)


def test_unsigned_files_are_still_checked(mirror: Mirror, cache: Cache) -> None:
    unsigned(mirror)
    mirror.put(f"{FOLDER}/{NAME}", b"another file")
    with pytest.raises(VerificationFailed):
        get(dist(mirror, cache, allow_unsigned=True))
    mirror.remove(LIST)
    with pytest.raises(NotPublished):
        get(dist(mirror, cache, allow_unsigned=True))
    assert nothing_kept(cache)


def test_neither_encrypted_nor_signed_is_refused(cache: Cache) -> None:
    with pytest.raises(BadConfiguration, match="neither"):
        Dist(cache, QUICK, address="http://mirror.example/dist", allow_unsigned=True)
    Dist(cache, QUICK, address="http://mirror.example/dist")


def test_unofficial_builds_say_that_nobody_signed_them(mirror: Mirror, cache: Cache) -> None:
    unsigned(mirror)
    said: list[str] = []
    source = unofficial(cache, QUICK, address=mirror.url, say=said.append)
    part = get(source)
    assert part.provenance.source == "unofficial"
    assert "no signature" in part.provenance.checked
    assert "not signed" in said[0]


# The index is only a hint.


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(b"", status=404), NotPublished),
        (Reply(b"", status=500), DownloadFailed),
        (Reply(b""), NotReadable),
        (Reply(b"<html>log in</html>"), NotReadable),
        (Reply(b"[" * 9_000_000), DownloadFailed),
        (Reply(b'[{"version": "../../etc"}]'), None),
        (Reply(index([VERSION]), delay=2), Unreachable),
    ],
    ids=["404", "500", "empty", "portal", "too long", "climbing", "silent"],
)
def test_a_bad_index_is_an_error_that_is_found_once(
    mirror: Mirror, cache: Cache, reply: Reply, error: type[RtError] | None
) -> None:
    mirror.put("index.json", reply)
    source = dist(mirror, cache)
    if error is None:
        assert source.releases(X64) == ()
        return
    for _ in range(2):
        with pytest.raises(error):
            source.releases(X64)
    assert len(mirror.server.asked("/dist/index.json")) <= 1 + QUICK.retries


def test_a_release_that_is_only_in_the_index_is_not_published(mirror: Mirror, cache: Cache) -> None:
    mirror.put("index.json", index([VERSION, "24.99.0"]))
    with pytest.raises((NotPublished, VerificationFailed)):
        get(dist(mirror, cache), version="24.99.0")


def test_only_its_own_targets_are_served_by_the_projects_server(cache: Cache) -> None:
    source = Dist(cache, Network(offline=True))
    assert source.releases(target_named("linux-riscv64")) == ()
    assert source.releases(target_named("freebsd-x64")) == ()
    with pytest.raises(Unreachable):
        source.releases(X64)


def test_a_server_that_is_not_there_is_found_out_once_and_soon(cache: Cache) -> None:
    source = Dist(cache, Network(connect=1), address="https://mirror.invalid/dist")
    began = time.monotonic()
    for name in ("linux-x64", "linux-arm64", "darwin-arm64"):
        with pytest.raises(Unreachable):
            source.releases(target_named(name))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("release", "https://nodejs.org/dist"),
        ("nightly", "https://nodejs.org/download/nightly"),
        ("rc", "https://nodejs.org/download/rc"),
    ],
)
def test_each_channel_has_its_address(cache: Cache, channel: str, address: str) -> None:
    source = Dist(cache, Network(offline=True), channel=channel)  # type: ignore[arg-type]
    with pytest.raises(Unreachable, match=f"{address}/index.json"):
        source.releases(X64)
