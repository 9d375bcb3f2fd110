"""What an rpm of Node.js says of other packages: what it needs, stands for and replaces.

Fedora and its kin split Node.js into packages; this one is all of them together:

* It replaces the split packages of one version (``nodejs-libs``, ``npm`` ...) by Obsoletes below its
  own version, which leaves the way back: a downgrade to the distribution's brings them again.
* The parallel versions (``nodejs22``, ``nodejs24``) may stay; only who owns ``/usr/bin/node``,
  ``/usr/bin/npm`` and the headers is one at a time. Fedora 44 arbitrates that with the names
  ``alternative-for(...)``, which each such package provides and conflicts with.
* Libraries are required by symbol version, the form rpmbuild's generator finds in an executable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rtinstall.platforms.linux.place import Relations
from rtinstall.platforms.package import Metadata
from rtinstall.platforms.rpm.versions import version_text
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.targets import Arch

# Fedora's and Red Hat's own nodejs has epoch 1, at any version; NodeSource's has 2. With less, an
# update would silently put the distribution's older Node.js in this one's place.
EPOCH = 2

ARCHITECTURES: Mapping[Arch, str] = {
    "x64": "x86_64",
    "arm64": "aarch64",
    "armv7l": "armv7hl",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "loong64": "loongarch64",
}
# The macro %_isa of each architecture, as in ``nodejs(x86-64)``.
ISA: Mapping[Arch, str] = {
    "x64": "x86-64",
    "arm64": "aarch-64",
    "armv7l": "armv7hl-32",
    "ppc64le": "ppc-64",
    "s390x": "s390-64",
    "riscv64": "riscv-64",
    "loong64": "loongarch64-64",
}
# Names in process.versions, and those of Fedora's packages.
BUNDLED = {
    "acorn": "nodejs-acorn",
    "ada": "ada",
    "ares": "c-ares",
    "brotli": "brotli",
    "cjs_module_lexer": "nodejs-cjs-module-lexer",
    "icu": "icu",
    "llhttp": "llhttp",
    "nghttp2": "nghttp2",
    "nghttp3": "nghttp3",
    "ngtcp2": "ngtcp2",
    "openssl": "openssl",
    "simdjson": "simdjson",
    "simdutf": "simdutf",
    "sqlite": "sqlite",
    "undici": "nodejs-undici",
    "uv": "libuv",
    "uvwasi": "uvwasi",
    "v8": "v8",
    "zlib": "zlib",
    "zstd": "zstd",
}


def replacing(bundle: Bundle, metadata: Metadata) -> Relations:
    """Return the relations of the Node.js of the machine, in /usr."""
    version = version_text(str(bundle.version))
    npm = version_text(bundle.npm)
    whole = f"{EPOCH}:{version}-{metadata.revision}"
    whole_npm = f"{EPOCH}:{npm}-{metadata.revision}"
    alternatives = {"nodejs-bin": whole, "nodejs-npm-bin": whole_npm, "nodejs-devel": whole}
    provides = {
        "nodejs": whole,
        f"nodejs({ISA[bundle.target.arch]})": whole,
        "nodejs-devel": whole,
        "nodejs-npm": whole_npm,
        "npm": whole_npm,
        "nodejs(engine)": version,
        "npm(npm)": npm,
        **{f"alternative-for({name})": value for name, value in alternatives.items()},
    }
    if abi := bundle.components.get("modules"):
        provides |= {"nodejs(abi)": abi, f"nodejs(abi{bundle.version.major})": abi}
    alone = beside(bundle, metadata)
    return Relations(
        requires=alone.requires,
        provides=tuple(
            sorted({*alone.provides, *(f"{name} = {value}" for name, value in provides.items())})
        ),
        conflicts=(
            *(f"alternative-for({name})" for name in alternatives),
            *(["nodejs"] if metadata.name != "nodejs" else []),
        ),
        replaces=(
            *(f"nodejs-{part} < {whole}" for part in ("devel", "docs", "full-i18n", "libs")),
            f"nodejs-npm < {whole_npm}",
            f"npm < {whole_npm}",
        ),
    )


def beside(bundle: Bundle, metadata: Metadata) -> Relations:
    """Return the relations of a Node.js that lives below a prefix of its own, in nobody's way."""
    whole = f"{EPOCH}:{version_text(str(bundle.version))}-{metadata.revision}"
    provides = {metadata.name: whole, f"{metadata.name}({ISA[bundle.target.arch]})": whole}
    for component, name in BUNDLED.items():
        if known := re.match(r"[0-9A-Za-z._+]+", bundle.components.get(component, "")):
            provides[f"bundled({name})"] = known[0]
    return Relations(
        requires=("/usr/bin/env", *_libraries(bundle)),
        provides=tuple(sorted(f"{name} = {value}" for name, value in provides.items())),
    )


def _libraries(bundle: Bundle) -> list[str]:
    """Return ``libc.so.6(GLIBC_2.28)(64bit)`` and so on, one for each library and symbol version."""
    executable = read_executable(bundle.file("bin/node").content)
    arch = bundle.target.arch
    needed = of_symbols((f"{library}()" for library in executable.needed), arch)
    versions = of_symbols((f"{name}({version})" for name, version in executable.symbols), arch)
    return sorted({*needed, *versions})


def of_symbols(needs: Iterable[str], arch: Arch) -> list[str]:
    """Return ``libc.so.6(GLIBC_2.28)`` and the like as rpm has them on ``arch``."""
    mark = "" if arch == "armv7l" else "(64bit)"
    return [f"{need}{mark}" for need in needs]
