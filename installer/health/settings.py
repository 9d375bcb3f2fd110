"""What is set, and which of several words for it counts."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.installer.health import Finding
from rtinstall.installer.session import Session


def settings(session: Session) -> Iterator[Finding]:
    """Say which mirror counts, what is passed over for it, and what lowers the guard."""
    from rtinstall.installer.default_packages import default_packages
    from rtinstall.installer.settings import KINDS
    from rtinstall.runtime_bundle.addresses import bare

    found = session.settings
    if found.mirrors.given:
        addresses = ", ".join(map(bare, found.mirrors.value))
        text = f"versions come from the mirror {addresses}, as {found.mirrors.origin} says"
        yield Finding("settings", "note", text)
    for name, setting in found.each().items():
        variables = [v for v in KINDS[name].variables if session.environment.get(v, "").strip()]
        others = [variable for variable in variables if variable != setting.origin]
        differing = [v for v in others if session.environment[v] != _said(session, setting.origin)]
        if differing and setting.origin in KINDS[name].variables:
            text = f"{name} is what {setting.origin} says; {', '.join(differing)} does not count"
            yield Finding("settings", "note", text, "rtinstall config shows every setting")
    if found.allow_unsigned.value:
        text = f"what nobody has signed is installed, too: {found.allow_unsigned.origin} says so"
        yield Finding("settings", "warning", text, "set allow_unsigned only for one command")
    default_packages(session.places)  # which raises what is wrong with the file


def _said(session: Session, variable: str) -> str:
    return session.environment.get(variable, "")


def policy(session: Session) -> Iterator[Finding]:
    """Say that there is a policy, and which installed versions it would not allow."""
    found = session.policy
    if found.file is None:
        return
    yield Finding("policy", "note", f"the policy {found.file} counts on this machine")
    for one in session.store.installed():
        if not found.allows_installed(one.receipt):
            text = f"the policy {found.file} does not allow {one.name}, which is installed"
            yield Finding("policy", "warning", text, f"rtinstall uninstall {one.name}")
