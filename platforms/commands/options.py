"""Options that several verbs share, and what they turn into."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from rtinstall.platforms import companion
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.freeze.record import companions
from rtinstall.platforms.package import LEVELS, SCOPES, Scope
from rtinstall.platforms.settings import Settings, load, npm_version
from rtinstall.platforms.windows.identity import guid, upgrade_code
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.errors import BadConfiguration, NotPublished
from rtinstall.runtime_bundle.freebsd.keys import FREEBSD_KEYS
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import RuntimeSource, Say
from rtinstall.runtime_bundle.sources.joined import Joined
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.sources.named import Ways, source_named, trusted_key
from rtinstall.runtime_bundle.sources.npm import Npm
from rtinstall.runtime_bundle.targets import FREEBSD, TARGETS, Target, target_named
from rtinstall.runtime_bundle.versions import VersionSpec

Result = TypeVar("Result")
CONFIG = "rtbuild.toml"
SOURCES = ("dist", "pip", "npm", "freebsd", "ibmi")


def _complete_version(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    words = ("lts", "latest", "lts/krypton", "lts/jod", "24", "22", "26")
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


version_argument = click.argument("version", metavar="VERSION", shell_complete=_complete_version)

target_option = click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    shell_complete=lambda c, p, i: [t.name for t in TARGETS if t.name.startswith(i)],
    help="Only this target; may be repeated. `rtbuild targets` lists them.",
)
format_option = click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help="Only this format; may be repeated.",
)
level_option = click.option(
    "-l",
    "--level",
    type=click.Choice(LEVELS),
    default="balanced",
    show_default=True,
    help="Trade time against size.",
)
jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    show_default="all cores",
    help="Threads to compress on; the bytes do not depend on it.",
)
config_option = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Names, prefix, npmrc and more; ./{CONFIG} if it is there.",
)


def out_option(
    default: str, purpose: str
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Return the option that says where a verb writes."""
    return click.option(
        "-o",
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(default),
        show_default=True,
        help=purpose,
    )


npm_option = click.option(
    "--npm", "npm", metavar="VERSION", help="Bundle this npm instead of the one upstream bundles."
)
scope_option = click.option(
    "--scope",
    type=click.Choice(SCOPES),
    help="Whom a Windows .msi installs for: the machine, the user, or whoever the user chooses.",
)
alternatives_option = click.option(
    "--alternatives",
    is_flag=True,
    help="Let an rpm for IBM i register node with update-alternatives: the only package with scripts.",
)
rtinstall_option = click.option(
    "--rtinstall",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Put rtinstall into the packages: what rtbuild freeze wrote into DIR, as it fits each target.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the command line says of where a runtime comes from and how servers are reached."""

    sources: tuple[str, ...]
    allow_unsigned: bool
    trust: tuple[str, ...]
    sha256: str | None
    ca_certificate: Path | None
    offline: bool

    def open(self, spec: VersionSpec, say: Say, settings: Settings) -> Sources:
        """Make the sources that the names mean; none named means ``SOURCES``, in this order."""
        network = Network(ca=self.ca_certificate, offline=self.offline)
        cache = Cache()
        ways = Ways(
            cache,
            network,
            say,
            channel=spec.version.channel if spec.version else "release",
            allow_unsigned=self.allow_unsigned,
            release=settings.metadata.freebsd.release or FREEBSD[0],
            trusted=tuple(map(trusted_key, self.trust)) or FREEBSD_KEYS,
            sha256=self.sha256,
        )
        found = [source_named(name, ways) for name in self.sources or SOURCES]
        # What is on disk is one runtime, which is universal or not.
        joined = (each if isinstance(each, Local) else Joined(each) for each in found)
        npm = next((each for each in found if isinstance(each, Npm)), Npm(cache, network))
        return Sources(tuple(joined), npm)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources to ask, in order, and the one that has npm by itself."""

    ordered: tuple[RuntimeSource, ...]
    npm: Npm


SOURCE_OPTIONS = (
    click.option(
        "-s",
        "--source",
        "sources",
        multiple=True,
        metavar="SOURCE",
        shell_complete=lambda c, p, i: [s for s in (*SOURCES, "unofficial") if s.startswith(i)],
        help="dist, unofficial, pip, npm, freebsd (freebsd:15), ibmi, a mirror's address, that of a"
        " repository as freebsd+URL or ibmi+URL, or a file or folder on disk; several are asked in"
        " order.  [default: dist, then pip, npm, freebsd, ibmi]",
    ),
    click.option(
        "--allow-unsigned",
        is_flag=True,
        help="Accept a mirror without signatures; recorded in the manifest.",
    ),
    click.option(
        "--trust",
        multiple=True,
        metavar="KEY",
        help="A public key (PEM file), or the SHA-256 of its file, that may sign a FreeBSD repository;"
        " may be repeated.  [default: the FreeBSD project's]",
    ),
    click.option("--sha256", metavar="HEX", help="What a file given as --source must hash to."),
    click.option(
        "--ca-certificate",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Trust these certificates (PEM) for downloads, as behind a company's proxy.",
    ),
    click.option("--offline", is_flag=True, help="Use the cache and the disk, no network."),
)


def source_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add the options of an :class:`Origin`; the command gets them as one argument ``origin``."""

    @wraps(command)
    def with_origin(**arguments: Any) -> Result:
        origin = Origin(**{field.name: arguments.pop(field.name) for field in fields(Origin)})
        return command(origin=origin, **arguments)

    decorated: Callable[..., Result] = with_origin
    for option in reversed(SOURCE_OPTIONS):
        decorated = option(decorated)
    return decorated


def chosen_targets(
    names: tuple[str, ...], formats: tuple[str, ...]
) -> dict[Target, tuple[str, ...]]:
    """Return the targets to build for and the formats of each.

    Without names, all that have a format asked for. Raises :class:`NotPublished` for a named
    target that has none of the formats.
    """
    found: dict[Target, tuple[str, ...]] = {}
    for target in [target_named(name) for name in names] or TARGETS:
        wanted = tuple(name for name in target.formats if not formats or name in formats)
        if wanted:
            found[target] = wanted
        elif names:
            have = ", ".join(target.formats) or "none yet"
            raise NotPublished(
                f"{target} has no format {' or '.join(formats)}" if formats else
                f"no format is written for {target}",
                hint=f"formats of {target}: {have}",
            )  # fmt: skip
    if not found:
        raise NotPublished(f"no target has the format {' or '.join(formats)}")
    return found


def settings_from(
    config: Path | None,
    npm: str | None,
    scope: Scope | None = None,
    *,
    alternatives: bool = False,
    rtinstall: Path | None = None,
) -> Settings:
    """Read the configuration, the one named or the one in this folder; options stand above it."""
    if config is None and Path(CONFIG).is_file():
        config = Path(CONFIG)
    settings = load(config) if config is not None else Settings()
    if scope:
        windows = replace(settings.metadata.windows, scope=scope)
        settings = replace(settings, metadata=replace(settings.metadata, windows=windows))
    if alternatives:
        ibmi = replace(settings.metadata.ibmi, alternatives=True)
        settings = replace(settings, metadata=replace(settings.metadata, ibmi=ibmi))
    if rtinstall is not None:
        settings = replace(settings, companions=companions(rtinstall))
    return replace(settings, npm=npm_version(npm)) if npm else settings


def show_companions(
    settings: Settings, wanted: Mapping[Target, Collection[str]], say: Say, *, exact: bool
) -> None:
    """Say which ``rtinstall`` goes into the packages of each target, and which get none.

    Where the targets are to be ``exact``, that is an error: :class:`NotPublished`.
    """
    if not settings.companions:
        return
    for target, formats in wanted.items():
        if companion.FORMATS.isdisjoint(formats):
            continue
        found = companion.fitting(settings.companions, target)
        if found is None and exact:
            raise NotPublished(
                f"there is no rtinstall for {target} where --rtinstall says",
                hint="run rtbuild freeze on that system, or leave out --rtinstall",
            )
        say(f"{target}: {found or 'without rtinstall, none was frozen for it'}")


def show_family(settings: Settings, formats: Collection[str], say: Say) -> None:
    """Say by what the .msi of this product find each other, as long as that hangs on its name."""
    if "msi" in formats and not settings.metadata.windows.upgrade_code:
        family = guid(upgrade_code(settings.metadata))
        say(f"the .msi is of the family {family}; pin it: windows.upgrade_code in {CONFIG}")


def source_date_epoch() -> int | None:
    """Return ``SOURCE_DATE_EPOCH`` (reproducible-builds.org), None where it is not set."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) >= 1 << 32:
        raise BadConfiguration(
            f"SOURCE_DATE_EPOCH must be seconds since 1970, not {text!r}",
            hint="unset it to use the release date of the runtime",
        )
    return int(text)
