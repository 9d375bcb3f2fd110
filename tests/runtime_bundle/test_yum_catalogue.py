from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpm_maker import ibmi_world
from rtinstall.runtime_bundle.errors import RtError, UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.sources.rpm_versions import Evr, Relation
from rtinstall.runtime_bundle.sources.yum_catalogue import (
    Checksum,
    inside,
    parse_filelists,
    parse_primary,
    parse_repomd,
)
from world.yum import repository

FILES = repository(ibmi_world(), codec="").files()
PRIMARY, REPOMD = FILES["repodata/primary.xml"], FILES["repodata/repomd.xml"]


def test_a_package_says_what_it_has_and_needs() -> None:
    package = list(parse_primary([PRIMARY]))[3]
    assert str(package) == "zlib-tools-1.3-0.ppc64"
    assert package.provides == (Relation("zlib-tools", 8, Evr(0, "1.3", "0")),)
    assert [str(need) for need in package.requires] == [
        "libz1 = 1.3-0", "/QOpenSys/pkgs/lib/libz.so.1", "/QOpenSys/usr/bin/ksh",
    ]  # fmt: skip
    assert package.files == ("/QOpenSys/pkgs/bin/zpipe",)
    assert package.href == "ppc64/zlib-tools-1.3-0.ibmi7.3.ppc64.rpm"


def test_another_prefix_is_the_same_name() -> None:
    text = PRIMARY.replace(b"rpm:", b"x:").replace(b"xmlns:rpm", b"xmlns:x")
    text = text.replace(b"<metadata xmlns=", b"<c:metadata xmlns:c=").replace(b"</m", b"</c:m")
    text = text.replace(b"<package", b"<c:package").replace(b"</package", b"</c:package")
    with pytest.raises(UnsafeArchive, match="without a name"):
        list(parse_primary([text]))  # its children are in no namespace
    renamed = PRIMARY.replace(b"<rpm:", b"<x:").replace(b"</rpm:", b"</x:")
    renamed = renamed.replace(b"xmlns:rpm", b"xmlns:x")
    assert [each.requires for each in parse_primary([renamed])] == [
        each.requires for each in parse_primary([PRIMARY])
    ]


@given(st.data())
def test_no_catalogue_causes_anything_but_an_error(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from([PRIMARY, REPOMD])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=8))
    for parse in (parse_primary, parse_filelists):
        with suppress(RtError):
            for _ in parse([bytes(text)]):
                pass
    with suppress(RtError):
        for found in parse_repomd(bytes(text)).values():
            found.checksum.digest("it")
            inside(found.href)


@given(st.text(max_size=30))
def test_a_reference_stays_inside_or_is_refused(href: str) -> None:
    with suppress(UnsafeArchive):
        end = inside(href)
        assert end.isascii()
        assert not end.startswith("/")
        assert not {"..", ".", ""} & {*end.split("/")}
        assert not {*end} & {*"?# \\\n"}


@pytest.mark.parametrize("algorithm", ["sha", "sha1", "md5", "sha224", "SHA256", "", "none"])
def test_a_weak_or_unknown_checksum_is_none(algorithm: str) -> None:
    with pytest.raises(
        VerificationFailed, match=r"checksums of it, the repository has (only|none)"
    ):
        Checksum(algorithm, "0" * 64).digest("it")
