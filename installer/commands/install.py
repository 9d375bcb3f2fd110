"""``rtinstall install``: versions, or what this folder asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rtinstall.installer.commands.options import INSTALLING, json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import BadConfiguration, NothingAsked, RtError, UnknownVersion

if TYPE_CHECKING:
    from rtinstall.installer.installing import Done
    from rtinstall.installer.progress import Board
    from rtinstall.runtime_bundle.model import Dependency
    from rtinstall.runtime_bundle.targets import Target
    from rtinstall.runtime_bundle.versions import VersionSpec


@click.command("install", short_help="Install versions, or what this folder asks for.")
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@click.option(
    "--lts",
    is_flag=False,
    flag_value="lts",
    metavar="NAME",
    help="The newest LTS release, or with --lts=NAME that of its line.",
)
@click.option("--latest", is_flag=True, help="The newest release.")
@click.option("--default", "as_default", is_flag=True, help="Make it the default, too.")
@click.option("--alias", "alias", metavar="NAME", help="Give it this name, too.")
@click.option(
    "--save", "-w", "save", is_flag=True, help="Write it into this folder's version file."
)
@click.option("--use", "use", is_flag=True, help="Use it in this shell, where the hook is set up.")
@click.option(
    "--reinstall-packages-from",
    "--copy-packages-from",
    "packages_from",
    metavar="VERSION",
    help="Carry the global packages of another version over.",
)
@click.option(
    "--skip-default-packages", "skip_packages", is_flag=True,
    help="Without the packages that the file default-packages names.",
)  # fmt: skip
@click.option(
    "--force", "--repair", "again", is_flag=True, help="Install it again where it is there already."
)
@click.option(
    "--frozen", "--locked", "frozen", is_flag=True,
    help="Install what is in rtinstall.lock, for this system too, or nothing.",
)  # fmt: skip
@click.option(
    "--from", "packed", metavar="FILE",
    help="Use no network, but what rtinstall bundle has written, or a folder of that.",
)  # fmt: skip
@settable(*INSTALLING)
@json_option
@click.option("-s", "from_source", is_flag=True, hidden=True)
@click.option("-b", "binary", is_flag=True, hidden=True)
def COMMAND(
    session: Session,
    *,
    versions: tuple[str, ...],
    lts: str | None,
    latest: bool,
    as_default: bool,
    alias: str | None,
    save: bool,
    use: bool,
    packages_from: str | None,
    again: bool,
    frozen: bool,
    packed: str | None,
    as_json: bool,
    from_source: bool,
    binary: bool,
    skip_packages: bool,
) -> None:
    """Install each VERSION: 22, 22.11.0, lts, lts/jod, latest, '>=20 <23', an alias.

    Without one it is what this folder's files ask for, in the version that rtinstall.lock has for it,
    and then each archive is held to the digest there. What is installed already stays as it is.

    Each new version gets the packages that the file default-packages beside the configuration names,
    one a line. One that npm does not install is said, and no failure.
    """
    from rtinstall.installer import afterwards
    from rtinstall.installer.default_packages import default_packages
    from rtinstall.installer.expression import check_alias_name
    from rtinstall.installer.in_force import every_version, exact, in_force
    from rtinstall.installer.installing import install
    from rtinstall.installer.progress import board

    if from_source:
        raise BadConfiguration(
            "rtinstall installs what was built and signed, and compiles nothing",
            hint="leave -s out; --source pip, npm or a path are other places to take it from",
        )
    if packed:
        from rtinstall.installer.offline import using

        session = click.get_current_context().with_resource(using(session, packed))
    named = bool(versions or lts or latest)
    locked = in_force(session.folder, named=named, frozen=frozen)
    texts = (() if named or locked is None else every_version(locked)) or _texts(
        session, versions, lts, latest=latest
    )
    if locked:
        session = replace(session, locked=locked)
        texts, lacking = exact(locked, texts)
        for text in lacking:
            session.say(f"{locked.name} has no version for {text!r}: rtinstall lock adds it")
    if alias and len(texts) > 1:
        raise BadConfiguration("an alias is for one version", hint="name one, or leave --alias out")
    if alias:
        check_alias_name(alias)
    specs = [_meant(session, text) for text in texts]
    packages = () if skip_packages else default_packages(session.places)
    old = afterwards.source(session, packages_from) if packages_from else None
    shown = session.settings.progress.value
    with board(
        shown=shown != "never" and not as_json, always=shown == "always" and not as_json
    ) as watch:
        session = replace(session, say=watch.say)
        done: list[Done] = []
        names: tuple[str, ...] = ()
        failure: RtError | None = None
        try:
            for each in install(session, specs, watch, again=again):
                done.append(each)
                for said in each.advice:
                    if said.code == "unsigned" and not as_json:
                        continue  # the line "checked" says it
                    watch.say(f"{click.style('note:', fg='yellow', bold=True)} {said.text}")
                if not as_json:
                    tell_done(watch, each)
        except RtError as error:
            failure = error
        finally:  # what is installed counts, whatever became of the rest
            asked = [spec.text for spec in specs]
            done.sort(key=lambda each: asked.index(each.asked))  # not as they came in
            if done:
                names = afterwards.name(session, done, as_default=as_default, alias=alias)
                afterwards.settle(session)
        without = _add_packages(session, watch, done, packages) if packages else {}
        if failure is not None:
            raise failure
        if old is not None:
            afterwards.carry(session, old, done[0].installed)
        if save:
            afterwards.save(session, done[0])
        for line in afterwards.next_steps(session, done, names, use=use):
            watch.say(line)
    if as_json:
        value: dict[str, object] = {"installed": [described(each) for each in done]}
        value["default_packages"] = [
            {
                "name": name,
                "failed": failed,
                "installed": [each for each in packages if each not in failed],
            }
            for name, failed in without.items()
        ]
        click.echo(json.dumps(value, indent=1))


def _add_packages(
    session: Session, watch: Board, done: Sequence[Done], packages: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Give each new version that runs here the default packages; return those that it lacks, by name."""
    from rtinstall.installer.afterwards import add_packages

    without: dict[str, tuple[str, ...]] = {}
    for one in [each.installed for each in done if not each.before]:
        if one.target in session.machine.targets:
            step = watch.step(f"default packages of node {one.name}")
            try:
                without[one.name] = add_packages(session, one, packages)
            finally:
                step.done()
    return without


def _texts(
    session: Session, versions: Sequence[str], lts: str | None, *, latest: bool
) -> tuple[str, ...]:
    """Return the expressions that were asked for, or raise :class:`NothingAsked`."""
    found = list(versions)
    if lts:
        found.append(lts if lts.startswith("lts") else f"lts/{lts}")
    if latest:
        found.append("latest")
    if found:
        return tuple(found)
    from rtinstall.installer.project import asked

    request = asked(session.folder)
    if request is None:
        raise NothingAsked("no version was named, and no file here or further up asks for one")
    session.say(f"{request.place} asks for {request.text}")
    return (request.text,)


def _meant(session: Session, text: str) -> VersionSpec:
    from rtinstall.installer.resolution import meaning

    spec = meaning(text, session.aliases)
    if spec is None:
        raise UnknownVersion(
            "'system' is what is on this machine already", hint="name a version to install"
        )
    return spec


def tell_done(watch: Board, done: Done) -> None:
    """Print what became of one version."""
    installed = done.installed
    if done.before:
        watch.show(f"node {installed.name} is installed already: {installed.folder}")
        return
    runtime = installed.receipt.provenance[0]
    lts = f" ({installed.receipt.lts})" if installed.receipt.lts else ""
    watch.show(
        f"node {installed.name}{lts} with npm {installed.receipt.npm}, from {runtime.source},"
        f" in {done.seconds:.1f} s: {installed.folder}"
    )
    watch.show(f"  checked: {runtime.checked}")
    if words := dependency_words(done.dependencies, installed.target):
        watch.say(f"it needs packages of the system: {words}")


def dependency_words(dependencies: Sequence[Dependency], target: Target) -> str:
    """Return the command that installs what a runtime needs of its system; empty for nothing."""
    if target.os == "freebsd":
        names = [one.name for one in dependencies if one.kind == "package"]
        return f"pkg install {' '.join(names)}" if names else ""
    names = [f"'{one.name}'" for one in dependencies if one.kind == "capability"]
    return f"yum install {' '.join(names)}" if names else ""


def described(done: Done) -> dict[str, object]:
    """Return what became of one version, ready for JSON."""
    installed = done.installed
    runtime = installed.receipt.provenance[0]
    return {
        "asked": done.asked,
        "name": installed.name,
        "version": str(installed.version),
        "target": installed.target.name,
        "npm": installed.receipt.npm,
        "lts": installed.receipt.lts,
        "path": str(installed.folder),
        "bin": str(installed.bin),
        "source": runtime.source,
        "location": runtime.location,
        "digest": runtime.digest,
        "checked": runtime.checked,
        "signed": installed.receipt.signed,
        "before": done.before,
        "seconds": round(done.seconds, 3),
        "advice": [{"code": each.code, "text": each.text} for each in done.advice],
        "dependencies": [one.name for one in done.dependencies],
    }
