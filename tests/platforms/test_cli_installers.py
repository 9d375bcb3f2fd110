"""``.msi``, ``.zip`` and ``.pkg`` on the command line: the same bytes everywhere, from every way in."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from readers import msi
from rtinstall.platforms.package import SCOPES
from world.rtbuild import FAST, Desk, ended
from world.runtime import VERSION, Upstream

FOLDER = f"v{VERSION}"
WINDOWS = ("-t", "win-x64")
NAME = f"node-{FOLDER}-win-x64"
MSI = {
    "machine": f"node-{FOLDER}-x64.msi",
    "user": f"node-{FOLDER}-x64-user.msi",
    "dual": f"node-{FOLDER}-x64-dual.msi",
}
ZIP = f"{NAME}.zip"
PKG = f"node-{FOLDER}-darwin-arm64.pkg"
FAMILY = "6F1D3F9C-6C1B-4A63-8E9B-0D4F7A2B5C11"


def files(folder: Path, *endings: str) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix in endings}


def facts(desk: Desk, path: str) -> Mapping[str, Any]:
    """Return what a package says of itself."""
    metadata: Mapping[str, Any] = desk.run("inspect", path, "--json").good().json["metadata"]
    return metadata


# The same bytes.


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("-t", "win-x64", "-t", "win-arm64", "-t", "darwin-arm64", "-t", "darwin-universal"), 6),
        ((*WINDOWS, "-f", "msi", "--scope", "user"), 1),
        ((*WINDOWS, "-f", "msi", "--scope", "dual"), 1),
    ],
    ids=["all", "user", "dual"],
)
def test_the_machine_does_not_show_in_an_installer(
    desk: Desk, upstream: Upstream, words: tuple[str, ...], count: int
) -> None:
    targets = ("win-x64", "win-arm64", "darwin-x64", "darwin-arm64")
    upstream.release(VERSION, targets, weight=200_000)
    words = ("release", "24", *upstream.words, "--level", "fast", *words)
    first = desk.start(
        *words, "--jobs", "1", env={"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
    )
    other = Desk(desk.folder / "another folder" / "größer")
    other.work.mkdir(parents=True)
    second = other.start(
        *words, "--jobs", "3",
        before=("sh", "-c", 'umask 077 && exec "$@"', "sh"),
        env={"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    )  # fmt: skip
    ended(first).good()
    ended(second).good()
    made = files(desk.dist / FOLDER, ".msi", ".zip", ".pkg")
    assert len(made) == count
    assert files(other.dist / FOLDER, ".msi", ".zip", ".pkg") == made


def times_of(name: str, data: bytes) -> set[object]:
    if name.endswith(".msi"):
        summary = msi.read(data).summary
        return {summary[12], summary[13]}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {member.date_time for member in archive.infolist()}


@pytest.mark.parametrize(
    ("epoch", "filetime", "dos"),
    [
        ("", 134_116_992_000_000_000, (2026, 1, 1, 0, 0, 0)),
        ("1000000000", 126_444_736_000_000_000, (2001, 9, 9, 1, 46, 40)),
        ("0", 116_444_736_000_000_000, (1980, 1, 1, 0, 0, 0)),  # a zip knows no earlier time
    ],
)
def test_every_time_of_an_installer_is_source_date_epoch_or_the_release_date(
    desk: Desk, upstream: Upstream, epoch: str, filetime: int, dos: tuple[int, ...]
) -> None:
    upstream.release(VERSION, ("win-x64", "darwin-arm64"))
    env = {"SOURCE_DATE_EPOCH": epoch} if epoch else {}
    words = ("-t", "win-x64", "-t", "darwin-arm64", "-f", "msi", "-f", "zip", "-f", "pkg")
    desk.run("release", "24", *upstream.words, *FAST, *words, **env).good()
    made = files(desk.dist / FOLDER, ".msi", ".zip")
    assert {name: times_of(name, data) for name, data in made.items()} == {
        MSI["machine"]: {filetime},
        ZIP: {dos},
    }
    entries = desk.run("inspect", f"dist/{FOLDER}/{PKG}", "--json").good().json["entries"]
    assert {entry["time"] for entry in entries} == {int(epoch or 1_767_225_600)}


# From a bundle on disk.


@pytest.mark.parametrize("form", ["directory", "zip"])
def test_installers_of_a_bundle_are_those_of_the_release(
    desk: Desk, upstream: Upstream, form: str
) -> None:
    upstream.release(VERSION, ("win-x64",))
    words = (*upstream.words, *FAST, *WINDOWS)
    desk.run("release", "24", *words).good()
    made = desk.run("bundle", "24", *words, "--as", form).good()
    path = f"bundle/{NAME}" + ("" if form == "directory" else ".zip")
    assert made.out.startswith(f"{path}: node 24.19.0, npm 11.6.2, ")
    desk.run("build", path, *FAST, "--out", "again").good()
    again = files(desk.work / "again", ".msi", ".zip")
    assert again.keys() == {MSI["machine"], ZIP}
    assert again == files(desk.dist / FOLDER, ".msi", ".zip")
    if form == "zip":
        assert (desk.work / path).read_bytes() == again[ZIP]


def test_an_installer_is_a_runtime_to_build_from(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("win-x64", "darwin-arm64"))
    words = ("-t", "win-x64", "-t", "darwin-arm64", *upstream.words, *FAST)
    desk.run("release", "24", *words).good()
    made = desk.dist / FOLDER
    desk.run("build", str(made / PKG), "-f", "pkg", "-o", "again", *FAST).good()
    assert (desk.work / "again" / PKG).read_bytes() == (made / PKG).read_bytes()
    desk.run("build", str(made / MSI["machine"]), "-f", "zip", "-o", "again", *FAST).good()
    with zipfile.ZipFile(made / ZIP) as first, zipfile.ZipFile(desk.work / "again" / ZIP) as second:
        wanted = {info.filename: (info.CRC, info.external_attr) for info in first.infolist()}
        wanted.pop(f"{NAME}/install_tools.bat")
        found = {info.filename: (info.CRC, info.external_attr) for info in second.infolist()}
    assert found == wanted


def test_a_windows_runtime_without_a_manifest_says_itself_what_it_is(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION, ("win-arm64",))
    desk.run("bundle", "24", "-t", "win-arm64", *upstream.words).good()
    (desk.work / f"bundle/node-{FOLDER}-win-arm64.manifest.json").unlink()
    desk.run("build", f"bundle/node-{FOLDER}-win-arm64", *FAST, "-f", "msi").good()
    said = facts(desk, f"packages/node-{FOLDER}-arm64.msi")
    assert (said["version"], said["architecture"]) == (VERSION, "arm64")
    desk.run("build", f"bundle/node-{FOLDER}-win-arm64", *WINDOWS).failed(9, "win-x64")


def test_every_scope_is_a_package_of_its_own(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("win-x64",))
    desk.run("bundle", "24", *WINDOWS, *upstream.words).good()
    for scope in SCOPES:
        desk.run("build", f"bundle/{NAME}", *FAST, "-f", "msi", "--scope", scope).good()
    assert files(desk.work / "packages", ".msi").keys() == set(MSI.values())
    said = [facts(desk, f"packages/{name}") for name in MSI.values()]
    assert len({each["PackageCode"] for each in said}) == 3
    assert len({each["ProductCode"] for each in said}) == 3
    assert len({each["UpgradeCode"] for each in said}) == 1
    assert [each.get("ALLUSERS") for each in said] == ["1", None, "2"]
    assert [each["WordCount"] for each in said] == ["2", "10", "2"]


def test_a_mirror_keeps_the_packages_of_all_scopes(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("win-x64",))
    for scope in SCOPES:
        words = ("release", "24", *WINDOWS, *upstream.words, *FAST, "--scope", scope)
        desk.run(*words).good()
        assert " kept " in desk.run(*words).good().out
    assert files(desk.dist / FOLDER, ".msi").keys() == set(MSI.values())
    assert "in no manifest" not in desk.run("verify", "dist").good().out


def test_a_file_that_no_manifest_names_any_more_is_pointed_out(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION, ("win-x64",))
    words = ("release", "24", *WINDOWS, *upstream.words, *FAST)
    desk.run(*words, "-f", "zip").good()
    manifest = desk.dist / FOLDER / f"{NAME}.manifest.json"
    manifest.write_text(manifest.read_text().replace(ZIP, "other.zip"))
    sums = desk.dist / FOLDER / "SHASUMS256.txt"
    lines = [line for line in sums.read_text().splitlines() if "manifest" not in line]
    sums.write_text("".join(f"{line}\n" for line in lines))
    out = desk.run("verify", f"dist/{FOLDER}/{ZIP}").good().out
    assert "in no manifest" in out


# What a company decides.


def test_a_configuration_reaches_the_installers(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, ("win-x64", "darwin-arm64"))
    desk.work.mkdir()
    (desk.work / "motd").write_text("hello\n")
    (desk.work / "rtbuild.toml").write_text(f"""\
        vendor = "ACME"
        revision = 3
        [files]
        "/etc/motd" = "motd"
        [windows]
        scope = "user"
        upgrade_code = "{{{FAMILY.lower()}}}"
        replace_nodejs = true
        [macos]
        identifier = "com.acme.node"
    """)
    made = desk.run("release", "24", *upstream.words, *FAST).good()
    assert "of the family" not in made.err, "a pinned family hangs on no name"

    name = f"dist/{FOLDER}/{MSI['user']}"
    said = facts(desk, name)
    assert (said["UpgradeCode"], said["Manufacturer"]) == (f"{{{FAMILY}}}", "ACME")
    database = msi.read((desk.work / name).read_bytes())
    detects_only = 2
    upgrades = {row["ActionProperty"]: row["Attributes"] for row in database.table("Upgrade")}
    assert not int(str(upgrades["NODEJSFOUND"])) & detects_only
    assert not any("NODEJS" in str(row) for row in database.table("LaunchCondition"))
    assert desk.run("inspect", name, "-e").good().out.count("nodejs/etc/motd\n") == 1

    said = facts(desk, f"dist/{FOLDER}/{PKG}")
    assert said["identifiers"] == ["com.acme.node.node", "com.acme.node.npm"]
    assert (said["product"], said["version"]) == ("com.acme.node", f"{VERSION}.3")
    desk.run("verify", "dist").good()

    # An option stands above the file.
    words = ("release", "24", *upstream.words, *FAST, *WINDOWS, "--scope", "machine")
    assert MSI["machine"] in desk.run(*words).good().out


def test_without_a_configuration_the_family_is_said_with_how_to_pin_it(
    desk: Desk, upstream: Upstream
) -> None:
    upstream.release(VERSION, ("win-x64", "darwin-arm64"))
    words = ("release", "24", *upstream.words, *FAST)
    said = re.search(
        r"of the family \{([0-9A-F-]{36})\}; pin it: windows.upgrade_code in rtbuild.toml\n",
        desk.run(*words, *WINDOWS).good().err,
    )
    assert said
    assert facts(desk, f"dist/{FOLDER}/{MSI['machine']}")["UpgradeCode"] == f"{{{said[1]}}}"
    assert "family" not in desk.run(*words, "-t", "darwin-arm64").good().err
    # Pinned as it was said, the package is the same.
    (desk.work / "rtbuild.toml").write_text(f'[windows]\nupgrade_code = "{said[1]}"\n')
    before = files(desk.dist / FOLDER, ".msi")
    desk.run(*words, *WINDOWS, "--out", "pinned").good()
    assert files(desk.work / "pinned" / FOLDER, ".msi") == before
