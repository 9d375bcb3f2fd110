"""``rtinstall resolve``: what a version expression means."""

from __future__ import annotations

import json

import click

from rtinstall.installer.commands.options import ASKING, json_option, settable
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import BadConfiguration, NothingAsked, UnknownVersion


@click.command("resolve")
@click.argument("expression", default="")
@click.option("--remote", is_flag=True, help="Among what can be installed, not what is.")
@click.option("--installed", "local", is_flag=True, help="Among what is installed alone.")
@settable(*ASKING)
@json_option
def COMMAND(session: Session, *, expression: str, remote: bool, local: bool, as_json: bool) -> None:
    """Show the version that EXPRESSION means: 22, lts/jod, '>=20 <23', an alias.

    The newest installed version that fits, and if there is none, the newest that can be installed.
    Without EXPRESSION it is what this folder asks for. Under the name of version it looks only at
    what is installed, under that of version-remote only at what can be: they are nvm's.
    """
    from rtinstall.installer.active import asking, wanted
    from rtinstall.installer.allowed import allowed
    from rtinstall.installer.project import usable
    from rtinstall.installer.resolution import among, meaning

    name = click.get_current_context().info_name
    local, remote = local or name == "version", remote or name == "version-remote"
    if local and remote:
        raise BadConfiguration("--installed and --remote exclude each other", hint="name one")
    texts: tuple[str, ...] = (expression,)
    if not expression:
        found = asking(session)
        if not found:
            raise NothingAsked("no version was named, and nothing here asks for one")
        texts = usable(found[0]).texts
    if not remote:
        may_be_used = allowed(session.store)
        if any(meaning(text, session.aliases) is None for text in texts[:1]):
            _show(wanted(texts[0], session).word, texts[0], installed=True, as_json=as_json)
            return
        for text in texts:
            if one := among(text, may_be_used, session.aliases):
                _show(one.name, text, installed=True, as_json=as_json)
                return
    if local:
        wanted(texts[0], session)  # which says that it is not installed
    _show(_release(session, texts[0]), texts[0], installed=False, as_json=as_json)


def _release(session: Session, text: str) -> str:
    """Return the newest release that ``text`` means and that may be installed here."""
    from rtinstall.installer.choice import choose
    from rtinstall.installer.resolution import meaning

    spec = meaning(text, session.aliases)
    if spec is None:
        raise UnknownVersion("'system' is no release", hint="leave --remote out")
    return choose(spec, session.catalogue, session.rules).found.release.version.tag


def _show(word: str, text: str, *, installed: bool, as_json: bool) -> None:
    if as_json:
        word = json.dumps({"asked": text, "version": word, "installed": installed}, indent=1)
    click.echo(word)
