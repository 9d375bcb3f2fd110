"""Archives made byte by byte, legal or broken in one chosen place; shares nothing with the readers."""

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace


def tar_member(
    name: str | bytes,
    data: bytes = b"",
    *,
    flag: bytes = b"0",
    mode: int = 0o644,
    link: str | bytes = b"",
    size: int | bytes | None = None,
    time: int = 1_700_000_000,
    checksum: int = 0,
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Return header and data of one member; ``size`` and ``checksum`` (added) make it a lie."""
    name = name.encode() if isinstance(name, str) else name
    link = link.encode() if isinstance(link, str) else link
    prefix = b""
    if len(name) > 100 and flag not in b"xgLK":
        cut = name.rfind(b"/", 0, 156)
        prefix, name = name[:cut], name[cut + 1 :]
    assert len(name) <= 100
    assert len(link) <= 100
    field = size if isinstance(size, bytes) else b"%011o\0" % (len(data) if size is None else size)
    fields = [
        name.ljust(100, b"\0"), b"%07o\0" % mode, b"0000000\0", b"0000000\0", field,
        b"%011o\0" % time, b" " * 8, flag, link.ljust(100, b"\0"), magic,
        b"root".ljust(32, b"\0"), b"root".ljust(32, b"\0"), bytes(16), prefix.ljust(155, b"\0"),
        bytes(12),
    ]  # fmt: skip
    block = b"".join(fields)
    total = b"%06o\0 " % (sum(block) + checksum)
    return block[:148] + total + block[156:] + data + bytes(-len(data) % 512)


def pax(records: dict[str, str] | bytes, flag: bytes = b"x") -> bytes:
    """Return an extended header of ``records``, or of raw bytes."""
    if isinstance(records, bytes):
        return tar_member("pax", records, flag=flag)
    lines = b""
    for key, value in records.items():
        line = f" {key}={value}\n".encode()
        size = len(line)
        while size != len(line) + len(str(size)):
            size = len(line) + len(str(size))
        lines += str(size).encode() + line
    return tar_member("pax", lines, flag=flag)


def tar(*members: bytes) -> bytes:
    """Return a whole tar."""
    return b"".join(members) + bytes(1024)


def pack(data: bytes, codec: str) -> bytes:
    """Compress ``data``; ``codec`` as a suffix, empty for none."""
    match codec:
        case "gz":
            return gzip.compress(data, 1, mtime=0)
        case "xz":
            return lzma.compress(data, preset=0)
        case "bz2":
            return bz2.compress(data, 1)
        case "zst":
            import zstandard

            return zstandard.ZstdCompressor(level=1).compress(data)
        case _:
            return data


@dataclass(frozen=True)
class ZipMember:
    """One member of a zip; what is None is made right."""

    name: bytes
    data: bytes = b""
    method: int = 8
    mode: int = 0o100644
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    local_extra: bytes = b""
    local_crc: int | None = None
    local_size: int | None = None
    local_method: int | None = None
    descriptor: bytes | None = None
    offset: int | None = None
    before: bytes = b""
    version: int = 0x031E


def zip_archive(*members: ZipMember, end: bytes | None = None, comment: bytes = b"",
                before_end: bytes = b"", count: int | None = None) -> bytes:  # fmt: skip
    """Return a whole zip."""
    body = b""
    directory = b""
    for member in members:
        packed = member.packed
        if packed is None:
            encoder = zlib.compressobj(6, zlib.DEFLATED, -15)
            deflated = encoder.compress(member.data) + encoder.flush()
            packed = deflated if member.method == 8 else member.data
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        size = len(member.data) if member.size is None else member.size
        body += member.before
        offset = len(body) if member.offset is None else member.offset
        follows = member.flags & 8
        stated = [
            0 if follows else crc if member.local_crc is None else member.local_crc,
            0 if follows else len(packed),
            0 if follows else size if member.local_size is None else member.local_size,
        ]
        name = member.name if member.local_name is None else member.local_name
        method = member.method if member.local_method is None else member.local_method
        body += struct.pack(
            "<4s5H3I2H", b"PK\x03\x04", 20, member.flags, method, 0, 0x5A21, *stated,
            len(name), len(member.local_extra),
        )  # fmt: skip
        body += name + member.local_extra + packed
        if follows:
            right = struct.pack("<4s3I", b"PK\x07\x08", crc, len(packed), size)
            body += right if member.descriptor is None else member.descriptor
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", member.version, 20, member.flags, member.method, 0, 0x5A21,
            crc, len(packed), size, len(member.name), len(member.extra), 0, 0, 0,
            member.mode << 16, offset,
        )  # fmt: skip
        directory += member.name + member.extra
    number = len(members) if count is None else count
    if end is None:
        end = struct.pack(
            "<4s4H2IH", b"PK\x05\x06", 0, 0, number, number, len(directory), len(body), len(comment)
        )
    return body + directory + before_end + end + comment


def ar(*members: tuple[str, bytes]) -> bytes:
    """Return an ar archive."""
    out = b"!<arch>\n"
    for name, data in members:
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(data))
        out += data + b"\n" * (len(data) % 2)
    return out


def newc(*members: tuple[str, int, bytes]) -> bytes:
    """Return a cpio in the new format from (name, mode with type, data)."""
    out = b""
    for number, (name, mode, data) in enumerate((*members, ("TRAILER!!!", 0, b"")), 1):
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        out += bytes(-len(out) % 4)
        out += data + bytes(-len(data) % 4)
    return out


def odc(*members: tuple[str, int, bytes]) -> bytes:
    """Return a cpio in the old portable format."""
    out = b""
    for number, (name, mode, data) in enumerate((*members, ("TRAILER!!!", 0, b"")), 1):
        out += b"070707" + b"%06o" * 7 % (0, number, mode, 0, 0, 1, 0)
        out += b"%011o%06o%011o" % (0, len(name) + 1, len(data)) + name.encode() + b"\0" + data
    return out


def rpm_header(region: int, values: dict[int, tuple[int, int, bytes]]) -> bytes:
    """Return an rpm header of tag: (type, count, bytes), aligned as its types want."""
    data = b""
    index = b""
    for tag, (kind, count, value) in sorted(values.items()):
        data += bytes(-len(data) % {3: 2, 4: 4, 5: 8}.get(kind, 1))
        index += struct.pack(">4I", tag, kind, len(data), count)
        data += value
    number = len(values) + 1
    index = struct.pack(">4I", region, 7, len(data), 16) + index
    data += struct.pack(">IIiI", region, 7, -16 * number, 16)
    return b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", number, len(data)) + index + data


def strings(*words: str) -> tuple[int, int, bytes]:
    """Return the value of an array of strings."""
    return 8, len(words), b"".join(word.encode() + b"\0" for word in words)


def string(word: str) -> tuple[int, int, bytes]:
    """Return the value of one string."""
    return 6, 1, word.encode() + b"\0"


def numbers(*values: int) -> tuple[int, int, bytes]:
    """Return the value of an array of 32-bit numbers."""
    return 4, len(values), struct.pack(f">{len(values)}I", *values)


def rpm(
    files: dict[str, bytes], *, header_digest: str = "", codec: str = "gz", os: str = "linux",
    mode: int = 0o644,
) -> bytes:  # fmt: skip
    """Return an rpm of ``files``, keyed by absolute path; ``header_digest`` makes it a lie."""
    members = ((f".{path}", 0o100000 | mode, data) for path, data in files.items())
    payload = pack(newc(*members), codec)
    split = [path.rpartition("/") for path in files]
    folders = sorted({f"{folder}/" for folder, _, _ in split})
    header = rpm_header(63, {
        1000: string("demo"), 1001: string("1.0"), 1002: string("2"), 1021: string(os),
        1022: string("x86_64"), 1023: string("exit 0"),
        1037: numbers(*(0 for _ in files)),
        1035: strings(*(hashlib.sha256(data).hexdigest() for data in files.values())),
        1049: strings("libc.so.6", "bash"), 1048: numbers(0, 12), 1050: strings("", "5"),
        1116: numbers(*(folders.index(f"{folder}/") for folder, _, _ in split)),
        1117: strings(*(name for _, _, name in split)), 1118: strings(*folders),
        5011: numbers(8), 5092: strings(hashlib.sha256(payload).hexdigest()), 5093: numbers(8),
    })  # fmt: skip
    signature = rpm_header(62, {
        273: string(header_digest or hashlib.sha256(header).hexdigest()),
        1000: numbers(len(header) + len(payload)),
        1004: (7, 16, hashlib.md5(header + payload, usedforsecurity=False).digest()),
    })  # fmt: skip
    lead = b"\xed\xab\xee\xdb\x03\0\0\0\0\1" + b"demo".ljust(66, b"\0") + b"\0\1\0\5" + bytes(16)
    return lead + signature + bytes(-len(signature) % 8) + header + payload


def gnu_tar(files: dict[str, bytes]) -> bytes:
    """Return a tar of ``files`` as the standard library makes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def deb(files: dict[str, bytes], *, control: str = "", sums: str = "", codec: str = "xz") -> bytes:
    """Return a .deb of ``files``, keyed ``./path``."""
    text = control or "Package: demo\nVersion: 1.0-2\nArchitecture: amd64\nDescription: a\n b\n"
    lines = sums or "".join(
        f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}  {name[2:]}\n"
        for name, data in files.items()
    )
    inner = {"./control": text.encode(), "./md5sums": lines.encode(), "./postinst": b"#!/bin/sh\n"}
    suffix = f".{codec}" if codec else ""
    return ar(
        ("debian-binary", b"2.0\n"),
        (f"control.tar{suffix}", pack(gnu_tar(inner), codec)),
        (f"data.tar{suffix}", pack(gnu_tar(files), codec)),
    )


def apk(
    files: dict[str, bytes], *, datahash: str = "", sha1: str = "", signed: bool = True
) -> bytes:
    """Return an apk, version 2, of ``files``."""
    members = b"".join(
        pax({"APK-TOOLS.checksum.SHA1":
             sha1 or hashlib.sha1(data, usedforsecurity=False).hexdigest()})
        + tar_member(name, data)
        for name, data in files.items()
    )  # fmt: skip
    data = gzip.compress(members + bytes(1024), mtime=0)
    digest = datahash or hashlib.sha256(data).hexdigest()
    info = f"# made by hand\npkgname = demo\npkgver = 1.0-r2\narch = x86_64\ndepend = a\ndepend = b\ndatahash = {digest}\n"
    control = tar_member(".PKGINFO", info.encode()) + tar_member(".post-install", b"#!/bin/sh\n")
    signature = gzip.compress(tar_member(".SIGN.RSA.demo.rsa.pub", b"s" * 20), mtime=0)
    return (signature if signed else b"") + gzip.compress(control, mtime=0) + data


def arch(files: dict[str, bytes], *, sha256: str = "", codec: str = "zst") -> bytes:
    """Return an Arch Linux package of ``files``."""
    info = b"pkgname = demo\npkgver = 1.0-2\narch = x86_64\nlicense = MIT\n"
    lines = ["#mtree", "/set type=file uid=0 gid=0 mode=644", "./.PKGINFO time=0.0 sha256digest="
             + hashlib.sha256(info).hexdigest()]  # fmt: skip
    for name, data in files.items():
        escaped = name.replace(" ", "\\040")
        digest = sha256 or hashlib.sha256(data).hexdigest()
        lines.append(f"./{escaped} time=0.0 size={len(data)} sha256digest={digest}")
    mtree = gzip.compress("\n".join((*lines, "")).encode(), mtime=0)
    meta = {".PKGINFO": info, ".MTREE": mtree, ".INSTALL": b"post_install() { :; }\n"}
    return pack(gnu_tar(meta | files), codec)


def freebsd(
    files: dict[str, bytes],
    *,
    sha256: str = "",
    codec: str = "zst",
    changes: Mapping[str, object] | None = None,
    mode: int = 0o644,
) -> bytes:
    """Return a FreeBSD package of ``files``, keyed by absolute path; ``changes`` its manifest."""
    import json

    listed = {
        name: "1$" + (sha256 or hashlib.sha256(data).hexdigest()) for name, data in files.items()
    }
    manifest = {
        "name": "demo", "version": "1.0_2", "abi": "FreeBSD:14:amd64", "licenses": ["MIT"],
        "deps": {"a": {"origin": "x/a"}}, "shlibs_required": ["liba.so.1"],
        "messages": [{"message": "Hello", "type": "install"}],
        "files": listed, "config": [name for name in files if name.endswith(".conf")],
        "directories": {"/usr/empty": "y"}, "scripts": {"post-install": "true"},
        **(changes or {}),
    }  # fmt: skip
    compact = {key: value for key, value in manifest.items() if key not in ("files", "scripts")}
    members = [tar_member("+COMPACT_MANIFEST", json.dumps(compact).encode()),
               tar_member("+MANIFEST", json.dumps(manifest).encode())]  # fmt: skip
    return pack(tar(*members, *(tar_member(name, data, mode=mode) for name, data in files.items())),
                codec)  # fmt: skip


def wheel(files: dict[str, bytes], *, sha256: str = "") -> bytes:
    """Return a wheel of ``files``."""
    import base64

    folder = "demo-1.0.dist-info"
    whole = files | {
        f"{folder}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\nText: no field\n",
        f"{folder}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-linux_x86_64\n",
    }
    lines = []
    for name, data in whole.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={sha256 or digest},{len(data)}\n")
    whole[f"{folder}/RECORD"] = "".join((*lines, f"{folder}/RECORD,,\n")).encode()
    return zip_archive(*(ZipMember(name.encode(), data) for name, data in whole.items()))


def changed(member: ZipMember, **fields: object) -> ZipMember:
    """Return ``member`` with other fields."""
    return replace(member, **fields)  # type: ignore[arg-type]
