"""``rtinstall env``: what a shell has to run at its start."""

from __future__ import annotations

import click

from rtinstall.installer.session import Session
from rtinstall.installer.shells import OTHERS, SHELLS


@click.command("env")
@click.option(
    "--shell",
    type=click.Choice([*SHELLS, *OTHERS]),
    metavar="SHELL",
    help="The shell to write for, instead of the one that $SHELL names: bash, zsh, fish, sh, powershell, nushell or cmd.",
)
@click.option("--use-on-cd", is_flag=True, hidden=True, help="What fnm calls it; always so here.")
@click.option("--json", "as_json", is_flag=True, help="Print the folders as JSON, for editors.")
@click.pass_obj
def env(session: Session, *, shell: str | None, use_on_cd: bool, as_json: bool) -> None:
    """Print what a shell has to run at its start.

    The same text is in the file env.SHELL below rtinstall's home, once setup has run: to read that
    starts no program.
    """
    from rtinstall.installer.hook import hook_of
    from rtinstall.installer.shells import snippet

    hook = hook_of(session.places)
    if as_json:
        import json

        value = {
            "RTINSTALL_HOME": hook.home,
            "default": f"{hook.home}/aliases/default{hook.commands}",
            "shims": f"{hook.home}/shims",
        }
        click.echo(json.dumps(value, indent=1))
        return
    name = shell or session.environment.get("SHELL", "").rpartition("/")[2]
    name = OTHERS.get(name, name)
    if name not in SHELLS:
        raise click.UsageError("which shell is it? name it with --shell")
    click.echo(snippet(name, hook), nl=False)


COMMAND = env
