from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from oracles import run, tool
from rpm_maker import HOME, LIBC, ZLIB, Made, ibmi_world, linux, nodejs, whole_nodejs
from rtinstall.runtime_bundle.archives import open_archive
from rtinstall.runtime_bundle.assemble import assemble
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    BrokenDependencies,
    DownloadFailed,
    NotPublished,
    NotReadable,
    RtError,
    Unreachable,
    UnsafeArchive,
    VerificationFailed,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import File
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.sources.ibmi import ADDRESS, IbmI
from rtinstall.runtime_bundle.targets import TARGETS, target_named
from rtinstall.runtime_bundle.unpack import unpack
from world.certificates import certificate
from world.runtime import runtime_entries
from world.server import Reply, Server, running
from world.yum import PACK, Repository, repository

pytestmark = pytest.mark.usefixtures("no_settings")

QUICK = Network(connect=2, read=0.5, retries=1, pause=0.001, patience=0.5)
IBMI = target_named("ibmi-ppc64")


def get(source: IbmI, version: str = "20.11.1") -> Part:
    (release,) = (r for r in source.releases(IBMI) if str(r.version) == version)
    (part,) = source.fetch(source.offer(release, IBMI), SILENT)
    return part


def folder(tmp_path: Path, repo: Repository) -> Path:
    return repo.write(tmp_path / "repo")


@pytest.mark.parametrize("codec", PACK)
@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_runtime_is_fetched_and_says_on_whose_word(
    server: Server, cache: Cache, codec: str, algorithm: str
) -> None:
    made = nodejs()
    url = repository(ibmi_world(), codec=codec, algorithm=algorithm).serve(server)
    said: list[str] = []
    part = get(IbmI(cache, QUICK, address=url, say=said.append))
    assert part.path.read_bytes() == made.data()
    assert (part.what, part.layout) == ("runtime", "package")
    assert part.provenance.location == f"{url}/ppc64/nodejs20-20.11.1-1.ibmi7.3.ppc64.rpm"
    digest = hashlib.new(algorithm, made.data()).hexdigest()
    assert part.provenance.digest == f"{algorithm}:{digest}"
    assert part.provenance.checked == (
        f"SHA-{algorithm[3:]} of repomd.xml of this machine, no signature"
    )
    assert said == [f"{url}/repodata/repomd.xml is not signed; its checksums are taken as they are"]
    archive = open_archive(part.path)
    for _, chunks in archive.entries():
        for _ in chunks:
            pass
    assert archive.problems == []
    assert (archive.os, archive.os_release) == ("ibmi", "7.3")


def test_over_tls_the_provenance_says_so(tmp_path: Path, cache: Cache) -> None:
    pem = certificate(tmp_path / "pem")
    with running(tls=pem) as server:
        url = repository(ibmi_world()).serve(server)
        part = get(IbmI(cache, replace(QUICK, ca=pem), address=url))
    assert part.provenance.checked == "SHA-256 of repomd.xml over TLS, no signature"


def test_a_folder_serves_as_well(tmp_path: Path, cache: Cache) -> None:
    place = folder(tmp_path, repository(ibmi_world()))
    for address in (place, str(place), place.as_uri()):
        assert get(IbmI(cache, QUICK, address=address)).path.read_bytes() == nodejs().data()


def test_every_major_of_the_repository_is_a_release_newest_first(
    tmp_path: Path, cache: Cache
) -> None:
    others = [
        nodejs("18.19.0"), nodejs("22.1.0"), nodejs("20.9.0"),
        nodejs("22.9.0", arch="ppc"), nodejs("22.8.0", arch="noarch"),
        replace(nodejs("20.5.0"), name="nodejs18"), Made("nodejs-doc", "22.7.0"),
        nodejs("24.0.0~rc.1"), nodejs("26"),
    ]  # fmt: skip
    source = IbmI(cache, QUICK, address=folder(tmp_path, repository([*ibmi_world(), *others])))
    assert [str(release.version) for release in source.releases(IBMI)] == [
        "22.1.0", "20.11.1", "20.9.0", "18.19.0",
    ]  # fmt: skip
    for target in TARGETS:
        assert target == IBMI or source.releases(target) == ()


def test_other_targets_ask_nobody(cache: Cache) -> None:
    source = IbmI(cache, Network(offline=True))
    assert source.releases(target_named("linux-x64")) == ()
    with pytest.raises(Unreachable, match=f"{ADDRESS}/repodata/repomd.xml"):
        source.releases(IBMI)


@pytest.mark.parametrize(
    "best",
    [nodejs(release="10"), nodejs(release="2"), nodejs(release="0", epoch=1)],
    ids=lambda made: made.evr,
)
def test_of_one_version_the_newest_packaging_is_taken(
    tmp_path: Path, cache: Cache, best: Made
) -> None:
    repo = repository([best, *ibmi_world()])
    repo.add(nodejs(release="1.1"))
    if best.release == "2":
        repo.add(nodejs(release="2~rc1"))
    assert get(IbmI(cache, QUICK, address=folder(tmp_path, repo))).path.read_bytes() == best.data()


def test_an_offer_knows_the_size_and_fetches_nothing(server: Server, cache: Cache) -> None:
    url = repository(ibmi_world()).serve(server)
    source = IbmI(cache, QUICK, address=url)
    offer = source.offer(source.releases(IBMI)[0], IBMI)
    assert (offer.source, offer.size, offer.cached) == ("ibmi", len(nodejs().data()), False)
    assert offer.location == f"{url}/ppc64/{nodejs().file}"
    assert not [r for r in server.requests if r.path.endswith(".rpm")]
    source.fetch(offer, SILENT)
    assert source.offer(offer.release, IBMI).cached


def test_a_second_run_sends_nothing_twice_and_offline_asks_nobody(
    server: Server, cache: Cache
) -> None:
    url = repository(ibmi_world()).serve(server)
    get(IbmI(cache, QUICK, address=url))
    sent = server.sent()
    get(IbmI(cache, QUICK, address=url))
    assert server.sent() == sent + len(repository(ibmi_world()).files()["repodata/repomd.xml"])
    asked = len(server.requests)
    get(IbmI(cache, Network(offline=True), address=url))
    assert len(server.requests) == asked


def test_a_token_in_the_address_is_sent_and_never_shown(server: Server, cache: Cache) -> None:
    files = repository(ibmi_world()).files()
    for path, data in files.items():
        server.serve(f"/repo/{path}?token=secret", data)
    part = get(IbmI(cache, QUICK, address=f"{server.url}/repo?token=secret"))
    assert "secret" not in part.provenance.location


def test_nothing_is_taken_over_plain_http(cache: Cache) -> None:
    with pytest.raises(BadConfiguration, match="is not encrypted"):
        IbmI(cache, QUICK, address="http://mirror.example/rpms")


def test_a_bundle_comes_of_it_with_what_it_needs(tmp_path: Path, cache: Cache) -> None:
    world = repository(ibmi_world(whole_nodejs()))
    source = IbmI(cache, QUICK, address=folder(tmp_path, world))
    (release,) = source.releases(IBMI)
    parts = source.fetch(source.offer(release, IBMI), SILENT)
    bundle = assemble(parts, release, IBMI, tmp_path / "spool")
    assert (str(bundle.version), bundle.target, bundle.os_release) == ("20.11.1", IBMI, "7.3")
    assert [(each.kind, each.name) for each in bundle.dependencies] == [
        ("capability", name) for name in ("/bin/sh", ZLIB, LIBC)
    ]
    assert bundle.provenance == (parts[0].provenance,)
    listed = {entry.path: entry.mode for entry in bundle.entries if isinstance(entry, File)}
    assert listed == {
        entry.path: entry.mode
        for entry in runtime_entries("ibmi-ppc64", "20.11.1")
        if isinstance(entry, File)
    }


def test_a_package_damaged_inside_is_refused_when_it_is_unpacked(
    tmp_path: Path, cache: Cache
) -> None:
    data = nodejs().data().replace(b"A package,", b"B package,")
    repo = repository(ibmi_world()[1:])
    repo.add(nodejs(), data=data, checksum=hashlib.sha256(data).hexdigest())
    part = fetched(tmp_path, cache, repo)
    with pytest.raises(UnsafeArchive, match="sha1"):
        unpack(part.path, tmp_path / "spool", root=None)


# Dependencies.

NEEDS = {
    "nothing of its own": (nodejs(relations={}), True),
    "a package by name": (nodejs(relations={"requires": ("libz1",)}), True),
    "a newer one than there is": (nodejs(relations={"requires": ("libz1 > 1.3",)}), False),
    "an older one": (nodejs(relations={"requires": ("libz1 < 1.3",)}), False),
    "that or a newer one": (nodejs(relations={"requires": ("libz1 >= 1.3-0",)}), True),
    "a file in bin": (nodejs(relations={"requires": ("/QOpenSys/pkgs/bin/zpipe",)}), True),
    "a file elsewhere": (nodejs(relations={"requires": (f"{HOME}/libz.so.1",)}), True),
    "a file of nobody": (nodejs(relations={"requires": (f"{HOME}/libx.so.1",)}), False),
    "a file of the system": (
        nodejs(relations={"requires": ("/bin/sh", "/usr/bin/perl", "/QOpenSys/usr/bin/sh")}), True
    ),
    "itself": (nodejs(relations={"requires": ("nodejs20 = 20.11.1-1",)}), True),
    "what it provides": (
        nodejs(relations={"requires": ("npm >= 10",), "provides": ("npm = 10.2.4",)}), True
    ),
    "its own library": (nodejs(relations={"requires": ("libnode",)}), False),
    "one of two": (nodejs(relations={"requires": ("(libz1 or libx1)",)}), False),
}  # fmt: skip


@pytest.mark.parametrize(("made", "there"), NEEDS.values(), ids=NEEDS)
def test_everything_a_runtime_needs_has_to_be_there(
    tmp_path: Path, cache: Cache, made: Made, there: bool
) -> None:
    repo = repository([made, *ibmi_world()[1:]])
    source = IbmI(cache, QUICK, address=folder(tmp_path, repo))
    release = source.releases(IBMI)[0]
    if there:
        assert source.offer(release, IBMI).source == "ibmi"
        return
    need = next(iter(made.relations["requires"]))
    with pytest.raises(BrokenDependencies) as caught:
        source.offer(release, IBMI)
    assert str(caught.value) == (
        f"nodejs20-20.11.1-1.ppc64 needs {need}, which no package of its repository provides"
    )


def test_what_a_library_lacks_is_named_with_the_library(tmp_path: Path, cache: Cache) -> None:
    library = Made("libz1", "1.3", "0", relations={"provides": (ZLIB,), "requires": ("libx1",)})
    world = [made for made in ibmi_world() if made.name != "libz1"]
    source = IbmI(cache, QUICK, address=folder(tmp_path, repository([library, *world])))
    with pytest.raises(BrokenDependencies, match=r"^libz1-1\.3-0\.ppc64 needs libx1, which"):
        source.offer(source.releases(IBMI)[0], IBMI)


def test_a_source_package_provides_nothing(tmp_path: Path, cache: Cache) -> None:
    source_of = Made("libz1", "1.3", "0", arch="src", relations={"provides": (ZLIB,)})
    runtime = nodejs(relations={"requires": (ZLIB,)})
    source = IbmI(cache, QUICK, address=folder(tmp_path, repository([runtime, source_of])))
    with pytest.raises(BrokenDependencies):
        source.offer(source.releases(IBMI)[0], IBMI)


def test_a_library_that_needs_the_runtime_is_refused(tmp_path: Path, cache: Cache) -> None:
    library = Made("libz1", relations={"provides": (ZLIB,), "requires": ("nodejs20",)})
    runtime = nodejs(relations={"requires": (ZLIB,)})
    source = IbmI(cache, QUICK, address=folder(tmp_path, repository([runtime, library])))
    with pytest.raises(BrokenDependencies, match="depends on itself"):
        source.offer(source.releases(IBMI)[0], IBMI)


# Faults.


def fetched(tmp_path: Path, cache: Cache, repo: Repository) -> Part:
    return get(IbmI(cache, QUICK, address=folder(tmp_path, repo)))


def world(**changed: object) -> Repository:
    """Return a repository in which the catalogue's entry of the runtime is another."""
    repo = repository(ibmi_world()[1:])
    repo.add(nodejs(), **changed)
    return repo


def other(made: Made) -> Repository:
    """Return a repository where the file of the runtime is ``made``, with the right digest."""
    data = made.data()
    return world(data=data, checksum=hashlib.sha256(data).hexdigest())


MISTAKEN: dict[str, tuple[Repository, type[RtError], str]] = {
    "another file": (
        world(data=nodejs(summary="Another").data()), VerificationFailed, "not the file"
    ),
    "a file cut short": (world(data=nodejs().data()[:-1]), VerificationFailed, "not the file"),
    "no file": (world(data=None), NotPublished, "nodejs20"),
    "sha1": (
        world(algorithm="sha", checksum="0" * 40), VerificationFailed, "only 'sha', which protects"
    ),
    "md5": (world(algorithm="md5", checksum="0" * 32), VerificationFailed, "only 'md5'"),
    "no algorithm": (world(algorithm=""), VerificationFailed, "has none"),
    "a digest cut short": (world(checksum="00"), VerificationFailed, "no SHA-256"),
    "no digest": (world(checksum=""), VerificationFailed, "no SHA-256"),
    "for AIX": (other(nodejs(os="aix7.2")), WrongBinary, "another operating system: 'aix7.2'"),
    "for Linux": (
        other(replace(linux("nodejs20", "20.11.1"), arch="ppc64")), WrongBinary, "'linux'"
    ),
    "for os400": (other(nodejs(os="os400")), WrongBinary, "'os400'"),
    "another arch inside": (other(nodejs(arch="ppc")), VerificationFailed, "20.11.1-1 ppc$"),
    "another version inside": (other(nodejs("20.11.2")), VerificationFailed, "another package"),
    "another release inside": (other(nodejs(release="2")), VerificationFailed, "another package"),
    "an epoch inside": (other(nodejs(epoch=1)), VerificationFailed, "1:20.11.1-1 ppc64$"),
    "another name inside": (
        other(replace(nodejs(), name="nodejs22")), VerificationFailed, "another package: nodejs22"
    ),
    "no rpm": (
        world(data=b"no rpm", checksum=hashlib.sha256(b"no rpm").hexdigest()), NotReadable, "no archive or package"
    ),
    "half an rpm": (
        world(
            data=nodejs().data()[:200], checksum=hashlib.sha256(nodejs().data()[:200]).hexdigest()
        ),
        UnsafeArchive, "cut short",
    ),
}  # fmt: skip
OUTSIDE = {
    "/etc/passwd", "../secret.rpm", "ppc64/../../secret.rpm", "%2e%2e/secret.rpm", "a//b.rpm", "",
    "https://elsewhere.example/x.rpm", "//elsewhere.example/x.rpm", "file:///etc/passwd",
    "ppc64\\..\\x.rpm", "x.rpm?token=1", "x.rpm#y", "x\u202e.rpm", "%00.rpm", "http:x", "//[",
}  # fmt: skip


@pytest.mark.parametrize(("repo", "error", "text"), MISTAKEN.values(), ids=MISTAKEN)
def test_a_package_that_is_not_the_catalogued_one_is_refused(
    tmp_path: Path, cache: Cache, repo: Repository, error: type[RtError], text: str
) -> None:
    with pytest.raises(error, match=text):
        fetched(tmp_path, cache, repo)


@pytest.mark.parametrize("href", sorted(OUTSIDE))
def test_a_package_outside_of_the_repository_is_refused(
    tmp_path: Path, cache: Cache, href: str
) -> None:
    with pytest.raises(UnsafeArchive, match="refers to"):
        fetched(tmp_path, cache, world(href=href))


def test_a_package_with_an_address_of_its_own_is_refused(tmp_path: Path, cache: Cache) -> None:
    with pytest.raises(UnsafeArchive, match=r"refers to 'https://elsewhere\.example/'"):
        fetched(tmp_path, cache, world(base="https://elsewhere.example/"))


@pytest.mark.parametrize("name", ["a b.rpm", "libstdc++.rpm", "a~b^c.rpm", "50%.rpm", "größe.rpm"])
def test_names_that_addresses_have_to_quote_are_found(
    server: Server, tmp_path: Path, cache: Cache, name: str
) -> None:
    repo = world(href=name)
    assert fetched(tmp_path, cache, repo).path.read_bytes() == nodejs().data()
    files = repo.files()
    for path, data in files.items():
        server.serve(f"/repo/{quote(path, safe='/~+')}", data)
    other_cache = Cache(tmp_path / "other")
    part = get(IbmI(other_cache, QUICK, address=f"{server.url}/repo"))
    assert part.path.read_bytes() == nodejs().data()


def test_the_same_package_twice_is_no_matter_but_two_of_one_name_are(
    tmp_path: Path, cache: Cache
) -> None:
    repo = repository(ibmi_world())
    repo.add(nodejs(), href="copy/nodejs.rpm")
    fetched(tmp_path, cache, repo)
    repo.add(nodejs(summary="Another"), href="other/nodejs.rpm")
    with pytest.raises(VerificationFailed, match=r"lists nodejs20-20\.11\.1-1\.ppc64 twice"):
        fetched(tmp_path, cache, repo)


PRIMARY = "repodata/primary.xml.gz"


def catalogue(**options: object) -> Repository:
    return repository(ibmi_world(), **options)


def swapped(before: str, after: str) -> dict[str, object]:
    return {"repomd": lambda text: text.replace(before, after, 1)}


def rewritten(before: str, after: str) -> dict[str, object]:
    return {"primary": lambda text: text.replace(before, after)}


BROKEN: dict[str, tuple[Repository, type[RtError], str]] = {
    "primary is another file": (
        catalogue(replaced={PRIMARY: b"no catalogue"}), VerificationFailed, "not the file"
    ),
    "primary is cut short": (
        catalogue(replaced={PRIMARY: catalogue().files()[PRIMARY][:-1]}), VerificationFailed, "not"
    ),
    "sha1 alone": (
        catalogue(**swapped('checksum type="sha256"', 'checksum type="sha"')),
        VerificationFailed, "checksums of primary.xml, the repository has only 'sha'",
    ),
    "another open-checksum": (
        catalogue(**swapped('<open-checksum type="sha256">', '<open-checksum type="sha256">0')),
        VerificationFailed, "no SHA-256",
    ),
    "no primary": (
        catalogue(**swapped('type="primary"', 'type="primary_db"')), NotPublished, "no primary.xml"
    ),
    "primary twice": (
        catalogue(**swapped('type="filelists"', 'type="primary"')), UnsafeArchive, "twice"
    ),
    "primary elsewhere": (
        catalogue(**swapped("repodata/primary.xml.gz", "../primary.xml.gz")),
        UnsafeArchive, "outside of it",
    ),
    "primary at another address": (
        catalogue(**swapped("repodata/primary.xml.gz", "https://elsewhere.example/primary.xml.gz")),
        UnsafeArchive, "outside of it",
    ),
    "primary not there": (
        catalogue(**swapped("repodata/primary.xml.gz", "repodata/other.xml.gz")), NotPublished, "other.xml.gz"
    ),
    "no location": (catalogue(**swapped("<location ", "<place ")), UnsafeArchive, "href"),
    "repomd is no XML": (catalogue(repomd=lambda text: text[:-5]), UnsafeArchive, "no XML"),
    "repomd is a page": (catalogue(repomd=lambda text: "<html/>"), UnsafeArchive, "not a repo"),
    "repomd is large": (
        catalogue(repomd=lambda text: text + " " * (1 << 20)), DownloadFailed, "more than"
    ),
    "repomd has entities": (
        catalogue(repomd=lambda text: text.replace("<repomd", "<!DOCTYPE r [<!ENTITY a 'b'>]><repomd")),
        UnsafeArchive, "document type",
    ),
    "primary has entities": (
        catalogue(**rewritten("<metadata", "<!DOCTYPE m [<!ENTITY a 'b'>]><metadata")),
        UnsafeArchive, "document type",
    ),
    "primary is cut short before it is listed": (
        catalogue(primary=lambda text: text[:-20]), UnsafeArchive, "no XML"
    ),
    "primary is another document": (
        catalogue(primary=lambda text: "<packages/>"), UnsafeArchive, "not {http"
    ),
    "primary is deep": (
        catalogue(**rewritten("<format>", "<format>" + "<a>" * 70 + "</a>" * 70)),
        UnsafeArchive, "nested too deeply",
    ),
    "a giant attribute": (
        catalogue(**rewritten("<format>", f'<format a="{"x" * (5 << 20)}">')), UnsafeArchive, "larger"
    ),
    "a giant text": (
        catalogue(**rewritten("<format>", f"<format>{'x' * (5 << 20)}")), UnsafeArchive, "larger"
    ),
    "a giant package": (
        catalogue(**rewritten("<format>", "<format>" + "<file>/a</file>" * 400_000)),
        UnsafeArchive, "larger",
    ),
    "a bomb": (
        catalogue(primary=lambda text: text.replace("</metadata>", " " * (64 << 20) + "</metadata>")),
        UnsafeArchive, "expands to more",
    ),
    "no name": (catalogue(**rewritten("<name>nodejs20", "<name>")), UnsafeArchive, "without a name"),
    "no version": (catalogue(**rewritten("<version ", "<v ")), UnsafeArchive, "without a name"),
    "a version that is none": (
        catalogue(**rewritten('ver="20.11.1"', 'ver="20 11"')), UnsafeArchive, "has no version"
    ),
    "an epoch that is none": (
        catalogue(**rewritten('epoch="0"', 'epoch="-1"')), UnsafeArchive, "the version '-1'"
    ),
    "a sign that is none": (
        catalogue(**rewritten('flags="EQ"', 'flags="NE"')), UnsafeArchive, "relation"
    ),
    "empty": (Repository(), NotPublished, ""),
}  # fmt: skip


@pytest.mark.parametrize(("repo", "error", "text"), BROKEN.values(), ids=BROKEN)
def test_a_broken_catalogue_is_refused(
    tmp_path: Path, cache: Cache, repo: Repository, error: type[RtError], text: str
) -> None:
    source = IbmI(cache, QUICK, address=folder(tmp_path, repo))
    if not repo.items:
        assert source.releases(IBMI) == ()
        return
    for _ in range(2):  # the second time from what is remembered
        with pytest.raises(error, match=text):
            source.releases(IBMI)


@pytest.mark.parametrize("codec", ["gz", "xz", "zst", "bz2"])
def test_a_truncated_stream_with_the_right_digest_is_refused(
    tmp_path: Path, cache: Cache, codec: str
) -> None:
    repo = repository(ibmi_world(), codec=codec)
    path = f"repodata/primary.xml.{codec}"
    short = repo.files()[path][:-10]
    old, new = (hashlib.sha256(data).hexdigest() for data in (repo.files()[path], short))
    repo.repomd = lambda text: text.replace(old, new)
    repo.replaced = {path: short}
    with pytest.raises(UnsafeArchive, match=r"cut short|damaged"):
        IbmI(cache, QUICK, address=folder(tmp_path, repo)).releases(IBMI)


def test_what_primary_expands_to_is_checked_too(tmp_path: Path, cache: Cache) -> None:
    repo = catalogue()
    text = repo.files()["repodata/repomd.xml"].decode()
    right = text.partition('<open-checksum type="sha256">')[2][:64]
    repo.repomd = lambda text: text.replace(right, "0" * 64)
    with pytest.raises(VerificationFailed, match=r"what primary\.xml expands to"):
        IbmI(cache, QUICK, address=folder(tmp_path, repo)).releases(IBMI)


def test_where_there_is_no_repository_its_place_is_named(server: Server, cache: Cache) -> None:
    with pytest.raises(NotPublished, match=r"/repodata/repomd\.xml") as caught:
        IbmI(cache, QUICK, address=f"{server.url}/none").releases(IBMI)
    assert "repodata/repomd.xml" in caught.value.hint


def test_a_download_that_breaks_off_is_continued(server: Server, cache: Cache) -> None:
    url = repository(ibmi_world()).serve(server)
    data = nodejs().data()
    server.serve(
        f"/repo/ppc64/{nodejs().file}", Reply(data, drop=300, etag="x"), Reply(data, etag="x")
    )
    assert get(IbmI(cache, QUICK, address=url)).path.read_bytes() == data


def test_a_version_that_is_not_there_is_not_offered(tmp_path: Path, cache: Cache) -> None:
    source = IbmI(cache, QUICK, address=folder(tmp_path, catalogue()))
    (release,) = source.releases(IBMI)
    with pytest.raises(NotPublished):
        source.offer(replace(release, version=replace(release.version, major=22)), IBMI)
    with pytest.raises(NotPublished):
        source.offer(release, target_named("aix-ppc64"))


def test_a_path_nobody_lists_needs_filelists(tmp_path: Path, cache: Cache) -> None:
    repo = catalogue(**swapped('type="filelists"', 'type="filelists_db"'))
    with pytest.raises(NotPublished, match=r"no filelists\.xml"):
        IbmI(cache, QUICK, address=folder(tmp_path, repo)).releases(IBMI)
    alone = repository(
        [nodejs(relations={"requires": (LIBC,)}), ibmi_world()[1]],
        **swapped('type="filelists"', 'type="filelists_db"'),
    )
    source = IbmI(cache, QUICK, address=alone.write(tmp_path / "alone"))
    assert source.offer(source.releases(IBMI)[0], IBMI).size == len(alone.items[0].data or b"")


# The other way round: repositories that createrepo_c writes.


@pytest.mark.parametrize("options", [("--general-compress-type=gz",), ("--general-compress-type=bz2",),
                                     ("--general-compress-type=xz",), ("--zck",),
                                     ("--checksum=sha512",), ("--simple-md-filenames",)],
                         ids=" ".join)  # fmt: skip
def test_what_createrepo_c_writes_is_read(
    tmp_path: Path, cache: Cache, options: tuple[str, ...]
) -> None:
    tool("createrepo_c")
    place = tmp_path / "repo"
    for made in (*ibmi_world(), nodejs("22.1.0", epoch=1)):
        (place / made.arch).mkdir(parents=True, exist_ok=True)
        (place / made.arch / made.file).write_bytes(made.data())
    run("createrepo_c", "--quiet", *options, place)
    source = IbmI(cache, QUICK, address=place)
    assert [str(release.version) for release in source.releases(IBMI)] == ["22.1.0", "20.11.1"]
    assert get(source).path.read_bytes() == nodejs().data()
    assert get(source, "22.1.0").path.read_bytes() == nodejs("22.1.0", epoch=1).data()


def test_what_createrepo_c_writes_with_sha1_is_refused(tmp_path: Path, cache: Cache) -> None:
    tool("createrepo_c")
    (tmp_path / nodejs().file).write_bytes(nodejs().data())
    run("createrepo_c", "--quiet", "--checksum=sha", tmp_path)
    with pytest.raises(VerificationFailed, match="which protects nothing"):
        IbmI(cache, QUICK, address=tmp_path).releases(IBMI)
