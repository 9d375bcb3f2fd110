"""A release as independent units of work, each named by a digest of everything that determines its output.

A unit is one version for one target in some formats. It is a value: planned here, carried out by
:func:`carry_out` on any machine that has this version of rtbuild and reaches the source and the
output. The same unit carried out twice, or on two machines at once, leaves the same bytes under
the same name, so nobody has to know who else is at work.

What is in a name: version, target, formats, level, the settings with the digest of every file they
bring, ``SOURCE_DATE_EPOCH``, the source's own digest of what will be fetched, the version of rtbuild.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from rtinstall.platforms.build import Watch, build
from rtinstall.platforms.manifest import Artifact, describe
from rtinstall.platforms.origin import Origin, Sources
from rtinstall.platforms.outputs import output_at
from rtinstall.platforms.package import Effort, Level
from rtinstall.platforms.runtimes import bundle_of
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotPublished,
    VerificationFailed,
    error_of,
)
from rtinstall.runtime_bundle.model import Blob, File
from rtinstall.runtime_bundle.sources import Offer, RuntimeSource
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version

MOST = 256 << 20  # bytes of files that go along to another machine


@dataclass(frozen=True, slots=True)
class Unit:
    """One version for one target: what to do, from where, and how.

    ``turn`` is the place of the source among those that ``origin`` means, ``source`` its name.
    ``identity`` and ``location`` are those of the :class:`Offer` that was planned with. ``epoch``
    (seconds since 1970) replaces the release date, as ``SOURCE_DATE_EPOCH`` asks.
    """

    version: str
    target: str
    formats: tuple[str, ...]
    source: str
    turn: int
    identity: str
    location: str
    origin: Origin
    settings: Settings
    level: Level = "balanced"
    epoch: int | None = None
    made_by: str = __version__

    @property
    def basis(self) -> str:
        """Return a digest of everything that determines the output but the formats."""
        facts = [
            self.made_by, self.version, self.target, self.source, self.identity, self.location,
            self.level, self.epoch, _plain(self.settings),
        ]  # fmt: skip
        return _digest(facts)

    @property
    def name(self) -> str:
        """Return the unit's name, 64 hexadecimal digits."""
        return _digest([self.basis, self.formats])

    def __str__(self) -> str:
        """Return what people call it."""
        return f"node {self.version} for {self.target}"


@dataclass(frozen=True, slots=True)
class Made:
    """One file of a unit, and the seconds it took to write and to read back; ``kept`` was there before."""

    artifact: Artifact
    writing: float = 0.0
    checking: float = 0.0
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a unit was not carried out, as an error says it; ``trace`` is there for a fault of our own."""

    message: str
    hint: str
    exit_code: int
    trace: str = ""

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Put what was raised into words that can be sent anywhere."""
        known = error_of(error)
        if known is not None:
            return cls(str(known), known.hint, known.exit_code)
        trace = "".join(traceback.format_exception(error))
        hint = "this is a fault of rtbuild: report it with the lines above"
        return cls(f"{type(error).__name__}: {error}", hint, 1, trace)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a unit: ``facts`` are those of its runtime (:func:`describe`), if there is one."""

    facts: Mapping[str, object]
    made: tuple[Made, ...]
    failure: Failure | None = None


Open = Callable[[Unit], Sources]


def unit_of(
    offer: Offer,
    source: RuntimeSource,
    opened: Sources,
    origin: Origin,
    *,
    formats: tuple[str, ...],
    settings: Settings,
    level: Level,
    epoch: int | None,
) -> Unit:
    """Make the unit that turns ``offer`` of ``source`` into packages."""
    return Unit(
        version=str(offer.release.version),
        target=offer.target.name,
        formats=formats,
        source=source.name,
        turn=next(i for i, each in enumerate(opened.ordered) if each is source),
        identity=offer.identity,
        location=offer.location,
        origin=origin,
        settings=settings,
        level=level,
        epoch=epoch,
    )


class Opener:
    """Makes the sources that units name, and remembers them: they know what they have asked."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[object, Sources] = {}
        self._making = threading.Lock()

    def __call__(self, unit: Unit) -> Sources:
        """Return the sources of ``unit``."""
        with self._making:
            key = self._key(unit)
            if key not in self._known:
                channel = Version.parse(unit.version).channel
                self._known[key] = unit.origin.open(channel, lambda line: None, unit.settings)
            return self._known[key]

    def forget(self, unit: Unit) -> None:
        """Let the sources of ``unit`` be asked again."""
        with self._making:
            self._known.pop(self._key(unit), None)

    def _key(self, unit: Unit) -> object:
        release = unit.settings.metadata.freebsd.release
        return unit.origin, Version.parse(unit.version).channel, release


def carry_out(
    unit: Unit,
    output: str,
    *,
    open_sources: Open,
    jobs: int = 1,
    watch: Watch | None = None,
) -> Outcome:
    """Fetch, assemble, build, read back, and deliver to ``output``, where it is not yet published.

    Raises the errors of each; whatever is raised, nothing half-written is left, and a unit that was
    delivered before is not carried out again.
    """
    watch = watch or Terminal(None, quiet=True)
    if unit.made_by != __version__:
        raise BadConfiguration(
            f"{unit} was planned by rtbuild {unit.made_by}, and this is {__version__}",
            hint="install the same version on every machine that takes part",
        )
    place = output_at(output)
    if found := place.delivered(unit.name):
        return Outcome(found.facts, tuple(Made(item, kept=False) for item in found.artifacts))
    sources = open_sources(unit)
    source, offer = _offered(unit, sources)
    with place.stage() as stage:
        bundle = bundle_of(
            source, offer, unit.settings, stage / "spool", watch,
            npm=sources.npm, released=unit.epoch,
        )  # fmt: skip
        effort = Effort(unit.level, jobs)
        built = [
            build(bundle, unit.settings, name, stage=stage, effort=effort, watch=watch)
            for name in unit.formats
        ]
        built = [replace(b, artifact=replace(b.artifact, basis=unit.basis)) for b in built]
        place.deliver(unit.name, bundle, built, stage)
    made = (Made(b.artifact, b.writing, b.checking, kept=False) for b in built)
    return Outcome(describe(bundle), tuple(made))


def attempt(act: Callable[[], Outcome]) -> Outcome:
    """Carry out a unit by ``act``; what goes wrong is an outcome, too."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001  # told at the end, and the others go on
        return Outcome({}, (), Failure.of(error))


def _offered(unit: Unit, sources: Sources) -> tuple[RuntimeSource, Offer]:
    """Find what was planned with at its source, or raise if that has something else by now."""
    version, target = Version.parse(unit.version), target_named(unit.target)
    source = sources.ordered[unit.turn]
    for release in source.releases(target):
        if release.version == version:
            offer = source.offer(release, target)
            if offer.identity == unit.identity:
                return source, offer
            raise VerificationFailed(
                f"{source.name} has another {unit} than when the release was planned",
                hint="run the same command again: it plans with what is there now",
            )
    raise NotPublished(f"{source.name} no longer has {unit}")


def settings_name(settings: Settings) -> str:
    """Return a digest of ``settings`` and of every file they bring."""
    return _digest(_plain(settings))


def portable(settings: Settings) -> Settings:
    """Return ``settings`` with the contents of their files inside, for a machine that has not got them.

    Raises :class:`BadConfiguration` for more than ``MOST`` bytes.
    """
    size = sum(file.size for file in _files(settings))
    if size > MOST:
        raise BadConfiguration(
            f"files of {size >> 20} MiB are too many to be handed to other machines: at most"
            f" {MOST >> 20}",
            hint="put fewer or smaller ones into the configuration, or use --jobs",
        )
    inside = _inside(settings)
    assert isinstance(inside, Settings)
    return inside


def _files(value: object) -> Iterator[File]:
    """Yield every file in ``value``, however deep."""
    if isinstance(value, File):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _files(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _files(item)


def _inside(value: object) -> object:
    """Return ``value`` with the contents of every file in memory."""
    if isinstance(value, File):
        return replace(value, content=Blob(b"".join(value.content.chunks())))
    if isinstance(value, tuple):
        return tuple(map(_inside, value))
    if is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: _inside(getattr(value, field.name)) for field in fields(value)}
        return replace(value, **changed)
    return value


def matrix(units: Iterable[Unit], *words: str) -> list[dict[str, str]]:
    """Return what a CI system needs to carry out each unit by itself, a row a unit.

    ``words`` are added to each command: the output, and what the settings came of (``--config``).
    """
    return [
        {
            "unit": unit.name,
            "version": unit.version,
            "target": unit.target,
            "formats": " ".join(unit.formats),
            "command": shlex.join(command_of(unit, *words)),
        }
        for unit in units
    ]


def command_of(unit: Unit, *words: str) -> list[str]:
    """Return the command line that carries out one unit."""
    formats = (word for name in unit.formats for word in ("--format", name))
    return [
        "rtbuild", "release", unit.version, "--target", unit.target, *formats,
        "--level", unit.level, *unit.origin.words,
        *(("--npm", unit.settings.npm) if unit.settings.npm else ()), *words,
    ]  # fmt: skip


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    """Return ``value`` as JSON has it, contents of files as their digests."""
    if isinstance(value, File):
        return [value.path, value.mode, value.sha256]
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
