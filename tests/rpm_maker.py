"""Rpms of anybody: any name, system and relations, with a gzip payload as rpm 4.13 reads it."""

from __future__ import annotations

import gzip
import hashlib
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bundles import NPM, RELEASED
from rtinstall.platforms.containers import cpio
from rtinstall.platforms.containers.rpm_header import (
    MAIN_REGION,
    SIGNATURE_REGION,
    Signature,
    Tag,
    Value,
    binary,
    encode,
    int16,
    int32,
    lead,
    string,
    strings,
    translated,
)
from rtinstall.runtime_bundle.model import File
from world.runtime import runtime_entries

SIGNS = {"": 0, "<": 2, ">": 4, "=": 8, "<=": 10, ">=": 12}
RELATIONS: dict[str, tuple[int, int, int]] = {
    "requires": (1049, 1048, 1050),
    "provides": (1047, 1112, 1113),
    "conflicts": (1054, 1053, 1055),
    "obsoletes": (1090, 1114, 1115),
    "recommends": (5046, 5048, 5047),
    "suggests": (5049, 5051, 5050),
    "supplements": (5052, 5054, 5053),
    "enhances": (5055, 5057, 5056),
}
NOTHING: Mapping[str, Sequence[str]] = {}
NO_FILES: Mapping[str, bytes] = {}


@dataclass(frozen=True)
class Made:
    """An rpm and what was put in; relations as ``name >= 1:2-3``, flags of scripts after a ``!``."""

    name: str
    version: str = "1.0"
    release: str = "1"
    epoch: int | None = None
    arch: str = "ppc64"
    os: str = "ibmi7.3"
    relations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    owner: tuple[str, str] = ("qsys", "*none")
    built: int = RELEASED
    summary: str = "A package"
    more: Mapping[int, Value] = field(default_factory=dict)

    @property
    def file(self) -> str:
        system = f".{self.os}" if self.os.startswith("ibmi") else ""
        return f"{self.name}-{self.version}-{self.release}{system}.{self.arch}.rpm"

    @property
    def evr(self) -> str:
        epoch = "" if self.epoch is None else f"{self.epoch}:"
        return f"{epoch}{self.version}-{self.release}"

    def provides(self) -> list[str]:
        return [f"{self.name} = {self.evr}", *self.relations.get("provides", ())]

    def data(self) -> bytes:
        """Return the rpm."""
        payload = gzip.compress(self._payload(), mtime=0)
        header = encode(MAIN_REGION, self._tags(payload))
        plain = len(self._payload())
        signature = encode(
            SIGNATURE_REGION,
            {
                Signature.SHA1: string(hashlib.sha1(header).hexdigest()),
                Signature.SHA256: string(hashlib.sha256(header).hexdigest()),
                Signature.SIZE: int32(len(header) + len(payload)),
                Signature.MD5: binary(hashlib.md5(header + payload).digest()),
                Signature.PAYLOADSIZE: int32(plain),
            },
        )
        label = f"{self.name}-{self.version}-{self.release}"
        return lead(label) + signature + bytes(-len(signature) % 8) + header + payload

    def _payload(self) -> bytes:
        out = b""
        for inode, (path, data) in enumerate(sorted(self.files.items()), 1):
            mode = stat.S_IFREG | (0o755 if "bin/" in path else 0o644)
            out += cpio.header(f".{path}", mode=mode, size=len(data), time=self.built, inode=inode)
            out += data + cpio.padding(len(data))
        return out + cpio.TRAILER

    def _tags(self, payload: bytes) -> dict[int, Value]:
        tags: dict[int, Value] = {
            Tag.HEADERI18NTABLE: strings(["C"]),
            Tag.NAME: string(self.name),
            Tag.VERSION: string(self.version),
            Tag.RELEASE: string(self.release),
            Tag.SUMMARY: translated(self.summary),
            Tag.DESCRIPTION: translated(f"{self.summary}, described."),
            Tag.BUILDTIME: int32(self.built),
            Tag.BUILDHOST: string("host"),
            Tag.LICENSE: string("MIT"),
            Tag.OS: string(self.os),
            Tag.ARCH: string(self.arch),
            Tag.SOURCERPM: string(f"{self.name}-{self.version}-{self.release}.src.rpm"),
            Tag.PAYLOADFORMAT: string("cpio"),
            Tag.PAYLOADCOMPRESSOR: string("gzip"),
            Tag.PAYLOADFLAGS: string("9"),
            Tag.PAYLOADDIGEST: strings([hashlib.sha256(payload).hexdigest()]),
            Tag.PAYLOADDIGESTALGO: int32(8),
            **self._files(),
        }
        if self.epoch is not None:
            tags[Tag.EPOCH] = int32(self.epoch)
        for kind, (names, flags, versions) in RELATIONS.items():
            texts = self.provides() if kind == "provides" else self.relations.get(kind, ())
            rows = [_relation(text) for text in texts]
            if rows:
                tags[names] = strings([name for name, _, _ in rows])
                tags[flags] = int32(*(flag for _, flag, _ in rows))
                tags[versions] = strings([version for _, _, version in rows])
        return {**tags, **self.more}

    def _files(self) -> dict[int, Value]:
        if not self.files:
            return {}
        paths = sorted(self.files)
        folders = list(dict.fromkeys(path.rpartition("/")[0] + "/" for path in paths))
        count = len(paths)
        sizes = [len(self.files[path]) for path in paths]
        modes = [stat.S_IFREG | (0o755 if "bin/" in path else 0o644) for path in paths]
        return {
            Tag.SIZE: int32(sum(sizes)),
            Tag.FILESIZES: int32(*sizes),
            Tag.FILEMODES: int16(*modes),
            Tag.FILERDEVS: int16(*[0] * count),
            Tag.FILEMTIMES: int32(*[self.built] * count),
            Tag.FILEDIGESTS: strings([hashlib.md5(self.files[path]).hexdigest() for path in paths]),
            Tag.FILELINKTOS: strings([""] * count),
            Tag.FILEFLAGS: int32(*[0] * count),
            Tag.FILEUSERNAME: strings([self.owner[0]] * count),
            Tag.FILEGROUPNAME: strings([self.owner[1]] * count),
            Tag.FILEVERIFYFLAGS: int32(*[0xFFFFFFFF] * count),
            Tag.FILEDEVICES: int32(*[1] * count),
            Tag.FILEINODES: int32(*range(1, count + 1)),
            Tag.FILELANGS: strings([""] * count),
            Tag.DIRINDEXES: int32(
                *(folders.index(path.rpartition("/")[0] + "/") for path in paths)
            ),
            Tag.BASENAMES: strings([path.rpartition("/")[2] for path in paths]),
            Tag.DIRNAMES: strings(folders),
        }


def _relation(text: str) -> tuple[str, int, str]:
    text, _, extra = text.partition(" !")
    name, _, condition = (text, "", "") if text.startswith("(") else text.partition(" ")
    sign, _, version = condition.partition(" ")
    flags = SIGNS[sign] | (int(extra) if extra else 0)
    return name, flags | (1 << 24 if name.startswith("rpmlib(") else 0), version


def linux(name: str, version: str = "1.0", release: str = "1", **more: object) -> Made:
    """Return an rpm for Linux."""
    facts = {"arch": "x86_64", "os": "linux", "owner": ("root", "root"), **more}
    return Made(name, version, release, **facts)  # type: ignore[arg-type]


HOME = "/QOpenSys/pkgs/lib"
ZLIB = "lib:/QOpenSys/pkgs/lib/libz.so.1(shr_64.o)(ppc64)"
LIBC = "lib:/QOpenSys/usr/lib/libc.a(shr_64.o)(ppc64)"


def nodejs(version: str = "20.11.1", release: str = "1", **more: object) -> Made:
    """Return a runtime as IBM packs it."""
    name = f"nodejs{version.partition('.')[0]}"
    facts: dict[str, object] = {
        "relations": {
            "requires": (LIBC, ZLIB, "/bin/sh", "rpmlib(CompressedFileNames) <= 3.0.4-1")
        },
        "files": {
            f"{HOME}/{name}/bin/node": b"\x01\xf7 stands for node\n",
            f"{HOME}/{name}/lib/node_modules/npm/package.json": b"{}\n",
        },
        **more,
    }
    return Made(name, version, release, **facts)  # type: ignore[arg-type]


def whole_nodejs(version: str = "20.11.1") -> Made:
    """Return a runtime with everything that makes it one."""
    home = f"{HOME}/nodejs{version.partition('.')[0]}"
    files = {
        f"{home}/{entry.path}": b"".join(entry.content.chunks())
        for entry in runtime_entries("ibmi-ppc64", version)
        if isinstance(entry, File)
    }
    return nodejs(version, files={**files, f"{home}/{NPM}/npmrc": b"prefix=/x\n"})


def ibmi_world(runtime: Made | None = None) -> list[Made]:
    """Return a runtime and what it needs, libraries that need each other among it."""
    return [
        runtime or nodejs(),
        Made("pase-libs-dummy", "7.3", "0", relations={"provides": (LIBC,)}, arch="fat"),
        Made(
            "libz1", "1.3", "0",
            relations={"provides": (ZLIB,), "requires": (LIBC, "zlib-tools >= 1.2")},
            files={f"{HOME}/libz.so.1": b"a library\n"},
        ),
        Made(
            "zlib-tools", "1.3", "0",
            relations={"requires": ("libz1 = 1.3-0", f"{HOME}/libz.so.1", "/QOpenSys/usr/bin/ksh")},
            files={"/QOpenSys/pkgs/bin/zpipe": b"a tool\n"},
        ),
    ]  # fmt: skip
