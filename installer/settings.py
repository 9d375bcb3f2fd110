"""What a person or a company sets: by flag, else the environment, else the file, else the default.

One table, :data:`KINDS`, says all there is to a setting: its name in the configuration file, which
variables of the environment it is read from, in this order, and what it may be. Unknown keys are
refused, so that a misspelt one is not silently without effect. A variable that is empty is not set.

The variables of other version managers are read as they read them; those of ours go before. A
mirror of theirs says nothing of signatures, so what comes from it is held to them all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, get_args

from rtinstall.runtime_bundle.errors import BadConfiguration, RtError
from rtinstall.runtime_bundle.targets import Arch, target_named
from rtinstall.runtime_bundle.versions import Version

T = TypeVar("T")
AutoInstall = Literal["ask", "never", "always"]
Progress = Literal["auto", "never", "always"]
LIMIT = 1 << 20  # bytes of a configuration file


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value, and in people's words where it is from: ``--offline``, a variable, a file, ``default``."""

    value: T
    origin: str = "default"

    @property
    def given(self) -> bool:
        """Say whether anybody set it."""
        return self.origin != "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; the names are the keys of the configuration file.

    ``mirrors`` have the layout of nodejs.org/dist and stand in its place, each asked when the one
    before cannot be reached. ``sources`` are asked in this order and no others. ``minimum_age`` is
    in days. ``ca`` are the only certificates trusted, ``extra_ca`` further ones.
    """

    mirrors: Setting[tuple[str, ...]]
    sources: Setting[tuple[str, ...]]
    target: Setting[str]
    arch: Setting[str]
    allow_unsigned: Setting[bool]
    trust: Setting[tuple[str, ...]]
    minimum_age: Setting[int]
    fail_on: Setting[tuple[str, ...]]
    auto_install: Setting[AutoInstall]
    npm: Setting[str]
    copy: Setting[bool]
    offline: Setting[bool]
    ca: Setting[str]
    extra_ca: Setting[str]
    downloads: Setting[int]
    progress: Setting[Progress]

    def each(self) -> Mapping[str, Setting[Any]]:
        """Return every setting by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting is.

    ``read`` takes a text or what TOML has, and returns the value or raises ValueError with what it
    must be. ``variables`` are asked in this order.
    """

    read: Callable[[object], object]
    default: object
    variables: tuple[str, ...]
    help: str


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise ValueError("true or false")


def _words(value: object) -> tuple[str, ...]:
    """Read a list, or a text in which commas or blanks stand between."""
    items = re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(i, str) and i for i in items):
        raise ValueError("a list of texts")
    return tuple(items)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("a text that is not empty")
    return value.strip()


def _number(most: int) -> Callable[[object], object]:
    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch("[0-9]{1,4}", value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise ValueError(f"a number from 0 to {most}")
        return value

    return read


def _one_of(words: tuple[str, ...]) -> Callable[[object], object]:
    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return str(value)

    return read


def _each_of(words: tuple[str, ...]) -> Callable[[object], object]:
    def read(value: object) -> tuple[str, ...]:
        found = _words(value)
        if not set(found) <= set(words):
            raise ValueError(f"any of {', '.join(words)}")
        return found

    return read


def _target(value: object) -> str:
    try:
        return target_named(_text(value)).name
    except RtError as error:
        raise ValueError(f"a target; {error.hint}") from None


def _arch(value: object) -> str:
    """Read an architecture as others write it: ``arm64``, ``x64-musl`` (fnm, n), ``x86_64``."""
    from rtinstall.installer.machine import ARCHS

    name, _, suffix = _text(value).lower().partition("-")
    arch = name if name in get_args(Arch) else {"ia32": "x86", **ARCHS}.get(name)
    if arch is None or suffix not in ("", "musl", "glibc-217"):
        raise ValueError(f"one of {', '.join(get_args(Arch))}")
    return f"{arch}-{suffix}" if suffix else arch


def _npm(value: object) -> str:
    try:
        return str(Version.parse(_text(value)))
    except RtError:
        raise ValueError("a whole version such as 11.6.2") from None


def _unset(read: Callable[[object], object]) -> Callable[[object], object]:
    """Let an empty text pass, which is the default of what is not set."""
    return lambda value: "" if value == "" else read(value)


FAIL_ON = ("eol", "security", "emulated", "unofficial", "unsigned", "unchecked")
KINDS: Mapping[str, Kind] = {
    "mirrors": Kind(
        _words, (), (
            "RTINSTALL_NODE_MIRROR", "NVM_NODEJS_ORG_MIRROR", "FNM_NODE_DIST_MIRROR",
            "N_NODE_MIRROR", "NODE_BUILD_MIRROR_URL", "MISE_NODE_MIRROR_URL",
            "VP_NODE_DIST_MIRROR", "NODEJS_ORG_MIRROR", "NODE_MIRROR",
        ),
        "addresses in the layout of nodejs.org/dist, the next where one cannot be reached",
    ),
    "sources": Kind(_words, (), ("RTINSTALL_SOURCES",), "the sources to ask, in this order"),
    "target": Kind(_unset(_target), "", ("RTINSTALL_TARGET",), "the system to install for"),
    "arch": Kind(
        _unset(_arch), "", ("RTINSTALL_ARCH", "N_ARCH", "FNM_ARCH"),
        "the architecture to install for",
    ),
    "allow_unsigned": Kind(
        _switch, False, ("RTINSTALL_ALLOW_UNSIGNED",), "take a mirror without signatures"
    ),
    "trust": Kind(_words, (), ("RTINSTALL_TRUST",), "keys that may sign a FreeBSD repository"),
    "minimum_age": Kind(
        _number(3650), 0, ("RTINSTALL_MINIMUM_AGE",), "days that a release has to be out"
    ),
    "fail_on": Kind(_each_of(FAIL_ON), (), ("RTINSTALL_FAIL_ON",), "what is not to be installed"),
    "auto_install": Kind(
        _one_of(get_args(AutoInstall)), "ask", ("RTINSTALL_AUTO_INSTALL",),
        "whether to install what a folder asks for",
    ),
    "npm": Kind(_unset(_npm), "", ("RTINSTALL_NPM",), "install this npm, not the one that comes"),
    "copy": Kind(_switch, False, ("RTINSTALL_COPY",), "never share files between versions"),
    "offline": Kind(
        _switch, False, ("RTINSTALL_OFFLINE", "MISE_OFFLINE"), "the cache and the disk, no network"
    ),
    "ca": Kind(
        _unset(_text), "", ("RTINSTALL_CA", "SSL_CERT_FILE"), "trust these certificates (PEM) alone"
    ),
    "extra_ca": Kind(
        _unset(_text), "", ("RTINSTALL_EXTRA_CA", "NODE_EXTRA_CA_CERTS"),
        "trust these certificates, too",
    ),
    "downloads": Kind(_number(32), 3, ("RTINSTALL_DOWNLOADS",), "how many at the same time"),
    "progress": Kind(
        _one_of(get_args(Progress)), "auto", ("RTINSTALL_PROGRESS",), "whether to show progress"
    ),
}  # fmt: skip
# Variables of others that are set to anything at all.
SWITCHES = {"NVM_NO_PROGRESS": ("progress", "never")}

Flags = Mapping[str, tuple[str, object]]
NO_FLAGS: Flags = {}


def load(environment: Mapping[str, str], file: Path, flags: Flags = NO_FLAGS) -> Settings:
    """Return every setting with its origin.

    ``flags`` has for a setting the flag that was given and its value. Raises
    :class:`BadConfiguration` that names the flag, the variable, or file and line.
    """
    written = _read(file)
    found = {
        name: _find(name, kind, environment, file, written, flags) for name, kind in KINDS.items()
    }
    return Settings(**found)


def _find(
    name: str,
    kind: Kind,
    environment: Mapping[str, str],
    file: Path,
    written: Mapping[str, tuple[object, int]],
    flags: Flags,
) -> Setting[Any]:
    if name in flags:
        flag, value = flags[name]
        return Setting(_checked(kind, value, flag), flag)
    for variable in kind.variables:
        if environment.get(variable, "").strip():
            return Setting(_checked(kind, environment[variable], variable), variable)
    for variable, (switched, value) in SWITCHES.items():
        if switched == name and environment.get(variable):
            return Setting(value, variable)
    if name in written:
        value, line = written[name]
        return Setting(_checked(kind, value, f"{file}, line {line}: {name}"), str(file))
    return Setting(kind.default)


def _checked(kind: Kind, value: object, where: str) -> object:
    try:
        return kind.read(value)
    except ValueError as error:
        raise BadConfiguration(
            f"{where} must be {error}, not {value!r}", hint="rtinstall config shows every setting"
        ) from None


def _read(file: Path) -> Mapping[str, tuple[object, int]]:
    """Return the keys of a configuration with their lines; nothing if there is no such file."""
    import tomllib

    try:
        if file.stat().st_size > LIMIT:
            raise BadConfiguration(f"{file} is larger than {LIMIT} bytes")
        text = file.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise BadConfiguration(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{file} is not TOML: {error}", hint="mend the file") from error
    lines = {name: line_of(text, name) for name in table}
    for name, line in lines.items():
        if name not in KINDS:
            raise BadConfiguration(
                f"{file}, line {line}: unknown key {name!r}",
                hint=f"the keys are {', '.join(KINDS)}",
            )
    return {name: (value, lines[name]) for name, value in table.items()}


def line_of(text: str, key: str) -> int:
    """Return the line that ``key`` of a TOML document is on, counted from one."""
    match = re.search(
        rf"^[ \t]*\[?[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*[\]=.]", text, re.MULTILINE
    )
    return text.count("\n", 0, match.start()) + 1 if match else 1
