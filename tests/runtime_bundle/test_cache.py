from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rtinstall.runtime_bundle import cache as cache_module
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import Document
from rtinstall.runtime_bundle.errors import DownloadFailed, NoSpace, VerificationFailed
from rtinstall.runtime_bundle.verify import Digest

BODY = b"a runtime\n" * 1000
SHA256 = Digest.sha256(hashlib.sha256(BODY).hexdigest())


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def put(path: Path) -> None:
    path.write_bytes(BODY)


def put_another(path: Path) -> None:
    path.write_bytes(b"another")


def never(path: Path) -> None:
    raise AssertionError("it is in the cache")


def test_a_file_is_fetched_once(cache: Cache) -> None:
    path = cache.obtain(SHA256, put)
    assert path.read_bytes() == BODY
    assert cache.obtain(SHA256, never) == path
    assert cache.has(SHA256)
    assert cache.get(SHA256) == path


def test_nothing_is_there_at_first(cache: Cache) -> None:
    assert not cache.has(SHA256)
    assert cache.get(SHA256) is None
    assert not cache.root.exists()


@pytest.mark.parametrize("damage", [b"", BODY[:-1], BODY + b"!", BODY[:-1] + b"!"])
def test_a_damaged_file_is_removed_and_fetched_again(cache: Cache, damage: bytes) -> None:
    path = cache.obtain(SHA256, put)
    path.write_bytes(damage)
    assert cache.get(SHA256) is None
    assert not path.exists()
    assert cache.obtain(SHA256, put).read_bytes() == BODY


def test_another_file_is_never_kept(cache: Cache) -> None:
    with pytest.raises(VerificationFailed):
        cache.obtain(SHA256, put_another)
    assert not cache.has(SHA256)


def test_what_a_failed_run_left_is_there_for_the_next(cache: Cache) -> None:
    def half(path: Path) -> None:
        path.write_bytes(BODY[:5000])
        raise DownloadFailed("broke off")

    def rest(path: Path) -> None:
        assert path.read_bytes() == BODY[:5000]
        put(path)

    with pytest.raises(DownloadFailed):
        cache.obtain(SHA256, half)
    cache.obtain(SHA256, rest)
    assert [p.name for p in (cache.root / "partial").iterdir() if p.suffix != ".lock"] == []


def test_files_of_other_digests_stay_apart(cache: Cache) -> None:
    other = Digest.sha256(hashlib.sha256(b"another").hexdigest())
    cache.obtain(other, put_another)
    assert cache.get(SHA256) is None
    assert cache.obtain(SHA256, put) != cache.get(other)


def test_an_integrity_names_a_file_as_well(cache: Cache) -> None:
    accepted = hashlib.sha512(BODY).digest()
    digest = Digest("sha512", frozenset({accepted, b"\xff" * 64}), "sha512-...")
    assert cache.obtain(digest, put).read_bytes() == BODY
    assert cache.get(digest)


FETCHER = """
import hashlib, sys, time
from pathlib import Path
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.verify import Digest

BODY = b"a runtime\\n" * 1000

def fill(path):
    with open(sys.argv[2], "a") as log:
        log.write("fetched\\n")
    for at in range(0, len(BODY), 1000):
        with path.open("ab") as part:
            part.write(BODY[at : at + 1000])
        time.sleep(0.02)

digest = Digest.sha256(hashlib.sha256(BODY).hexdigest())
assert Cache(Path(sys.argv[1])).obtain(digest, fill).read_bytes() == BODY
"""


def test_runs_at_the_same_time_fetch_once(cache: Cache, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", FETCHER, str(cache.root), str(log)]
    runs = [subprocess.Popen(command) for _ in range(3)]
    assert [run.wait(20) for run in runs] == [0] * 3
    assert log.read_text() == "fetched\n"


def test_who_waits_too_long_is_told(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "WAIT", 0.1)
    begun, done = threading.Event(), threading.Event()

    def slowly(path: Path) -> None:
        begun.set()
        done.wait(10)
        put(path)

    other = threading.Thread(target=cache.obtain, args=(SHA256, slowly))
    other.start()
    begun.wait(10)
    with pytest.raises(DownloadFailed, match="another run"):
        cache.obtain(SHA256, never)
    done.set()
    other.join()
    assert cache.get(SHA256)


def test_a_cache_that_cannot_be_written_is_no_space(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NoSpace, match="cannot be used") as caught:
        Cache(tmp_path / "file" / "cache").obtain(SHA256, put)
    assert "RTINSTALL_CACHE" in caught.value.hint


def test_the_environment_names_another_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTINSTALL_CACHE", str(tmp_path / "elsewhere"))
    assert Cache().root == tmp_path / "elsewhere"
    monkeypatch.delenv("RTINSTALL_CACHE")
    assert Cache().root.name in ("rtinstall", "Cache")


# Documents.


def test_a_document_is_remembered_by_its_address(cache: Cache) -> None:
    cache.remember("https://a/index.json", Document(b"[]\n[]", '"e"'))
    assert cache.document("https://a/index.json") == Document(b"[]\n[]", '"e"')
    assert cache.document("https://b/index.json") is None


@pytest.mark.parametrize("damage", [b"", b"{}", b"\n", b"[]\n[]", b"\xff", b'{"url": 1}\nx'])
def test_a_damaged_document_is_none(cache: Cache, damage: bytes) -> None:
    cache.remember("https://a/", Document(b"[]"))
    (file,) = (cache.root / "documents").iterdir()
    file.write_bytes(damage)
    assert cache.document("https://a/") is None


def test_a_changed_document_is_none(cache: Cache) -> None:
    cache.remember("https://a/", Document(b"[1]"))
    (file,) = (cache.root / "documents").iterdir()
    file.write_bytes(file.read_bytes().replace(b"[1]", b"[2]"))
    assert cache.document("https://a/") is None


def test_a_document_that_cannot_be_kept_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    Cache(tmp_path / "file").remember("https://a/", Document(b""))
