"""The store installs what its receipts say, shares what versions have in common, removes what is its."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oracles import tool
from roots import needs_root
from rtinstall.installer import disk as disks
from rtinstall.installer import sync
from rtinstall.installer.installed import Installed
from rtinstall.installer.store import Store, check
from rtinstall.installer.tree_check import extra
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NoSpace,
    NotInstalled,
    RtError,
    UnsafeArchive,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version
from world.runtime import runtime_entries
from world.store import NPM, add, part, places_at, release, snapshot, store_at, whole

BUSY_FOLDERS = ("stage", "trash", "journal")


def installed(store: Store, folder: Path, version: str = "24.19.0", **how: bool) -> Installed:
    with store.changing() as changes:
        return add(changes, part(folder, version), version, **how)


def test_what_is_installed_is_every_entry_of_the_archive_and_its_receipt(
    store: Store, tmp_path: Path, home: Path
) -> None:
    one = installed(store, tmp_path)
    assert one.folder == home / "versions/v24.19.0"
    assert one.bin == one.folder / "bin"
    assert store.installed() == (one,)
    assert list(check(one)) == []
    assert list(extra(one)) == []
    wanted = {entry.path for entry in runtime_entries("linux-x64")}
    assert {path for path in snapshot(one.folder) if not (one.folder / path).is_dir()
            or (one.folder / path).is_symlink()} == wanted  # fmt: skip
    receipt = one.receipt
    assert (receipt.npm, receipt.lts, receipt.signed) == ("11.6.2", "Krypton", True)
    assert receipt.components["v8"] == "13.6.233.17"
    head = json.loads((home / "receipts/v24.19.0.json").read_bytes())
    assert head["provenance"][0]["checked"] == "signature of A"
    for folder in BUSY_FOLDERS:
        assert list((home / folder).iterdir()) == []


def test_the_list_of_files_is_readable_by_anybody(store: Store, tmp_path: Path, home: Path) -> None:
    one = installed(store, tmp_path)
    lines = (home / "receipts/v24.19.0.files").read_text().splitlines()
    assert lines == sorted(lines, key=lambda line: line.split(" ", 3)[3].encode())
    for line in lines:
        mode, sha256, size, path = line.split(" ", 3)
        if mode == "120777":
            path, _, link = path.partition(" -> ")
            assert os.readlink(one.folder / path) == link  # noqa: PTH115
        elif mode == "040755":
            assert (one.folder / path).is_dir()
        else:
            assert len(sha256) == 64
            assert (one.folder / path).stat().st_size == int(size)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_umask_changes_nothing(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        one = installed(store_at(tmp_path / "home"), tmp_path)
    finally:
        os.umask(before)
    assert list(check(one)) == []
    assert one.folder.stat().st_mode & 0o7777 == 0o755
    assert one.folder.parent.parent.stat().st_mode & 0o7777 == 0o755


def test_versions_are_listed_newest_first_and_found(store: Store, tmp_path: Path) -> None:
    for version in ("22.9.0", "24.19.0", "22.20.0"):
        installed(store, tmp_path, version)
    with store.changing() as changes:
        mac = changes.add(
            [part(tmp_path, "24.19.0", "darwin-arm64")],
            release("24.19.0"),
            target_named("darwin-arm64"),
        )
    assert mac.name == "v24.19.0-darwin-arm64"
    names = [one.name for one in store.installed()]
    assert names[2:] == ["v22.20.0", "v22.9.0"]
    assert set(names[:2]) == {"v24.19.0", "v24.19.0-darwin-arm64"}
    found = store.find(Version.parse("24.19.0"))
    assert found
    assert found.name == "v24.19.0"
    assert store.find(Version.parse("24.19.0"), mac.target) == mac
    assert store.find(Version.parse("23.0.0")) is None
    assert store.find(Version.parse("22.9.0"), mac.target) is None


def test_a_store_that_is_not_there_has_no_versions_and_is_not_made_by_looking(
    store: Store, home: Path
) -> None:
    assert store.installed() == ()
    assert not home.exists()


@pytest.mark.parametrize(
    ("damage", "shown"),
    [
        (lambda home: (home / "receipts/v24.19.0.json").unlink(), False),
        (lambda home: (home / "receipts/v24.19.0.json").write_text("{"), False),
        (lambda home: (home / "receipts/v24.19.0.json").write_text("[" * 60_000), False),
        (lambda home: (home / "receipts/v24.19.0.json").write_bytes(b"\xff"), False),
        (lambda home: (home / "versions/v24.19.0").rename(home / "elsewhere"), False),
        (lambda home: (home / "receipts/v24.19.0.files").unlink(), True),
        (lambda home: (home / "receipts/v24.19.0.files").write_text("x"), True),
        (lambda home: (home / "versions/v24.19.0/LICENSE").unlink(), True),
        (lambda home: (home / "versions/v24.19.0/bin/node").write_bytes(b"x"), True),
        (lambda home: (home / "versions/v24.19.0/bin/node").chmod(0o644), True),
        (lambda home: (home / "versions/v24.19.0/bin/npm").unlink(), True),
        (lambda home: os.truncate(home / "versions/v24.19.0/LICENSE", 1), True),
    ],
)  # fmt: skip
def test_what_is_damaged_is_said_and_mended_by_installing_again(
    store: Store, tmp_path: Path, home: Path, damage: Callable[[Path], object], shown: bool
) -> None:
    installed(store, tmp_path)
    good = snapshot(home)
    damage(home)
    assert [one.name for one in store.installed()] == ["v24.19.0"] * shown
    for one in store.installed():
        assert len(list(check(one))) == 1
    again = installed(store, tmp_path, again=True)
    assert list(check(again)) == []
    assert {k: v for k, v in snapshot(home).items() if not k.startswith("elsewhere")} == good


def test_a_receipt_whose_name_is_a_path_is_none(store: Store, tmp_path: Path, home: Path) -> None:
    one = installed(store, tmp_path)
    text = (home / "receipts/v24.19.0.json").read_text().replace('"v24.19.0"', '"../../x"', 1)
    (home / "receipts/v24.19.0.json").write_text(text)
    assert store.installed() == ()
    assert one.folder.exists()


def test_what_is_there_is_returned_and_not_installed_twice(store: Store, tmp_path: Path) -> None:
    one = installed(store, tmp_path)
    inode = one.folder.stat().st_ino
    assert installed(store, tmp_path) == one
    assert one.folder.stat().st_ino == inode
    assert installed(store, tmp_path, again=True) == one
    assert one.folder.stat().st_ino != inode


# What versions have in common.


def twins(store: Store, path: str) -> bool:
    one, other = ((store.places.versions / name / path).stat() for name in ("v24.19.0", "v22.20.0"))
    return one.st_ino == other.st_ino


def test_what_two_versions_have_in_common_is_stored_once_but_never_the_program(
    store: Store, tmp_path: Path
) -> None:
    installed(store, tmp_path, "22.20.0")
    installed(store, tmp_path)
    assert twins(store, "include/node/node.h")
    assert twins(store, "LICENSE")
    assert not twins(store, "bin/node")
    assert twins(store, f"{NPM}/lib/npm.js")
    assert twins(store, f"{NPM}/bin/npm-cli.js")
    assert whole(store) == ["v22.20.0", "v24.19.0"]


def test_copy_stores_every_file_again(store: Store, tmp_path: Path) -> None:
    installed(store, tmp_path, "22.20.0")
    installed(store, tmp_path, copy=True)
    assert not twins(store, "LICENSE")


def change(path: Path) -> None:
    status = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as if nothing had been


@pytest.mark.parametrize("damage", [change, Path.unlink, lambda path: path.chmod(0o600)])
def test_a_file_that_was_changed_is_not_shared(
    store: Store, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    one = installed(store, tmp_path, "22.20.0")
    damage(one.folder / "include/node/node.h")
    other = installed(store, tmp_path)
    assert list(check(other)) == []
    assert twins(store, "LICENSE")


@pytest.mark.parametrize("number", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP])
def test_where_nothing_can_be_linked_files_are_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    installed(store, tmp_path, "22.20.0")
    monkeypatch.setattr(os, "link", refuse)
    assert list(check(installed(store, tmp_path))) == []
    assert not twins(store, "LICENSE")


# What is the user's.


def fill(one: Installed) -> None:
    """Do what ``npm install --global`` does: typescript, and npm itself."""
    package = one.folder / "lib/node_modules/typescript/bin"
    package.mkdir(parents=True)
    (package / "tsc").write_text("tsc\n")
    (one.bin / "tsc").symlink_to("../lib/node_modules/typescript/bin/tsc")
    (one.folder / NPM / "lib/npm.js").unlink()
    (one.folder / NPM / "lib/new.js").write_text("newer\n")
    (one.folder / "etc").mkdir()
    (one.folder / "etc/npmrc").write_text("prefix = /x\n")


OWN = {
    "bin", "bin/tsc", "etc", "etc/npmrc", "lib", "lib/node_modules", "lib/node_modules/typescript",
    "lib/node_modules/typescript/bin", "lib/node_modules/typescript/bin/tsc",
}  # fmt: skip


def test_removing_keeps_what_is_the_users(store: Store, tmp_path: Path, home: Path) -> None:
    for number in ("", ".2"):
        one = installed(store, tmp_path)
        fill(one)
        with store.changing() as changes:
            kept = changes.remove(one)
        assert kept == home / f"kept/v24.19.0{number}"
        assert snapshot(kept).keys() == OWN
        assert store.installed() == ()
        assert not one.folder.exists()


def test_removing_without_keeping_removes_all(store: Store, tmp_path: Path, home: Path) -> None:
    before = installed(store, tmp_path, "22.20.0")
    start = snapshot(home)
    one = installed(store, tmp_path)
    fill(one)
    with store.changing() as changes:
        assert changes.remove(one, keep=False) is None
    assert snapshot(home) == start
    assert list(check(before)) == []


def test_removing_an_untouched_version_leaves_no_trace(
    store: Store, tmp_path: Path, home: Path
) -> None:
    one = installed(store, tmp_path)
    with store.changing() as changes:
        assert changes.remove(one) is None
    assert {path for path in snapshot(home) if "/" in path} == set()
    with store.changing() as changes, pytest.raises(NotInstalled):
        changes.remove(one)


def test_installing_again_keeps_what_is_the_users(store: Store, tmp_path: Path) -> None:
    one = installed(store, tmp_path)
    fill(one)
    (one.bin / "node").write_bytes(b"damaged")
    again = installed(store, tmp_path, again=True)
    assert list(check(again)) == []
    assert set(extra(again)) == {"bin/tsc", "etc/", "lib/node_modules/typescript/"}
    assert not (again.folder / NPM / "lib/new.js").exists()
    assert (again.bin / "tsc").read_text() == "tsc\n"


def test_a_folder_without_a_receipt_is_no_version_and_what_is_in_it_is_not_lost(
    store: Store, tmp_path: Path, home: Path
) -> None:
    own = home / "versions/v24.19.0/notes.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine\n")
    assert store.installed() == ()
    one = installed(store, tmp_path)
    assert list(check(one)) == []
    assert own.read_text() == "mine\n"


def test_a_folder_without_a_receipt_is_shown_and_discarded_if_asked(
    store: Store, tmp_path: Path, home: Path
) -> None:
    one = installed(store, tmp_path)
    before = snapshot(home)
    (home / "versions/v1.2.3/own").mkdir(parents=True)
    (home / "versions/v1.2.3/own/file").touch()
    assert store.strays() == ("v1.2.3",)
    with store.changing() as changes:
        with pytest.raises(NotInstalled):
            changes.discard(one.name)
        with pytest.raises(NotInstalled):
            changes.discard("../receipts")
        changes.discard("v1.2.3")
    assert snapshot(home) == before


def test_a_record_of_the_journal_that_is_damaged_is_left_with_what_may_be_its_own(
    store: Store, tmp_path: Path, home: Path
) -> None:
    one = installed(store, tmp_path)
    (home / "journal/0123456789abcdef").write_text("{")
    for folder in ("stage", "trash"):
        (home / folder / "0123456789abcdef/tree").mkdir(parents=True)
        (home / folder / "fedcba9876543210/tree").mkdir(parents=True)
    with store.changing() as changes:
        changes.link_alias("work", one)
    left = {path for path in snapshot(home) if path.startswith(("stage/", "trash/", "journal/"))}
    assert {path.partition("/")[2] for path in left} == {
        "0123456789abcdef", "0123456789abcdef/tree",
    }  # fmt: skip


def test_removing_follows_no_link(store: Store, tmp_path: Path, home: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "lib").mkdir(parents=True)
    (outside / "lib/npm.js").write_text("mine\n")
    before = snapshot(outside)
    one = installed(store, tmp_path)
    (one.folder / NPM).rename(tmp_path / "old")
    (one.folder / NPM).symlink_to(outside)  # npm link npm
    with store.changing() as changes:
        assert changes.remove(one) is None
    one = installed(store, tmp_path)
    one.folder.rename(tmp_path / "moved")
    one.folder.symlink_to(tmp_path / "moved")
    assert store.installed() == ()
    moved = snapshot(tmp_path / "moved")
    with store.changing() as changes:
        changes.remove(one)
    assert not os.path.lexists(one.folder)
    assert snapshot(tmp_path / "moved") == moved
    assert snapshot(outside) == before


def test_folders_that_nobody_may_enter_are_removed(store: Store, tmp_path: Path) -> None:
    one = installed(store, tmp_path)
    (one.folder / "own/deep").mkdir(parents=True)
    (one.folder / "own/deep").chmod(0)
    (one.folder / "own").chmod(0)
    with store.changing() as changes:
        changes.remove(one, keep=False)
    assert not one.folder.exists()


# Aliases.


def test_an_alias_leads_to_its_version(store: Store, tmp_path: Path, home: Path) -> None:
    one, other = installed(store, tmp_path), installed(store, tmp_path, "22.20.0")
    link = home / "aliases/work"
    with store.changing() as changes:
        for version in (one, other):
            changes.link_alias("work", version)
            assert (link / "bin/node").samefile(version.bin / "node")
        assert link.readlink() == Path("../versions/v22.20.0")
        changes.link_alias("work", None)
        changes.link_alias("work", None)
    assert not os.path.lexists(link)


@pytest.mark.parametrize(
    "alias", ["", ".", "..", "../x", "a/b", "a.spec", "a.", "-x", "ä", "x" * 65]
)
def test_what_cannot_be_a_file_everywhere_is_no_alias(
    store: Store, tmp_path: Path, alias: str
) -> None:
    with store.changing() as changes, pytest.raises(BadConfiguration):
        changes.link_alias(alias, None)


# Whose the home is.


@needs_root
def test_a_home_of_another_user_is_refused(store: Store, home: Path) -> None:
    home.mkdir(parents=True)
    os.chown(home, 12345, 12345)
    with pytest.raises(BadConfiguration, match="another user"), store.changing():
        pass


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_home_that_others_may_write_is_refused(store: Store, home: Path, mode: int) -> None:
    home.mkdir(parents=True)
    home.chmod(mode)
    with pytest.raises(BadConfiguration) as caught, store.changing():
        pass
    assert "chmod go-w" in caught.value.hint
    assert list(home.iterdir()) == []


def test_a_home_that_is_a_link_is_used(store: Store, tmp_path: Path, home: Path) -> None:
    (tmp_path / "disk").mkdir(0o755)
    home.parent.mkdir(parents=True)
    home.symlink_to(tmp_path / "disk")
    assert list(check(installed(store, tmp_path))) == []


@pytest.mark.parametrize("folder", ["versions", "receipts", "stage", "trash", "journal"])
def test_a_folder_of_the_store_that_is_a_link_is_refused(
    store: Store, home: Path, tmp_path: Path, folder: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine\n")
    home.mkdir(parents=True)
    (home / folder).symlink_to(outside)
    with pytest.raises(NoSpace, match="is no folder"), store.changing():
        pass
    assert (outside / "precious").read_text() == "mine\n"


def test_the_machines_store_is_listed_and_not_changed(
    store: Store, tmp_path: Path, home: Path
) -> None:
    places = places_at(home)
    shared = installed(store_at(places.shared), tmp_path, "22.20.0")
    own = installed(store, tmp_path)
    assert [(one.name, one.shared) for one in store.installed()] == [
        ("v24.19.0", False), ("v22.20.0", True),
    ]  # fmt: skip
    found = store.find(Version.parse("22.20.0"))
    assert found
    assert found.bin == shared.bin
    before = snapshot(places.shared)
    with store.changing() as changes:
        with pytest.raises(NotInstalled, match="only read"):
            changes.remove(found)
        changes.link_alias("work", found)
        assert (home / "aliases/work/bin/node").samefile(shared.bin / "node")
        both = add(changes, part(tmp_path, "22.20.0"), "22.20.0")
    assert not both.shared
    assert store.find(Version.parse("22.20.0")) == both
    assert snapshot(places.shared) == before
    assert own in store.installed()


# What is adopted.


def test_what_another_program_installed_is_adopted_with_what_its_user_added(
    store: Store, tmp_path: Path
) -> None:
    theirs = installed(store_at(tmp_path / "nvm"), tmp_path)
    package = theirs.folder / "lib/node_modules/typescript/bin"
    package.mkdir(parents=True)
    (package / "tsc").write_text("tsc\n")
    (theirs.bin / "tsc").symlink_to("../lib/node_modules/typescript/bin/tsc")
    (theirs.folder / "lib/node_modules/linked").symlink_to(tmp_path)  # npm link
    before = snapshot(theirs.folder)
    where = Provenance("runtime", "import", "nvm", "", "nothing")
    with store.changing() as changes:
        one = changes.adopt(theirs.folder, where)
    assert (one.name, one.receipt.npm, one.receipt.signed) == ("v24.19.0", "11.6.2", False)
    assert list(check(one)) == []
    assert set(extra(one)) == {
        "bin/tsc", "lib/node_modules/typescript/", "lib/node_modules/linked",
    }  # fmt: skip
    assert snapshot(theirs.folder) == before == snapshot(one.folder)
    assert not (one.bin / "node").samefile(theirs.bin / "node")
    assert not (one.bin / "tsc").samefile(theirs.bin / "tsc")


def test_what_is_no_runtime_is_not_adopted(store: Store, tmp_path: Path, home: Path) -> None:
    theirs = installed(store_at(tmp_path / "nvm"), tmp_path)
    where = Provenance("runtime", "import", "nvm", "", "nothing")
    with store.changing() as changes:
        before = snapshot(home)
        with pytest.raises(WrongBinary):
            changes.adopt(theirs.folder, where, target_named("linux-arm64"))
        (theirs.bin / "node").write_bytes(b"#!/bin/sh\n")
        with pytest.raises(RtError):
            changes.adopt(theirs.folder, where)
    assert snapshot(home) == before


# Windows, as far as it can be had elsewhere.


def test_a_scanner_that_holds_a_folder_for_a_moment_is_waited_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = {"left": 3}
    rename = os.replace

    def held(*words: object, **how: object) -> None:
        if refusals["left"]:
            refusals["left"] -= 1
            raise PermissionError(errno.EACCES, "in use")
        rename(*words, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(disks, "WINDOWS", True)
    monkeypatch.setattr(disks, "PATIENCE", (0.0,) * 3)
    with store.changing() as changes:
        monkeypatch.setattr(os, "replace", held)
        one = add(changes, part(tmp_path))
    assert refusals["left"] == 0
    assert list(check(one)) == []


def test_a_version_in_use_is_not_removed_by_half(
    store: Store, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = installed(store, tmp_path)
    before = snapshot(home)
    rename = os.replace

    def in_use(old: str, new: str, **how: int) -> None:
        if str(old).endswith("versions/v24.19.0"):
            raise PermissionError(errno.EACCES, "in use")
        rename(old, new, **how)

    monkeypatch.setattr(os, "replace", in_use)
    with store.changing() as changes, pytest.raises(NoSpace):
        changes.remove(one)
    monkeypatch.undo()
    assert store.installed() == (one,)
    with store.changing():
        pass
    assert snapshot(home) == before


@pytest.mark.parametrize("missing", [{"FROM_DESCRIPTOR": False}])
def test_where_there_are_no_calls_relative_to_a_folder_paths_do(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: dict[str, bool]
) -> None:
    for name, value in missing.items():
        monkeypatch.setattr(disks, name, value)
    one = installed(store, tmp_path)
    fill(one)
    other = installed(store, tmp_path, again=True)
    assert list(check(other)) == []
    with store.changing() as changes:
        changes.link_alias("work", other)
        kept = changes.remove(other)
    assert kept
    assert snapshot(kept).keys() == OWN


# The disk.


@needs_root
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k,mode=755", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    try:
        store = store_at(disk / "home")
        heavy = part(tmp_path, weight=2_000_000)
        with store.changing() as changes:
            before = snapshot(disk)
            with pytest.raises(NoSpace, match="No space left"):
                add(changes, heavy)
        assert snapshot(disk) == before
        assert list(check(installed(store, tmp_path))) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@needs_root
def test_a_read_only_disk_is_said_and_still_looked_at(
    store: Store, tmp_path: Path, home: Path
) -> None:
    one = installed(store, tmp_path)
    for words in (["--bind", str(home)], ["-o", "remount,bind,ro"]):
        if subprocess.run(
            ["mount", *words, str(home)], capture_output=True, check=False
        ).returncode:
            pytest.skip("may not mount")
    try:
        with pytest.raises(NoSpace, match="Read-only"), store.changing():
            pass
        assert store.installed() == (one,)
        assert list(check(one)) == []
    finally:
        subprocess.run(["umount", str(home)], check=True)


def test_an_archive_of_another_target_or_version_leaves_nothing(
    store: Store, tmp_path: Path, home: Path
) -> None:
    with store.changing() as changes:
        before = snapshot(home)
        for version, target in (("24.19.1", "linux-x64"), ("24.19.0", "linux-arm64")):
            with pytest.raises((WrongBinary, UnsafeArchive)):
                changes.add([part(tmp_path)], release(version), target_named(target))
        assert snapshot(home) == before


def test_looking_imports_nothing_that_takes_long() -> None:
    program = (
        "import sys; from rtinstall.installer.store import Store; from pathlib import Path;"
        "print(' '.join(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    for name in ("requests", "ctypes", "lzma", "platformdirs", "rtinstall.installer.changes"):
        assert name not in ended.stdout.split()


def test_without_one_call_for_all_each_file_and_folder_is_synced(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[str] = set()

    def fsync(descriptor: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr(sync, "_syncfs", lambda folder: False)
    monkeypatch.setattr(os, "fsync", fsync)
    one = installed(store, tmp_path)
    names = {name.partition("/tree/")[2] for name in synced if "/tree/" in name}
    there = {path for path, what in snapshot(one.folder).items() if not what.startswith("->")}
    assert names == there


@needs_root
def test_a_loss_of_power_after_an_installation_leaves_all_of_it(tmp_path: Path) -> None:
    """The image behind a mounted file system is what the disk has, whatever is still in memory."""
    image, copy, disk = tmp_path / "image", tmp_path / "copy", tmp_path / "disk"
    disk.mkdir()
    image.touch()
    os.truncate(image, 64 << 20)
    for command in (f"{tool('mkfs.ext4')} -q {image}", f"mount -o loop {image} {disk}"):
        if subprocess.run(command.split(), capture_output=True, check=False).returncode:
            pytest.skip("may not mount")
    try:
        store = store_at(disk / "home")
        one = installed(store, tmp_path)
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
    finally:
        subprocess.run(["umount", disk], check=True)
    subprocess.run(["mount", "-o", "loop", copy, disk], check=True)
    try:
        assert store.installed() == (one,)
        assert list(check(one)) == []
    finally:
        subprocess.run(["umount", disk], check=True)
