"""``rtinstall config``: every setting, its value and where that is from."""

from __future__ import annotations

import json

import click

from rtinstall.installer.commands.options import json_option
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.addresses import bare
from rtinstall.runtime_bundle.commandline import columns


@click.command("config")
@json_option
@click.pass_obj
def COMMAND(session: Session, *, as_json: bool) -> None:
    """Show every setting, where it is from, and what the administrator allows.

    A flag goes before the environment, that before the configuration file. Passwords in addresses
    are not shown.
    """
    from rtinstall.installer.settings import KINDS

    policy = session.policy
    rows = [
        (name, shown(setting.value), setting.origin, KINDS[name])
        for name, setting in session.settings.each().items()
    ]
    allowed = {
        "sources": None if policy.sources is None else [shown(name) for name in policy.sources],
        "versions": policy.versions.text if policy.versions else None,
        "signatures": policy.signatures,
        "minimum_age": policy.minimum_age,
    }
    if as_json:
        result = {
            "settings": {
                name: {"value": value, "from": origin, "variables": kind.variables}
                for name, value, origin, kind in rows
            },
            "files": {
                "config": str(session.places.config),
                "default_packages": str(session.places.default_packages),
                "policy": str(session.places.policy),
                "home": str(session.places.home),
                "cache": str(session.cache.root),
            },
            "policy": {"from": str(policy.file) if policy.file else None, **allowed},
        }
        click.echo(json.dumps(result, indent=1))
        return
    table = [(name, _plain(value), origin) for name, value, origin, _ in rows]
    click.echo(columns([("SETTING", "VALUE", "FROM"), *table]))
    click.echo(
        f"\nconfiguration  {session.places.config}{_missing(session.places.config.exists())}"
    )
    named = session.places.default_packages
    click.echo(f"packages       {named}{_missing(named.exists())}")
    click.echo(f"home           {session.places.home}")
    click.echo(f"cache          {session.cache.root}")
    click.echo(f"policy         {session.places.policy}{_missing(policy.file is not None)}")
    for name, value in allowed.items():
        if policy.file and value not in (None, False, 0):
            click.echo(f"  {name}: {_plain(value)}")


def shown(value: object) -> object:
    """Return ``value`` ready for JSON, without what may be secret in an address."""
    if isinstance(value, tuple):
        return [shown(each) for each in value]
    if isinstance(value, str) and "://" in value:
        return bare(value)
    return value


def _plain(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value)) or "-"
        case _:
            return str(value) or "-"


def _missing(there: bool) -> str:
    return "" if there else "  (not there)"
