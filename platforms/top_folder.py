"""Place a Bundle below one folder, as in nodejs.org's archives: what every archive format shares.

What a system package would put elsewhere goes into the tree: an ``npmrc`` where npm looks for its
built-in configuration, certificates and further files at their path below the folder.
"""

from __future__ import annotations

from dataclasses import replace

from rtinstall.platforms.package import Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Bundle, Entry, File, tree


def place(bundle: Bundle, settings: Settings, *, format: str, npm: str) -> Package:
    """Return the Package of ``bundle``; ``npm`` is where npm lies in it."""
    entries: list[Entry] = [*bundle.entries, *settings.extra]
    if settings.npmrc is not None:
        npmrc = File.of(f"{npm}/npmrc", settings.npmrc)
        entries = [npmrc, *(entry for entry in entries if entry.path != npmrc.path)]
    if settings.certificates is not None:
        path = f"etc/{settings.metadata.name}/ca-certificates.pem"
        entries.append(File.of(path, settings.certificates))
    top = top_folder(bundle)
    return Package(
        bundle=bundle,
        metadata=settings.metadata,
        format=format,
        version=str(bundle.version),
        architecture=bundle.target.arch,
        entries=tree(replace(entry, path=f"{top}/{entry.path}") for entry in entries),
        time=bundle.released,
    )


def top_folder(bundle: Bundle) -> str:
    """Return ``node-v24.19.0-linux-x64``, also the stem of the archive's name."""
    return f"node-{bundle.version.tag}-{bundle.target}"
