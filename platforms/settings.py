"""What a release engineer decides: ``rtbuild.toml``, read once into an immutable value.

Unknown keys are refused, so that a misspelt one is not silently without effect. Paths are relative
to the configuration file. Nothing in it is executed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from rtinstall.platforms.companion import Companion
from rtinstall.platforms.package import (
    SCOPES,
    Codec,
    FreeBsd,
    IbmI,
    MacOs,
    Metadata,
    Windows,
)
from rtinstall.runtime_bundle.errors import BadConfiguration, UnknownVersion
from rtinstall.runtime_bundle.model import Blob, File, Slice, check_path, digest
from rtinstall.runtime_bundle.targets import FREEBSD, IBMI
from rtinstall.runtime_bundle.versions import Version

NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
MAINTAINER = re.compile(r"[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>")
UPGRADE_CODE = re.compile(r"\{?([0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12})\}?", re.IGNORECASE)
# Apple, "Uniform Type Identifiers": letters, digits, hyphens and periods.
IDENTIFIER = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PREFIX = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._+-]*)+")
TEXTS = ("name", "vendor", "maintainer", "summary", "description", "homepage", "license")
# The other formats have one codec, or are named after it.
WITH_CODECS = ("deb", "rpm", "arch", "freebsd")
MAX_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """The words about a package, where it goes, and what goes into it besides the runtime.

    ``prefix`` has no leading slash here. ``npmrc`` and ``certificates`` are file contents or None;
    ``extra`` are files at their final place; ``npm`` is the npm to bundle instead of the upstream one.
    ``companions`` are the ``rtinstall`` that packages get, as :func:`companion.fitting` chooses.
    """

    metadata: Metadata = field(default_factory=Metadata)
    prefix: str = "usr"
    npmrc: bytes | None = None
    certificates: bytes | None = None
    extra: tuple[File, ...] = ()
    npm: str | None = None
    companions: tuple[Companion, ...] = ()


def load(path: Path) -> Settings:
    """Read ``path``, or raise :class:`BadConfiguration` naming the key and what it must be."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfiguration(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is not TOML: {error}") from error
    return parse(table, path.parent)


def parse(table: Mapping[str, object], folder: Path) -> Settings:
    """Turn a parsed configuration into :class:`Settings`; paths in it are relative to ``folder``."""
    known = {*TEXTS, "revision", "prefix", "npmrc", "ca_certificates", "npm", "codec", "files",
             "windows", "macos", "freebsd", "ibmi"}  # fmt: skip
    _refuse_unknown(table, known, "the configuration")
    metadata = _metadata(table)
    settings = Settings(metadata=metadata)
    if "prefix" in table:
        prefix = _text(table, "prefix")
        if not PREFIX.fullmatch(prefix):
            raise BadConfiguration(
                f"prefix must be an absolute path of letters, digits and . _ + -, without '..', not {prefix!r}"
            )
        settings = replace(settings, prefix=prefix[1:])
    if "npm" in table:
        settings = replace(settings, npm=npm_version(_text(table, "npm")))
    if "npmrc" in table:
        settings = replace(settings, npmrc=_small(folder / _text(table, "npmrc")))
    if "ca_certificates" in table:
        pem = _small(folder / _text(table, "ca_certificates"))
        if b"-----BEGIN CERTIFICATE-----" not in pem or b"PRIVATE KEY" in pem:
            raise BadConfiguration("ca_certificates must hold PEM certificates, and no private key")
        settings = replace(settings, certificates=pem)
    if "files" in table:
        settings = replace(settings, extra=_files(table["files"], folder))
    return settings


def npm_version(text: str) -> str:
    """Return the version of npm that ``text`` names, or raise :class:`BadConfiguration`."""
    try:
        return str(Version.parse(text))
    except UnknownVersion:
        raise BadConfiguration(
            f"npm must be a whole version such as 11.6.2, not {text!r}"
        ) from None


def _metadata(table: Mapping[str, object]) -> Metadata:
    changes: dict[str, object] = {key: _text(table, key) for key in TEXTS if key in table}
    if "name" in changes and not NAME.fullmatch(str(changes["name"])):
        raise BadConfiguration(
            f"name must be lower-case letters, digits, '+', '.', '-', not {changes['name']!r}"
        )
    if "maintainer" in changes and not MAINTAINER.fullmatch(str(changes["maintainer"])):
        raise BadConfiguration("maintainer must read 'Name <address@host>'")
    for key in ("name", "vendor", "summary", "homepage", "license"):
        if "\n" in str(changes.get(key, "")):
            raise BadConfiguration(f"{key} must be one line")
    if "revision" in table:
        revision = table["revision"]
        if not isinstance(revision, int) or isinstance(revision, bool) or not 0 < revision < 10000:
            raise BadConfiguration(f"revision must be a number from 1 to 9999, not {revision!r}")
        changes["revision"] = revision
    if "codec" in table:
        changes["codec"] = _codecs(table["codec"])
    if "windows" in table:
        changes["windows"] = _windows(table["windows"])
    if "macos" in table:
        changes["macos"] = _macos(table["macos"])
    if "freebsd" in table:
        own = _table(table["freebsd"], "freebsd", {"release"})
        changes["freebsd"] = FreeBsd(_release(own, "freebsd", FREEBSD))
    if "ibmi" in table:
        changes["ibmi"] = _ibmi(table["ibmi"])
    return replace(Metadata(), **changes)  # type: ignore[arg-type]  # keys are checked above


def _windows(value: object) -> Windows:
    table = _table(value, "windows", {"scope", "upgrade_code", "replace_nodejs"})
    scope = next((s for s in SCOPES if s == table.get("scope", "machine")), None)
    if scope is None:
        raise BadConfiguration(f"windows.scope must be one of {', '.join(SCOPES)}")
    code = UPGRADE_CODE.fullmatch(_text(table, "upgrade_code")) if "upgrade_code" in table else None
    if "upgrade_code" in table and code is None:
        raise BadConfiguration("windows.upgrade_code must be a GUID, as uuidgen prints it")
    replaces = table.get("replace_nodejs", False)
    if not isinstance(replaces, bool):
        raise BadConfiguration("windows.replace_nodejs must be true or false")
    return Windows(scope, code[1].upper() if code else "", replaces)


def _macos(value: object) -> MacOs:
    table = _table(value, "macos", {"identifier"})
    identifier = _text(table, "identifier") if "identifier" in table else ""
    if identifier and not IDENTIFIER.fullmatch(identifier):
        raise BadConfiguration("macos.identifier must be a reversed domain such as com.acme.nodejs")
    return MacOs(identifier)


def _ibmi(value: object) -> IbmI:
    table = _table(value, "ibmi", {"release", "alternatives"})
    alternatives = table.get("alternatives", False)
    if not isinstance(alternatives, bool):
        raise BadConfiguration("ibmi.alternatives must be true or false")
    return IbmI(_release(table, "ibmi", IBMI), alternatives)


def _release(table: Mapping[str, object], name: str, known: tuple[str, ...]) -> str:
    if "release" not in table:
        return ""
    release = _text(table, "release")
    if release not in known:
        raise BadConfiguration(
            f'{name}.release must be one of {", ".join(sorted(known))}, as text, not "{release}"'
        )
    return release


def _table(value: object, name: str, known: set[str]) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadConfiguration(f"{name} must be a table")
    _refuse_unknown(value, known, name)
    return value


def _refuse_unknown(table: Mapping[str, object], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise BadConfiguration(f"unknown key {key!r} in {where}")


def _codecs(value: object) -> dict[str, Codec]:
    if not isinstance(value, dict):
        raise BadConfiguration("codec must be a table such as { deb = 'xz' }")
    for name, codec in value.items():
        if name not in WITH_CODECS:
            raise BadConfiguration(f"codec can be chosen for {', '.join(WITH_CODECS)}, not {name}")
        if codec not in get_args(Codec):
            raise BadConfiguration(f"codec.{name} must be one of {', '.join(get_args(Codec))}")
    return value


def _text(table: Mapping[str, object], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise BadConfiguration(f"{key} must be a text that is not empty")
    return value.strip()


def _small(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_SMALL:
            raise BadConfiguration(f"{path} is larger than {MAX_SMALL} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BadConfiguration(f"cannot read {path}: {error.strerror}") from error


def _files(value: object, folder: Path) -> tuple[File, ...]:
    """Read ``files = { "/etc/motd.d/node" = "motd" }``; an executable source stays executable."""
    if not isinstance(value, dict):
        raise BadConfiguration("files must be a table of destination = source")
    found = []
    for destination, source in value.items():
        if not destination.startswith("/") or not isinstance(source, str):
            raise BadConfiguration(f"files: {destination!r} must be an absolute path = a file")
        path = folder / source
        try:
            check_path(destination[1:])
            status = path.stat()
            content = Slice(path, 0, status.st_size) if status.st_size else Blob(b"")
            mode = 0o755 if status.st_mode & 0o111 else 0o644
            found.append(File(destination[1:], mode, content, digest(content, "sha256")))
        except (OSError, ValueError) as error:
            raise BadConfiguration(f"files: cannot read {path}: {error}") from error
    return tuple(found)
