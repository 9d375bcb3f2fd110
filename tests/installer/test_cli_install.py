"""``rtinstall install``: what was asked for is there afterwards, whole, or nothing is."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from rtinstall.installer.machine import Machine
from rtinstall.installer.store import Store, check
from world.certificates import certificate
from world.mirror import KEY, SIGNED_AT, STRANGER
from world.rtinstall import Desk
from world.runtime import VERSION, Upstream, archive, with_entries
from world.server import Reply, Server, running
from world.signing import clearsign

ARCHIVE = f"v{VERSION}/node-v{VERSION}-linux-x64.tar.xz"
SUMS = f"v{VERSION}/SHASUMS256.txt"


@pytest.fixture
def lines(upstream: Upstream) -> Upstream:
    """Give a mirror with several lines; 24 and 22 are LTS."""
    for version in ("22.10.0", "22.11.0", "24.18.0", VERSION, "25.1.0"):
        upstream.release(version, ["linux-x64", "linux-arm64"])
    return upstream


def mirror(upstream: Upstream) -> tuple[str, str]:
    return ("--mirror", upstream.url)


@pytest.mark.parametrize(
    ("words", "versions"),
    [
        (("lts",), ["v24.19.0"]),
        (("22",), ["v22.11.0"]),
        (("22.10",), ["v22.10.0"]),
        (("v22.10.0",), ["v22.10.0"]),
        (("lts/jod",), ["v22.11.0"]),
        ((">=22 <24",), ["v22.11.0"]),
        (("latest",), ["v25.1.0"]),
        (("--lts",), ["v24.19.0"]),
        (("--lts=jod",), ["v22.11.0"]),
        (("--latest",), ["v25.1.0"]),
        (("22", "24", "latest"), ["v22.11.0", "v24.19.0", "v25.1.0"]),
        (("24", "lts", VERSION), ["v24.19.0"]),
        (("24", "--arch", "arm64"), ["v24.19.0-linux-arm64"]),
        (("24", "--target", "linux-arm64"), ["v24.19.0-linux-arm64"]),
    ],
)
def test_what_is_asked_for_is_installed(
    desk: Desk, lines: Upstream, words: tuple[str, ...], versions: list[str]
) -> None:
    ended = desk.run("install", *words, *mirror(lines)).good()
    assert desk.versions() == versions
    assert desk.unfinished() == []
    for version in versions:
        assert f"node {version} (" in ended.out or f"node {version} with" in ended.out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (".nvmrc", "22\n", ".nvmrc, line 1 asks for 22"),
        (".node-version", "v22.11.0\n", "asks for v22.11.0"),
        (".tool-versions", "python 3.12\nnodejs 22.11.0\n", ".tool-versions, line 2 asks for"),
        ("package.json", '{"engines": {"node": ">=20 <23"}}', "asks for >=20 <23"),
    ],
)
def test_without_a_version_it_is_what_the_folder_asks_for(
    desk: Desk, lines: Upstream, name: str, text: str, said: str
) -> None:
    desk.work.mkdir()
    (desk.work / name).write_text(text)
    ended = desk.run("install", *mirror(lines)).good()
    assert desk.versions() == ["v22.11.0"]
    assert said in ended.err


def test_without_a_version_anywhere_it_says_so(desk: Desk, lines: Upstream) -> None:
    desk.run("install", *mirror(lines)).failed(20, "no version was named", "rtinstall pin")


def test_what_is_installed_already_stays_as_it_is(desk: Desk, lines: Upstream) -> None:
    desk.run("install", "24", *mirror(lines)).good()
    before = (desk.home / "versions" / "v24.19.0").stat().st_ino
    again = desk.run("install", "24", *mirror(lines)).good()
    assert "node v24.19.0 is installed already" in again.out
    asked = len(lines.server.requests)
    exact = desk.run("install", VERSION, *mirror(lines)).good()
    assert "is installed already" in exact.out
    assert len(lines.server.requests) == asked  # nobody has to be asked for that
    assert (desk.home / "versions" / "v24.19.0").stat().st_ino == before


def test_a_repair_puts_it_there_again(desk: Desk, lines: Upstream) -> None:
    desk.run("install", "24", *mirror(lines)).good()
    node = desk.home / "versions" / "v24.19.0" / "bin" / "node"
    whole = node.read_bytes()
    node.write_bytes(b"broken")
    desk.run("install", "24", "--repair", *mirror(lines)).good()
    assert node.read_bytes() == whole
    assert desk.unfinished() == []


def test_the_first_version_is_the_default_and_others_are_when_told(
    desk: Desk, lines: Upstream
) -> None:
    first = desk.run("install", "22", *mirror(lines)).good()
    assert "v22.11.0 is the default now" in first.err
    assert "rtinstall setup" in first.err
    default = desk.home / "aliases" / "default"
    assert default.resolve().name == "v22.11.0"
    desk.run("install", "24", *mirror(lines)).good()
    assert default.resolve().name == "v22.11.0"
    desk.run("install", "lts", "--default", "--alias=work", *mirror(lines)).good()
    assert default.resolve().name == "v24.19.0"
    assert (desk.home / "aliases" / "work.spec").read_text() == "lts\n"
    assert (desk.home / "aliases" / "work").resolve().name == "v24.19.0"


@pytest.mark.parametrize("alias", ["lts", "22", "a b", "../x"])
def test_a_name_that_cannot_be_one_is_refused_before(
    desk: Desk, lines: Upstream, alias: str
) -> None:
    desk.run("install", "24", f"--alias={alias}", *mirror(lines)).failed(11)
    assert not desk.home.exists() or desk.versions() == []


def test_save_writes_the_version_file(desk: Desk, lines: Upstream) -> None:
    desk.run("install", "22", "--save", *mirror(lines)).good()
    assert (desk.work / ".nvmrc").read_text() == "22\n"


def test_shims_and_records_follow(desk: Desk, lines: Upstream) -> None:
    desk.run("install", "24", *mirror(lines)).good()
    assert {"node", "npm", "npx"} <= {path.name for path in (desk.home / "shims").iterdir()}
    assert (desk.home / "aliases" / "24").resolve().name == "v24.19.0"


def test_the_receipt_says_who_signed_it(desk: Desk, lines: Upstream) -> None:
    desk.run("install", "24", *mirror(lines)).good()
    receipt = json.loads((desk.home / "receipts" / "v24.19.0.json").read_bytes())
    assert receipt["signed"] is True
    (part,) = receipt["provenance"]
    assert part["location"] == f"{lines.url}/{ARCHIVE}"
    assert part["checked"].startswith("signature of Release Person")


def test_results_go_to_standard_output_and_everything_else_does_not(
    desk: Desk, lines: Upstream
) -> None:
    ended = desk.run("install", "24", *mirror(lines)).good()
    first, second = ended.out.splitlines()
    assert first.startswith("node v24.19.0 (Krypton) with npm 11.6.2, from dist, in ")
    assert first.endswith(str(desk.home / "versions" / "v24.19.0"))
    assert second.startswith("  checked: signature of Release Person")
    assert "v24.19.0 is the default now" in ended.err


FIELDS = {
    "asked": str, "name": str, "version": str, "target": str, "npm": str, "lts": str, "path": str,
    "bin": str, "source": str, "location": str, "digest": str, "checked": str, "signed": bool,
    "before": bool, "seconds": float, "advice": list, "dependencies": list,
}  # fmt: skip


def test_json_has_every_field_and_nothing_else_is_said(desk: Desk, lines: Upstream) -> None:
    ended = desk.run("install", "24", "22", "--json", *mirror(lines)).good()
    assert "looking" not in ended.err
    for row in ended.json["installed"]:
        assert {key: type(value) for key, value in row.items()} == FIELDS
    assert sorted(row["asked"] for row in ended.json["installed"]) == ["22", "24"]
    again = desk.run("install", "24", "--json", *mirror(lines)).good().json["installed"][0]
    assert (again["before"], again["seconds"]) == (True, 0.0)


@pytest.mark.parametrize(
    ("words", "progress"),
    [
        ((), True),
        (("--no-progress",), False),
        (("--progress", "never"), False),
        (("--json",), False),
    ],
)
def test_progress_is_shown_on_standard_error_or_not_at_all(
    desk: Desk, upstream: Upstream, words: tuple[str, ...], progress: bool
) -> None:
    upstream.release()
    upstream.put(
        "index.json", Reply(upstream.server.replies["/dist/index.json"][0].body, delay=1.2)
    )
    ended = desk.run("install", "24", *words, *mirror(upstream)).good()
    assert ("looking for 24" in ended.err) == progress
    assert "looking" not in ended.out


# What stands against it.


def test_a_build_from_source_is_refused_with_a_reason(desk: Desk) -> None:
    desk.run("install", "-s", "24").failed(11, "compiles nothing", "--source pip")
    assert not desk.home.exists()


def test_flags_that_change_nothing_here_are_understood(desk: Desk, lines: Upstream) -> None:
    words = ("-b", "--no-progress")
    desk.run("install", "24", *words, *mirror(lines)).good()
    assert desk.versions() == ["v24.19.0"]


FAULTS = {
    "no archive": (ARCHIVE, Reply(b"", status=404), 4, "there is no"),
    "an error": (ARCHIVE, Reply(b"", status=500), 6, "answered 500"),
    "another archive": (ARCHIVE, Reply(b"something else"), 7, "is not the file that was published"),
    "cut short": (ARCHIVE, Reply(bytes(9000), drop=10), 6, "broke off"),
    "no index": ("index.json", Reply(b"", status=404), 4, "there is no"),
    "a page": ("index.json", Reply(b"<html>"), 12, "release data cannot be used"),
    "a hostile index": (
        "index.json",
        Reply(b'[{"version": "v24.19.0", "date": "2026-01-01", "files": ["../../etc"]}]'),
        12, "release data cannot be used",
    ),
    "a version that climbs": (
        "index.json",
        Reply(b'[{"version": "v24/../..", "date": "2026-01-01", "files": ["linux-x64"]}]'),
        4, "no source has",
    ),
    "an empty signature": (f"{SUMS}.asc", Reply(b""), 7, ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_leaves_nothing(desk: Desk, upstream: Upstream, fault: str) -> None:
    path, reply, code, said = FAULTS[fault]
    upstream.release()
    upstream.put(path, reply)
    desk.run("install", "24", *mirror(upstream)).failed(code, said)
    assert desk.versions() == []
    assert desk.unfinished() == []


def test_what_a_stranger_signed_is_not_installed(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    (text,) = (reply.body for reply in upstream.server.replies[f"/dist/{SUMS}"])
    upstream.put(f"{SUMS}.asc", clearsign(STRANGER, text, SIGNED_AT))
    for more in ((), ("--allow-unsigned",)):
        desk.run("install", "24", *more, *mirror(upstream)).failed(7, "unknown key")
    assert desk.versions() == []


def test_what_nobody_signed_is_installed_only_on_a_persons_word(desk: Desk, server: Server) -> None:
    upstream = Upstream(server)
    upstream.release()
    desk.run("install", "24", *mirror(upstream)).failed(7, "not signed", "--allow-unsigned")
    assert desk.versions() == []
    ended = desk.run("install", "24", "--allow-unsigned", *mirror(upstream)).good()
    assert "is not signed; its checksums are taken as they are" in ended.err
    assert "note:" not in ended.err
    assert ", no signature" in ended.out
    receipt = json.loads((desk.home / "receipts" / "v24.19.0.json").read_bytes())
    assert receipt["signed"] is False


def test_a_runtime_of_another_machine_is_refused(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    arm = archive("linux-arm64")
    name = ARCHIVE.rpartition("/")[2]
    upstream.serve(VERSION, {name: arm})
    desk.run("install", "24", *mirror(upstream)).failed(8)
    from bundles import executable
    from rtinstall.runtime_bundle.model import File
    from rtinstall.runtime_bundle.targets import target_named

    other = File.of("bin/node", executable(target_named("linux-arm64"), VERSION), 0o755)
    upstream.serve(VERSION, {name: with_entries("linux-x64", other)})
    desk.run("install", "24", *mirror(upstream)).failed(9, "not for linux-x64")
    assert desk.versions() == []
    assert desk.unfinished() == []


def test_one_that_fails_does_not_take_the_others_with_it(desk: Desk, lines: Upstream) -> None:
    lines.put("v22.11.0/node-v22.11.0-linux-x64.tar.xz", b"something else")
    desk.run("install", "22", "24", *mirror(lines)).failed(7, "v22.11.0")
    assert desk.versions() == ["v24.19.0"]
    assert (desk.home / "shims" / "node").is_file()
    assert desk.unfinished() == []


def test_one_that_is_not_there_keeps_everything_from_being_fetched(
    desk: Desk, lines: Upstream
) -> None:
    desk.run("install", "24", "99", *mirror(lines)).failed(3, "'99'")
    assert desk.versions() == []
    assert not [r for r in lines.server.requests if r.path.endswith(".xz")]


def test_a_certificate_that_has_run_out_is_not_trusted(desk: Desk, tmp_path: Path) -> None:
    pem = certificate(tmp_path / "server.pem", days=-1)
    with running(tls=pem) as server:
        upstream = Upstream(server, signer=KEY)
        upstream.release()
        words = ("install", "24", "--ca-certificate", pem, *mirror(upstream))
        desk.run(*words).failed(5, "cannot be trusted", "--ca-certificate")
    assert desk.versions() == []


@pytest.mark.parametrize("how", ["flag", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])
def test_a_companys_certificates_are_trusted(desk: Desk, tmp_path: Path, how: str) -> None:
    pem = certificate(tmp_path / "server.pem")
    with running(tls=pem) as server:
        upstream = Upstream(server, signer=KEY)
        upstream.release()
        words = ("install", "24", *mirror(upstream))
        desk.run(*words).failed(5, "cannot be trusted")
        if how == "flag":
            desk.run(*words, "--ca-certificate", pem).good()
        else:
            desk.run(*words, **{how: str(pem)}).good()
    assert desk.versions() == ["v24.19.0"]


def test_offline_is_the_cache_and_nothing_else(desk: Desk, upstream: Upstream) -> None:
    upstream.release()
    words = ("install", "24", *mirror(upstream))
    desk.run(*words, "--offline").failed(5, "switched off", "without --offline")
    desk.run(*words).good()
    desk.run("uninstall", "24", "--force").good()
    asked = len(upstream.server.requests)
    desk.run(*words, "--offline").good()
    assert desk.versions() == ["v24.19.0"]
    assert len(upstream.server.requests) == asked


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ('versions = ">=26"', (), "does not allow node 24.19.0"),
        ("minimum_age = 365", (), "has to be 365"),
        ('sources = ["dist"]', (), "does not allow the source"),
        ("signatures = true", ("--source", "pip"), "which is not signed"),
    ],
)
def test_a_policy_goes_before_everything(
    desk: Desk, upstream: Upstream, text: str, words: tuple[str, ...], said: str
) -> None:
    upstream.release()
    desk.policy.write_text(text)
    desk.policy.chmod(0o644)
    desk.run("install", "24", *mirror(upstream), *words).failed(19, said)
    assert desk.versions() == []


def test_a_policy_that_wants_signatures_does_not_hear_allow_unsigned(
    desk: Desk, server: Server
) -> None:
    upstream = Upstream(server)
    upstream.release()
    desk.policy.write_text("signatures = true")
    desk.policy.chmod(0o644)
    desk.run("install", "24", "--allow-unsigned", *mirror(upstream)).failed(7, "not signed")


def test_a_policy_that_anybody_could_have_written_stops_everything(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release()
    desk.policy.write_text("")
    desk.policy.chmod(0o666)
    desk.run("install", "24", *mirror(upstream)).failed(11, "by others than root")


def test_fail_on_installs_nothing_of_the_kind(desk: Desk, upstream: Upstream) -> None:
    upstream.release("18.20.0")
    upstream.release("24.18.0")
    upstream.release("24.19.0")
    upstream.rows["24.19.0"]["security"] = True
    upstream.put("index.json", json.dumps(list(upstream.rows.values())).encode())
    words = mirror(upstream)
    desk.run("install", "18", "--fail-on", "eol", *words).failed(19, "end of life", "--fail-on")
    desk.run("install", "24.18.0", *words, RTINSTALL_FAIL_ON="eol,security").failed(
        19, "a security release behind", "RTINSTALL_FAIL_ON"
    )
    desk.run("install", "24", "--fail-on", "eol,security,unsigned", *words).good()
    ended = desk.run("install", "18", "24.18.0", *words).good()
    assert "note: node 18 is at its end of life since 2025-04-30" in ended.err
    assert "note: node 24.18.0 is a security release behind" in ended.err
    # What is installed already is no reason to let it pass.
    desk.run("install", "24.18.0", "--fail-on", "security", *words).failed(19)
    desk.policy.write_text('versions = ">=20"')
    desk.policy.chmod(0o644)
    desk.run("install", "18.20.0", *words).failed(19, "does not allow node 18.20.0")


def test_a_c_library_that_is_too_old_is_said_before_the_download(
    tmp_path: Path, upstream: Upstream
) -> None:
    desk = Desk(tmp_path, machine=Machine("linux", "x64", "glibc", (2, 17)))
    for version in ("16.20.2", "20.1.0", VERSION):
        upstream.release(version)
    words = ("--source", upstream.url)
    desk.run("install", "24", *words).failed(
        4, "needs glibc 2.28, and this machine has 2.17", "the newest that runs here is 16.20.2"
    )
    assert not [r for r in upstream.server.requests if r.path.endswith(".xz")]
    ended = desk.run("install", ">=16", *words).good()
    assert "note: node 24.19.0 would be newer, but needs glibc 2.28" in ended.err


def test_an_address_with_a_port_a_password_and_a_query_works(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release()
    replies = upstream.server.replies
    for path in list(replies):
        replies[f"{path}?token=t0p"] = replies[path]
    address = upstream.url.replace("http://", "http://me:s3cret@") + "?token=t0p"
    ended = desk.run("install", "24", NVM_NODEJS_ORG_MIRROR=address).good()
    assert all(r.headers["authorization"].startswith("Basic ") for r in upstream.server.requests)
    kept = "".join(p.read_text("utf-8", "replace") for p in desk.home.glob("receipts/*.json"))
    for secret in ("s3cret", "t0p"):
        assert secret not in ended.out + ended.err + kept


# Several runs, and runs that are broken off.


def test_eight_runs_at_the_same_time_install_it_once(desk: Desk, server: Server) -> None:
    upstream = Upstream(server)
    upstream.release(VERSION, weight=200_000)
    runs = [
        desk.start("install", "24", *mirror(upstream), "--allow-unsigned", "--json")
        for _ in range(8)
    ]
    from world.rtbuild import ended

    results = [ended(run, timeout=120).good().json["installed"][0] for run in runs]
    assert {row["name"] for row in results} == {"v24.19.0"}
    assert sum(not row["before"] for row in results) == 1
    assert desk.versions() == ["v24.19.0"]
    assert desk.unfinished() == []
    archives = [r for r in server.requests if r.path.endswith(".xz") and r.method == "GET"]
    assert len(archives) == 1
    from rtinstall.installer.places import find_places

    (installed,) = Store(find_places(desk.environment())).installed()
    assert list(check(installed)) == []


def test_ctrl_c_leaves_nothing_but_what_can_be_continued(desk: Desk, server: Server) -> None:
    upstream = Upstream(server)
    upstream.release(VERSION, weight=100_000)
    data = archive("linux-x64", VERSION, 100_000)
    upstream.put(ARCHIVE, Reply(data, etag='"a"', pace=0.001))
    run = desk.start("install", "24", *mirror(upstream), "--allow-unsigned")
    deadline = time.monotonic() + 30
    while not any(r.sent > 50 for r in server.asked(f"/dist/{ARCHIVE}") if r.method == "GET"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    from world.rtbuild import ended

    stopped = ended(run)
    assert stopped.code == 130
    assert "error: interrupted" in stopped.err
    assert "Traceback" not in stopped.err
    assert desk.versions() == []
    assert desk.unfinished() == []
    upstream.put(ARCHIVE, Reply(data, etag='"a"'))
    desk.program("install", "24", *mirror(upstream), "--allow-unsigned").good()
    assert desk.versions() == ["v24.19.0"]


def test_of_several_the_first_named_is_the_default_whichever_comes_first(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release("24.19.0")
    upstream.release("22.11.0", weight=4 << 20)
    ended = desk.run("install", "22.11", "24", *upstream.words, "--json").good()
    assert [each["asked"] for each in ended.json["installed"]] == ["22.11", "24"]
    assert (desk.home / "aliases/default.spec").read_text().strip() == "22.11"
