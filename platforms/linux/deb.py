"""Debian packages (deb(5), deb-control(5), Debian Policy 4.7), for Debian, Ubuntu and what comes of them.

An ar archive of three members: the format's version, what the package says, what it holds.

Decisions:

* zstd by default: Debian 12 (dpkg 1.21.18) and Ubuntu 22.04 read it, and they are the oldest ones
  that Node.js 24 supports. ``codec.deb = "xz"`` makes packages for older ones. Both tar members take
  the same codec.
* ``Multi-Arch: allowed``, as with Debian's own nodejs: packages there depend on ``nodejs:any``.
* It takes the place of Debian's nodejs, npm and libnode-dev, whose files lie where these lie. It
  provides npm, but neither ``libnode-dev`` nor ``node-types-node``: there is no libnode.so and there
  are no types in it.
* Below another prefix than /usr it takes nobody's place.
* ``Depends`` comes from what the executable asks the dynamic linker for.
* Building addons takes Python and a compiler: suggested, since most people build none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO

from rtinstall.platforms.companion import FOLDERS, Companion
from rtinstall.platforms.compression import SUFFIX, open_stream
from rtinstall.platforms.containers import ar, tar
from rtinstall.platforms.digests import digests
from rtinstall.platforms.linux.deb_libraries import depends
from rtinstall.platforms.linux.place import Conventions, Relations, place
from rtinstall.platforms.package import Codec, Effort, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.unix import gzipped
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink, tree
from rtinstall.runtime_bundle.targets import Arch
from rtinstall.runtime_bundle.versions import Version

ARCHITECTURES: dict[Arch, str] = {
    "x64": "amd64",
    "arm64": "arm64",
    "armv7l": "armhf",
    "ppc64le": "ppc64el",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "loong64": "loong64",
}
DOCUMENTS = "usr/share/doc/{name}"
# Debian says these in copyright and changelog.gz (Policy 12.5, 12.7).
SAID_ELSEWHERE = ("LICENSE", "CHANGELOG.md", "LICENSE.rtinstall")
# Policy 12.5: a text that is on every Debian is referred to.
APACHE = re.compile(
    r"[ \t]*Apache License\n[ \t]*Version 2\.0, January 2004\n.*?or\s+additional\s+liability\."
    r"(?:\s*END OF TERMS AND CONDITIONS)?(?:\s*APPENDIX:.*?limitations under the License\.)?",
    re.DOTALL,
)
COMMON = "The Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0."
SECOND_NAMES = (("bin", "nodejs", "node"), ("share/man/man1", "nodejs.1.gz", "node.1.gz"))
SUGGESTS = "build-essential, python3"


def version(version: Version, revision: int) -> str:
    """Return ``24.19.0-1``, ``24.0.0~rc.1-1`` or ``26.0.0~nightly20260101abcdef-1``."""
    return f"{str(version).replace('-', '~', 1)}-{revision}"


def relations(bundle: Bundle, metadata: Metadata) -> Relations:
    """Ask for the libraries that the executable is linked with; stand in for Debian's packages."""
    own = version(bundle.version, metadata.revision)
    provides = {"nodejs": own, "npm": bundle.npm.replace("-", "~", 1)}
    provides.pop(metadata.name, None)
    others = {"libnode-dev", *provides}
    if any(entry.path == "bin/corepack" for entry in bundle.entries):
        others.add("node-corepack")
    return Relations(
        requires=depends(read_executable(bundle.file("bin/node").content), bundle.glibc),
        recommends=("ca-certificates",),
        provides=tuple(f"{name} (= {number})" for name, number in provides.items()),
        conflicts=tuple(sorted(others)),
        replaces=tuple(sorted(others)),
    )


def documents(
    bundle: Bundle, metadata: Metadata, companion: Companion | None = None
) -> tuple[Entry, ...]:
    """Make copyright and changelogs as Policy 12.5 and 12.7 have them."""
    folder = DOCUMENTS.format(name=metadata.name)
    found = [
        File.of(f"{folder}/copyright", _copyright(bundle, metadata, companion).encode()),
        File.of(f"{folder}/changelog.Debian.gz", gzipped(_changelog(bundle, metadata).encode())),
    ]
    for entry in bundle.entries:
        if entry.path == "CHANGELOG.md" and isinstance(entry, File):
            text = gzipped(b"".join(entry.content.chunks()))
            found.append(File.of(f"{folder}/changelog.gz", text))
    return tuple(found)


CONVENTIONS = Conventions(
    format="deb",
    architectures=ARCHITECTURES,
    version=version,
    relations=relations,
    documents=DOCUMENTS,
    licenses=DOCUMENTS,
    extra=documents,
    python="python3:any (>= 3.11)",
    zlib="zlib1g",
    completions={**FOLDERS, "zsh": "share/zsh/vendor-completions"},
)


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` as Debian does, ``nodejs`` as a second name of ``node`` included."""
    if bundle.target.libc != "glibc":
        raise NotPublished(f"deb has no packages for {bundle.target}")
    placed = place(bundle, settings, CONVENTIONS)
    folder = DOCUMENTS.format(name=settings.metadata.name)
    left_out = {f"{folder}/{name}" for name in SAID_ELSEWHERE}
    kept = [entry for entry in placed.entries if entry.path not in left_out]
    paths = {entry.path for entry in kept}
    second_names = [
        Symlink(f"{settings.prefix}/{place}/{name}", target)
        for place, name, target in SECOND_NAMES
        if f"{settings.prefix}/{place}/{target}" in paths
    ]
    placed = replace(
        placed,
        entries=tree((*kept, *second_names)),
        docs=placed.docs - left_out,
        licenses=placed.licenses - left_out,
    )
    if settings.prefix != "usr":
        placed = replace(placed, provides=(), conflicts=(), replaces=())
    return placed


def filename(package: Package) -> str:
    """Return ``nodejs_24.19.0-1_amd64.deb``."""
    return f"{package.metadata.name}_{package.version}_{package.architecture}.deb"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write ``debian-binary``, ``control.tar`` and ``data.tar``."""
    codec = package.metadata.codec.get("deb", "zstd")
    time = package.time
    out.write(ar.MAGIC)
    with ar.member(out, "debian-binary", time=time):
        out.write(b"2.0\n")
    with ar.member(out, f"control.tar{SUFFIX[codec]}", time=time):
        _tar(out, codec, Effort(effort.level), _control_files(package, effort.jobs), time)
    with ar.member(out, f"data.tar{SUFFIX[codec]}", time=time):
        _tar(out, codec, effort, package.entries, time)


def _tar(out: BinaryIO, codec: Codec, effort: Effort, entries: Iterable[Entry], time: int) -> None:
    """Write ``entries`` below ``./``, parents first, in the one dialect dpkg takes long names in."""
    stream = open_stream(codec, out, effort)
    tar.append(stream, Directory("."), ".", time=time, dialect="gnu")
    for entry in entries:
        tar.append(stream, entry, f"./{entry.path}", time=time, dialect="gnu")
    stream.write(tar.END)
    stream.close()


def _control_files(package: Package, jobs: int) -> Iterator[File]:
    listed = [file for file in package.files if file.path not in package.config]
    md5 = digests(listed, "md5", jobs)
    if package.config:
        yield File.of("conffiles", _lines(f"/{path}" for path in sorted(package.config)))
    yield File.of("control", _lines(_control(package)))
    yield File.of("md5sums", _lines(f"{md5[file.path]}  {file.path}" for file in listed))


def _control(package: Package) -> Iterator[str]:
    metadata = package.metadata
    fields = {
        "Package": metadata.name,
        "Version": package.version,
        "Architecture": package.architecture,
        "Multi-Arch": "allowed",
        "Maintainer": metadata.maintainer,
        "Installed-Size": str(_installed_size(package)),
        "Depends": ", ".join(package.requires),
        "Recommends": ", ".join(package.recommends),
        "Suggests": SUGGESTS,
        "Conflicts": ", ".join(package.conflicts),
        "Replaces": ", ".join(package.replaces),
        "Provides": ", ".join(package.provides),
        "Section": "javascript",
        "Priority": "optional",
        "Homepage": metadata.homepage,
        "Description": metadata.summary,
    }
    yield from (f"{name}: {_one_line(value)}" for name, value in fields.items() if value)
    yield from _folded(metadata.description)


def _installed_size(package: Package) -> int:
    """Return KiB as dpkg-gencontrol counts them: every file rounded up, 1 for anything else."""
    return sum(
        -(-entry.size // 1024) if isinstance(entry, File) else 1
        for entry in (Directory("."), *package.entries)
    )


def _one_line(text: str) -> str:
    """Return ``text`` so that it cannot begin another field."""
    return " ".join(text.split())


def _folded(text: str) -> Iterator[str]:
    """Yield the lines of a multi-line field; an empty one is a dot (Policy 5.6.13)."""
    for line in text.splitlines():
        yield f" {line.rstrip()}" if line.strip() else " ."


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _copyright(bundle: Bundle, metadata: Metadata, companion: Companion | None) -> str:
    """Return the runtime's licences in Debian's form (copyright-format 1.0)."""
    text = b"".join(bundle.file("LICENSE").content.chunks()).decode("utf-8", "replace")
    return "\n".join(
        (
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
            "Upstream-Name: Node.js",
            f"Source: {_one_line(metadata.homepage)}",
            "",
            "Files: *",
            "Copyright: Node.js contributors, and the authors named in the licence",
            "License: Node.js",
            *_folded(text),
            "",
            *(_of_companion(companion) if companion else ()),
        )
    )


def _of_companion(companion: Companion) -> Iterator[str]:
    """Yield the paragraph of the second program."""
    yield "Files: */lib/rtinstall/*"
    yield "Copyright: the authors of rtinstall, and those named in the licences of what it uses"
    yield "License: rtinstall"
    yield from _folded(APACHE.sub(COMMON, companion.licences.decode()))
    yield ""


def _changelog(bundle: Bundle, metadata: Metadata) -> str:
    from email.utils import format_datetime  # takes as long to import as all of this package

    number = version(bundle.version, metadata.revision)
    date = format_datetime(datetime.fromtimestamp(bundle.released, UTC))
    return (
        f"{metadata.name} ({number}) stable; urgency=medium\n\n"
        f"  * Node.js {bundle.version} with npm {bundle.npm}, as published by their projects.\n\n"
        f" -- {_one_line(metadata.maintainer)}  {date}\n"
    )
