from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from bundles import small_bundle
from foreign import printed
from oracles import attempt, run, tool
from readers import rpm as reader
from rpms import (
    check_dump,
    content,
    each_codec,
    flipped,
    full_mode,
    listing,
    made,
    owned,
    settings,
    size_of,
)
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.package import Codec, Effort, Level
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.model import Bundle, File, Slice, Symlink

CONFIG, DOC, NOREPLACE, LICENSE = 1, 2, 16, 128

# What is in the file: Bundle, our reader and the real tools agree.


@each_codec
def test_reader_and_package_agree_on_every_entry(tmp_path: Path, codec: Codec) -> None:
    package, path = made(tmp_path, codec)
    found = reader.read(path.read_bytes())
    assert found.codec == codec
    assert found.name == "nodejs-24.19.0-1"
    expected = owned(package)
    assert [item.path for item in found.items] == sorted(expected, key=str.encode)
    for item in found.items:
        entry = expected[item.path]
        assert (item.mode, item.size) == (full_mode(entry), size_of(entry))
        assert (item.user, item.group, item.time) == ("root", "root", package.time)
        if isinstance(entry, File):
            assert item.data == b"".join(entry.content.chunks())
            assert item.digest == entry.sha256
        assert item.target == (entry.target if isinstance(entry, Symlink) else "")


def test_every_file_of_the_bundle_is_in_the_package(bundle: Bundle) -> None:
    found = reader.read(content(rpm.package(bundle, settings())))
    digests = {item.digest for item in found.items}
    compressed = {item.path for item in found.items if item.path.endswith(".gz")}
    for entry in bundle.entries:
        if isinstance(entry, File):
            manual = f"/usr/share/man/man1/{entry.path.rpartition('/')[2]}.gz"
            assert entry.sha256 in digests or manual in compressed, entry.path


def test_files_are_flagged_as_configuration_licence_and_documents(bundle: Bundle) -> None:
    flags = {
        item.path: item.flags
        for item in reader.read(content(rpm.package(bundle, settings()))).items
    }
    assert {path: flag for path, flag in flags.items() if flag} == {
        "/etc/npmrc": CONFIG | NOREPLACE,
        "/usr/share/licenses/nodejs/LICENSE": LICENSE,
        **{
            path: DOC
            for path in flags
            if path.startswith(("/usr/share/man/man", "/usr/share/doc/nodejs/"))
        },
    }
    assert flags["/usr/share/man/man1/node.1.gz"] == flags["/usr/share/doc/nodejs/README.md"] == DOC


@each_codec
def test_rpm_lists_the_same_as_the_package(tmp_path: Path, codec: Codec) -> None:
    package, path = made(tmp_path, codec)
    check_dump(run("rpm", "-qp", "--dump", path), package, "root", "root")


@each_codec
def test_cpio_and_bsdtar_list_the_same_as_the_package(tmp_path: Path, codec: Codec) -> None:
    package, path = made(tmp_path, codec)
    expected = {
        name: (
            stat.filemode(full_mode(entry)),
            size_of(entry),
            entry.target if isinstance(entry, Symlink) else "",
        )
        for name, entry in owned(package).items()
    }
    payload = subprocess.run([tool("rpm2cpio"), path], capture_output=True, check=True).stdout
    listed = subprocess.run(
        [tool("cpio"), "-tv", "--quiet"],
        input=payload,
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert listing(listed.stdout.decode(), 4) == expected
    assert listing(run("bsdtar", "-tvf", path), 4) == expected


# What keeps it whole: digests.


@each_codec
@pytest.mark.parametrize("level", ["fast", "balanced", "max"])
def test_rpm_finds_every_digest_right(tmp_path: Path, codec: Codec, level: Level) -> None:
    package = rpm.package(small_bundle(), settings(codec))
    path = tmp_path / "a.rpm"
    path.write_bytes(content(package, level))
    lines = run("rpm", "-Kv", path).splitlines()[1:]
    kinds = {line.strip().removesuffix(" digest: OK") for line in lines}
    assert {"Header SHA256", "Header SHA1", "Payload SHA256", "MD5"} <= kinds
    assert all(line.endswith(": OK") for line in lines)


@each_codec
def test_a_byte_flipped_anywhere_is_detected(tmp_path: Path, codec: Codec) -> None:
    _, path = made(tmp_path, codec)
    for number, broken in enumerate(flipped(path.read_bytes())):
        (tmp_path / f"{number:08}.broken").write_bytes(broken)
    broken_files = sorted(tmp_path.glob("*.broken"))
    result = attempt("rpm", "-K", *broken_files)
    assert result.returncode == len(broken_files), result.stdout
    assert "digests OK" not in result.stdout


def test_a_package_cut_short_is_detected(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert attempt("rpm", "-K", path).returncode != 0


UPSTREAM = "npm and what it bundles are shipped as they were published"
RPMLINT = {
    "no-signature": "signing is a step of its own, after the package is built",
    "env-script-interpreter": UPSTREAM,
    "zero-length": UPSTREAM,
}


def test_rpmlint_finds_no_error_without_a_reason(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    lines = attempt("rpmlint", path).stdout.splitlines()
    errors = {line.split()[2] for line in lines if " E: " in line}
    assert errors <= RPMLINT.keys(), "\n".join(lines)
    assert "no-signature" in errors  # rpmlint did read the package


def test_files_of_four_gigabytes_are_refused_before_anything_is_written(bundle: Bundle) -> None:
    large = File("usr/share/large", 0o644, Slice(Path("absent"), 0, 1 << 32), "0" * 64)
    package = rpm.package(bundle, replace(settings(), extra=(large,)))
    out = BytesIO()
    with pytest.raises(BadConfiguration, match="smaller than 4 GiB"):
        rpm.write(package, out, Effort())
    assert out.getvalue() == b""


# The same bytes everywhere.

SCRIPT = """
import hashlib, io, os, sys
os.umask(int(sys.argv[1], 8))
from bundles import small_bundle
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
out = io.BytesIO()
rpm.write(rpm.package(small_bundle(), Settings()), out, Effort("balanced", int(sys.argv[2])))
print(hashlib.sha256(out.getvalue()).hexdigest())
"""


def test_the_machine_leaves_no_trace_in_the_bytes(tmp_path: Path) -> None:
    here = content(rpm.package(small_bundle(), Settings()), "balanced")
    assert (
        printed(SCRIPT, "022", "1", folder=tmp_path, PYTHONHASHSEED="1", TZ="UTC")
        == hashlib.sha256(here).hexdigest()
    )
    assert (
        printed(SCRIPT, "077", "3", folder=tmp_path, PYTHONHASHSEED="2", USER="other")
        == hashlib.sha256(here).hexdigest()
    )
