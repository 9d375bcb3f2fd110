from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import RELEASED, small_bundle
from oracles import run
from readers import streams
from readers import tar as reader
from rtinstall.platforms.linux import tarball
from rtinstall.platforms.linux.tarball import Tarball
from rtinstall.platforms.package import Effort, Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import UnsafeArchive
from rtinstall.runtime_bundle.model import Bundle, File, Symlink

BOTH = pytest.mark.parametrize("form", [tarball.XZ, tarball.GZIP], ids=lambda form: form.name)
TOP = "node-v24.19.0-linux-x64"


def written(
    form: Tarball, bundle: Bundle, settings: Settings | None = None, jobs: int = 1
) -> bytes:
    out = io.BytesIO()
    form.write(form.package(bundle, settings or Settings()), out, Effort("fast", jobs))
    return out.getvalue()


@pytest.mark.parametrize(
    ("target", "version", "form", "name"),
    [
        ("linux-x64", "24.19.0", tarball.XZ, "node-v24.19.0-linux-x64.tar.xz"),
        ("linux-x64", "24.19.0", tarball.GZIP, "node-v24.19.0-linux-x64.tar.gz"),
        ("linux-x64-musl", "24.0.0-rc.1", tarball.XZ, "node-v24.0.0-rc.1-linux-x64-musl.tar.xz"),
        ("darwin-arm64", "24.19.0", tarball.GZIP, "node-v24.19.0-darwin-arm64.tar.gz"),
    ],
)
def test_the_name_is_upstreams(target: str, version: str, form: Tarball, name: str) -> None:
    settings = Settings(metadata=Metadata(name="acme-node"))
    assert form.filename(form.package(small_bundle(target, version), settings)) == name


@BOTH
def test_reader_and_bundle_agree(form: Tarball, bundle: Bundle) -> None:
    members = reader.read(streams.decompress(written(form, bundle)))
    assert members[0].name == f"{TOP}/"
    assert [member.name.rstrip("/") for member in members[1:]] == [
        f"{TOP}/{entry.path}" for entry in bundle.entries
    ]
    for member, entry in zip(members[1:], bundle.entries, strict=True):
        assert (member.mode, member.time) == (entry.mode, RELEASED)
        assert (member.uid, member.gid, member.owner, member.group) == (0, 0, "root", "root")
        assert member.link == (entry.target if isinstance(entry, Symlink) else "")
        if isinstance(entry, File):
            assert hashlib.sha256(member.data).hexdigest() == entry.sha256


@BOTH
@pytest.mark.parametrize("judge", ["tar", "bsdtar", "busybox"])
def test_real_tools_unpack_every_path(
    judge: str, form: Tarball, bundle: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{form.name}"
    path.write_bytes(written(form, bundle))
    (tmp_path / "out").mkdir()
    applet = ["tar", "-xJf" if form is tarball.XZ else "-xzf"]
    run(judge, *(applet if judge == "busybox" else ["-xf"]), path, "-C", tmp_path / "out")
    found = {str(path.relative_to(tmp_path / "out" / TOP)) for path in tmp_path.glob("out/*/**/*")}
    assert found == {entry.path for entry in bundle.entries}


@BOTH
def test_python_reads_it(form: Tarball, bundle: Bundle) -> None:
    with tarfile.open(fileobj=io.BytesIO(written(form, bundle))) as archive:
        assert len(archive.getnames()) == len(bundle.entries) + 1


@BOTH
def test_number_of_jobs_does_not_change_a_byte(form: Tarball, bundle: Bundle) -> None:
    large = File.of("share/large", bytes(range(256)) * 40_000)
    bundle = replace(bundle, entries=(*bundle.entries, large))
    assert written(form, bundle, jobs=1) == written(form, bundle, jobs=4)


def test_settings_go_into_the_tree(bundle: Bundle) -> None:
    settings = Settings(
        npmrc=b"registry=https://npm.example/\n",
        certificates=b"-----BEGIN CERTIFICATE-----\n",
        extra=(File.of("etc/motd.d/node", b"hello\n"),),
    )
    first = replace(
        bundle,
        entries=(*bundle.entries, File.of("lib/node_modules/npm/npmrc", b"prefix=/nowhere\n")),
    )
    members = reader.read(streams.decompress(written(tarball.GZIP, first, settings)))
    found = {member.name: member.data for member in members}
    assert found[f"{TOP}/lib/node_modules/npm/npmrc"] == settings.npmrc
    assert found[f"{TOP}/etc/nodejs/ca-certificates.pem"] == settings.certificates
    assert found[f"{TOP}/etc/motd.d/node"] == b"hello\n"


def test_an_extra_file_replaces_nothing(bundle: Bundle) -> None:
    settings = Settings(extra=(File.of("bin/node", b"another"),))
    with pytest.raises(UnsafeArchive, match="twice"):
        tarball.XZ.package(bundle, settings)


def test_aix_gets_no_record_its_tar_does_not_know() -> None:
    aix = small_bundle("aix-ppc64")
    assert {
        member.dialect for member in reader.read(streams.decompress(written(tarball.GZIP, aix)))
    } == {"ustar"}
