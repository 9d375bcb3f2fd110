"""What a runtime says it is, before it is run: the label its checks hold it to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from rtinstall.platforms.smoke.locate import Runtime
from rtinstall.runtime_bundle import headers
from rtinstall.runtime_bundle.executables.pe import version_resource
from rtinstall.runtime_bundle.model import Bundle, Slice
from rtinstall.runtime_bundle.targets import Arch, Os

PLATFORMS: Mapping[Os, str] = {
    "linux": "linux", "darwin": "darwin", "win": "win32", "freebsd": "freebsd", "aix": "aix",
    "ibmi": "os400",
}  # fmt: skip
ARCHITECTURES: Mapping[Arch, str] = {
    "x64": "x64", "x86": "ia32", "arm64": "arm64", "armv7l": "arm", "armv6l": "arm",
    "ppc64le": "ppc64", "ppc64": "ppc64", "s390x": "s390x", "riscv64": "riscv64", "loong64": "loong64",
}  # fmt: skip
BIG_ENDIAN: frozenset[Arch] = frozenset({"ppc64", "s390x"})

Endianness = Literal["LE", "BE"]


@dataclass(frozen=True, slots=True)
class Label:
    """What a runtime should be; None, or a missing component, where nobody knows.

    ``platform``, ``arch`` and ``endianness`` in the words of Node.js. ``components`` as in
    ``process.versions``, ``v8`` and ``openssl`` with or without the suffix Node.js adds.
    """

    version: str | None = None
    npm: str | None = None
    platform: str | None = None
    arch: str | None = None
    endianness: Endianness | None = None
    libc: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)

    def expected(self, name: str) -> str | None:
        """Return what the evidence called ``name`` should be."""
        facts: dict[str, str | None] = {
            "version": self.version,
            "npm": self.npm,
            "platform": self.platform,
            "arch": self.arch,
            "endianness": self.endianness,
            "libc": self.libc,
        }
        return facts[name] if name in facts else self.components.get(name)

    def filled(self, other: Label) -> Label:
        """Return this label with what it does not know taken from ``other``."""
        return replace(
            self,
            version=self.version or other.version,
            npm=self.npm or other.npm,
            platform=self.platform or other.platform,
            arch=self.arch or other.arch,
            endianness=self.endianness or other.endianness,
            libc=self.libc or other.libc,
            components={**other.components, **self.components},
        )


def label_of_bundle(bundle: Bundle) -> Label:
    """Return the label of a Bundle."""
    target = bundle.target
    return Label(
        version=str(bundle.version).removeprefix("v"),
        npm=bundle.npm or None,
        platform=PLATFORMS[target.os],
        arch=ARCHITECTURES.get(target.arch),
        endianness=None if target.parts else _endianness(target.arch),
        libc=target.libc,
        components=dict(bundle.components),
    )


def label_of_tree(runtime: Runtime) -> Label:
    """Return what an installed tree says without being run: its headers, npm's manifest, its executable."""
    readers: dict[str, Callable[[], bytes]] = {}
    if runtime.headers:
        for path in runtime.headers.rglob("*"):
            if path.suffix in (".h", ".gypi") and path.is_file():
                name = path.relative_to(runtime.headers).as_posix()
                readers[f"include/node/{name}"] = path.read_bytes
    found = headers.components(readers)
    version = found.pop("node", None)
    if version and b"define NODE_VERSION_IS_RELEASE 1" not in readers[headers.NODE_VERSION]():
        version = None  # the tag of a nightly is given to the compiler, not to the header
    binary = runtime.binary
    if binary and binary.os == "win":
        version = _resource_version(runtime)
    # A universal binary runs as whichever architecture the machine has.
    arch = binary.arch if binary and len(binary.archs) == 1 else None
    return Label(
        version=version,
        npm=_npm_version(runtime),
        # IBM i runs executables of AIX, and Node.js tells the two apart.
        platform=PLATFORMS[binary.os] if binary and binary.os and binary.os != "aix" else None,
        arch=ARCHITECTURES[arch] if arch else None,
        endianness=_endianness(arch) if arch else None,
        libc=binary.libc if binary else None,
        components=found,
    )


def _resource_version(runtime: Runtime) -> str | None:
    """Return what an executable of Windows, which comes without headers, says in its resources."""
    resource = version_resource(Slice(runtime.node, 0, runtime.node.stat().st_size))
    return resource.product if resource else None


def _endianness(arch: Arch) -> Endianness:
    return "BE" if arch in BIG_ENDIAN else "LE"


def _npm_version(runtime: Runtime) -> str | None:
    if runtime.npm is None:
        return None
    try:
        manifest = json.loads((runtime.npm.parents[1] / "package.json").read_bytes())
        return str(manifest["version"])
    except (OSError, ValueError, LookupError, TypeError):
        return None  # npm without a sound manifest fails its own checks
