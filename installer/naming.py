"""Giving a version a name, and taking it away: the text of an alias and its link, changed together."""

from __future__ import annotations

from rtinstall.installer import records
from rtinstall.installer.allowed import allowed_or_none
from rtinstall.installer.expression import check_alias_name
from rtinstall.installer.installed import Installed
from rtinstall.installer.resolution import among
from rtinstall.installer.session import Session


def give(session: Session, name: str, text: str) -> Installed | None:
    """Let ``name`` stand for ``text``; return the version that this is, if any may be used.

    Raises :class:`BadConfiguration` for what is no name, and :class:`UnknownVersion` for what is
    neither expression nor alias.
    """
    name = check_alias_name(name)
    with session.store.changing() as changes:
        session.aliases.set(name, text)
        installed = among(text, allowed_or_none(session.store), session.aliases)
        changes.link_alias(name, installed)
    records.refresh(session.places, session.store)
    return installed


def take(session: Session, name: str) -> bool:
    """Take ``name`` away, and its link; say whether it was there."""
    name = check_alias_name(name)
    with session.store.changing() as changes:
        there = session.aliases.remove(name)
        changes.link_alias(name, None)
    records.refresh(session.places, session.store)
    return there
