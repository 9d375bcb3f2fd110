"""The manifest of a frozen ``rtinstall``, and reading one back, verified.

``NAME.manifest.json`` lies beside ``NAME/`` or ``NAME.pyz``: what it is, what it was made of, and every
file with its digest and mode. The manifest has the last word on modes and links, which not every way
from the machine of the freezing to that of the release keeps.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtinstall.platforms.companion import (
    ANY,
    COMPLETIONS,
    FORMS,
    LICENCES,
    PROGRAM,
    Companion,
    Form,
)
from rtinstall.platforms.manifest import MAX_MANIFEST, describe_entry, read_manifest
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.model import (
    Blob,
    Content,
    Directory,
    Entry,
    File,
    Slice,
    Symlink,
    check_path,
    digest,
    resolve_link,
    tree,
)
from rtinstall.runtime_bundle.targets import BY_NAME

SUFFIX = ".manifest.json"
ZIPAPP = ".pyz"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a manifest says; ``python`` and ``pyinstaller`` are versions, ``needs`` as in a Companion.

    ``distributions`` are names and versions, ``modules`` what can be imported in it.
    """

    version: str
    target: str
    form: Form
    entries: tuple[Entry, ...]
    python: str = ""
    pyinstaller: str = ""
    needs: tuple[str, ...] = ()
    distributions: Mapping[str, str] = field(default_factory=dict)
    modules: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Return ``rtinstall-0.1.0-linux-x64``, or ``rtinstall-0.1.0`` for a zipapp."""
        return stem(self.version, self.target)


def stem(version: str, target: str) -> str:
    """Return what the files of one are called."""
    return f"{PROGRAM}-{version}" + ("" if target == ANY else f"-{target}")


def write(frozen: Frozen) -> bytes:
    """Return the manifest."""
    value = {
        "schema": SCHEMA,
        "program": PROGRAM,
        "version": frozen.version,
        "target": frozen.target,
        "form": frozen.form,
        "python": frozen.python,
        "pyinstaller": frozen.pyinstaller,
        "needs": list(frozen.needs),
        "distributions": dict(sorted(frozen.distributions.items())),
        "modules": sorted(frozen.modules),
        "files": [describe_entry(entry) for entry in frozen.entries],
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def companions(folder: Path) -> tuple[Companion, ...]:
    """Return every ``rtinstall`` in ``folder``, each file of it held against its manifest.

    Raises :class:`NotReadable` where there is none, or a manifest says nothing sensible;
    :class:`VerificationFailed` where a file is another one, missing, or not listed.
    """
    found: dict[str, Companion] = {}
    for path in sorted(folder.glob(f"{PROGRAM}-*{SUFFIX}")):
        companion = _companion(path)
        if companion.target in found:
            raise NotReadable(
                f"{folder} has several versions of rtinstall for {companion.target}",
                hint="keep one of them there",
            )
        found[companion.target] = companion
    if not found:
        raise NotReadable(
            f"{folder} has no rtinstall that rtbuild freeze wrote",
            hint=f"rtbuild freeze --form zipapp --out {folder} writes one for most systems",
        )
    return tuple(found.values())


def _companion(path: Path) -> Companion:
    try:
        large = path.stat().st_size > MAX_MANIFEST
        said = {} if large else read_manifest(path.read_bytes(), path.name)
    except OSError as error:
        raise NotReadable(f"cannot read {path}: {error.strerror}") from error
    version, target = said.get("version"), said.get("target")
    form = next((form for form in FORMS if form == said.get("form")), None)
    name = path.name.removesuffix(SUFFIX)
    needs = said.get("needs", [])
    if (
        said.get("program") != PROGRAM
        or form is None
        or not isinstance(version, str)
        or not isinstance(target, str)
        or (target == ANY) != (form == "zipapp")
        or target not in (ANY, *BY_NAME)
        or name != stem(version, target)
        or not isinstance(needs, list)
        or not all(isinstance(need, str) for need in needs)
    ):
        raise NotReadable(
            f"{path.name} is no manifest of rtinstall", hint="run rtbuild freeze again"
        )
    listed = _listed(said.get("files"), path.name)
    if form == "zipapp":
        archive = path.with_name(f"{name}{ZIPAPP}")
        entries = _checked(archive.parent, listed, [archive.name], path.name)
        return _of_zipapp(version, archive, entries)
    program = path.with_name(name)
    there = [p.relative_to(program).as_posix() for p in program.rglob("*") if not _is_folder(p)]
    entries = _checked(program, listed, there, path.name)
    return _of_folder(version, target, entries, tuple(needs))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _listed(value: object, name: str) -> dict[str, tuple[int, str, str]]:
    """Return mode, digest and link of every path that a manifest lists."""
    found = {}
    try:
        for item in value if isinstance(value, list) else []:
            path, link = str(item["path"]), str(item.get("link", ""))
            check_path(path)
            if item["type"] == "symlink":
                resolve_link(path, link)
                found[path] = (0, "", link)
            elif item["type"] == "file":
                mode = 0o755 if int(item["mode"], 8) & 0o111 else 0o644
                found[path] = (mode, str(item["sha256"]), "")
    except (KeyError, TypeError, ValueError, AttributeError, UnsafeArchive) as error:
        raise NotReadable(f"{name} lists what is no file: {error}") from error
    if not found:
        raise NotReadable(f"{name} lists no files", hint="run rtbuild freeze again")
    return found


def _checked(
    folder: Path, listed: Mapping[str, tuple[int, str, str]], there: Sequence[str], name: str
) -> tuple[Entry, ...]:
    """Return what is listed, after comparing it with what is there."""
    for path in sorted(listed.keys() ^ set(there)):
        fault = "is missing" if path in listed else "is not listed"
        raise _differs(f"{path} {fault}", name)
    found: list[Entry] = []
    for path, (mode, sha256, link) in listed.items():
        if link:
            found.append(Symlink(path, link))
            content, sha256 = _content(folder / path), listed.get(resolve_link(path, link), "..")[1]
            if not (folder / path).is_symlink() and digest(content, "sha256") != sha256:
                raise _differs(f"{path} is no link to {link}", name)
            continue
        content = _content(folder / path)
        if digest(content, "sha256") != sha256:
            raise _differs(f"{path} is another file", name)
        found.append(File(path, mode, content, sha256))
    return tree(found)


def _content(path: Path) -> Content:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NotReadable(f"cannot read {path}: {error.strerror}") from error
    return Slice(path.resolve(), 0, size) if size else Blob(b"")


def _differs(fault: str, name: str) -> VerificationFailed:
    return VerificationFailed(
        f"this is not what {name} says: {fault}", hint="run rtbuild freeze again"
    )


def _of_folder(
    version: str, target: str, entries: tuple[Entry, ...], needs: tuple[str, ...]
) -> Companion:
    """Tell the program from what goes elsewhere in a package."""
    scripts = {f"completions/{shell}": shell for shell in COMPLETIONS}
    program = tuple(
        entry
        for entry in entries
        if entry.path not in (*scripts, "completions", LICENCES)
        and not isinstance(entry, Directory)
    )
    texts = {
        entry.path: b"".join(entry.content.chunks())
        for entry in entries
        if isinstance(entry, File) and entry.path in (*scripts, LICENCES)
    }
    return _whole(version, target, "onedir", program, texts, needs)


def _of_zipapp(version: str, archive: Path, entries: tuple[Entry, ...]) -> Companion:
    """Look into the archive for what goes elsewhere in a package as well."""
    wanted = (*(f"completions/{shell}" for shell in COMPLETIONS), LICENCES)
    try:
        with zipfile.ZipFile(archive) as opened:
            texts = {name: opened.read(name) for name in wanted}
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise NotReadable(
            f"{archive.name} is no zipapp of rtinstall: {error}", hint="run rtbuild freeze again"
        ) from error
    (file,) = (entry for entry in entries if isinstance(entry, File))
    program = File(PROGRAM, 0o755, file.content, file.sha256)
    return _whole(version, ANY, "zipapp", (program,), texts, ())


def _whole(
    version: str,
    target: str,
    form: Form,
    program: tuple[Entry, ...],
    texts: Mapping[str, bytes],
    needs: tuple[str, ...],
) -> Companion:
    names = {entry.path for entry in program}
    for path in (LICENCES, *(f"completions/{shell}" for shell in COMPLETIONS)):
        if path not in texts:
            raise NotReadable(
                f"the rtinstall for {target} has no {path}", hint="run rtbuild freeze again"
            )
    if not names & {PROGRAM, f"{PROGRAM}.exe"}:
        raise NotReadable(f"the rtinstall for {target} has no program in it")
    return Companion(
        version=version,
        target=target,
        form=form,
        entries=program,
        completions={shell: texts[f"completions/{shell}"] for shell in COMPLETIONS},
        licences=texts[LICENCES],
        needs=needs,
    )
