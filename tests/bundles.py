"""A runtime small enough for every test: the shape of Node.js, none of its weight."""

from __future__ import annotations

import json

import elf
import macho
import pe
from rtinstall.runtime_bundle.model import Bundle, Entry, File, Provenance, Symlink
from rtinstall.runtime_bundle.targets import Target, target_named
from rtinstall.runtime_bundle.versions import Version

NPM = "lib/node_modules/npm"
RELEASED = 1_767_225_600  # 2026-01-01T00:00:00Z
# Longer than a tar name (100), and longer than ustar's prefix and name together (155 + 1 + 100).
LONG = f"{NPM}/node_modules/" + "@scope/package-with-a-name/" * 3 + "lib/index.js"
LONGEST = f"{NPM}/node_modules/" + "directory-of-thirty-characters/" * 8 + "b" * 120 + ".js"
UNICODE = f"{NPM}/docs/größe-日本-✓.md"
LICENSE = """\
Node.js is licensed for use as follows:

\"\"\"
Copyright Node.js contributors. All rights reserved.

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software to deal in the Software without restriction.
\"\"\"

The externally maintained libraries used by Node.js are:

- Acorn, located at deps/acorn, is licensed as follows:
  \"\"\"
    MIT License

    Copyright (C) 2012-2022 by various contributors (see AUTHORS)
  \"\"\"
"""
# What upstream's executables ask for: C++ symbols of GCC 7, the C library of their oldest system.
NEEDED = {
    "libdl.so.2": ("GLIBC_2.2.5",),
    "libstdc++.so.6": ("GLIBCXX_3.4.21", "CXXABI_1.3.11"),
    "libm.so.6": ("GLIBC_2.27",),
    "libgcc_s.so.1": ("GCC_3.4",),
    "libpthread.so.0": (),
    "libc.so.6": ("GLIBC_2.28",),
}
NEEDED_FREEBSD = {"libuv.so.1": (), "libc++.so.1": (), "libthr.so.3": (), "libc.so.7": ()}
# The file header of 64-bit XCOFF (AIX, "XCOFF Object File Format"): magic, and flags of an executable.
XCOFF64 = bytes.fromhex("01f70000") + bytes(12) + bytes.fromhex("00000002") + bytes(4)
NEEDED_MUSL = {"libstdc++.so.6": ("GLIBCXX_3.4.29",), "libgcc_s.so.1": ("GCC_3.4",)}


def executable(target: Target, version: str = "24.19.0") -> bytes:
    """Return headers of an executable for ``target``; an ELF's for those of no known kind."""
    if target.os == "win":
        return pe.executable(target.arch, version)
    if target.os == "darwin":
        return macho.executable(*target.archs)
    if target.os == "freebsd":
        return elf.executable(target.arch, NEEDED_FREEBSD, "/libexec/ld-elf.so.1", 1_402_000)
    if target.os in ("aix", "ibmi"):
        return XCOFF64
    arch = target.arch if target.arch in elf.MACHINES else "x64"
    if target.libc == "musl":
        loader = f"/lib/ld-musl-{'x86_64' if arch == 'x64' else 'aarch64'}.so.1"
        return elf.executable(arch, {**NEEDED_MUSL, f"libc.musl-{arch}.so.1": ()}, loader)
    return elf.executable(arch, NEEDED)


def manual(name: str, section: int) -> bytes:
    return (
        f'.TH "{name.upper()}" "{section}" "January 2026" "" ""\n'
        f".SH NAME\n{name} \\- a page of the manual\n.SH SYNOPSIS\n.B {name}\n"
    ).encode()


def small_entries(version: str, npm: str, target: Target) -> list[Entry]:
    text = {
        "LICENSE": LICENSE,
        "README.md": "# Node.js\n",
        "CHANGELOG.md": f"# Changelog\n\n## {version}\n",
        "include/node/node.h": "#ifndef SRC_NODE_H_\n#define SRC_NODE_H_\n#endif\n",
        "include/node/node_version.h": f"#define NODE_VERSION {version}\n",
        "share/doc/node/gdbinit": "# gdb macros\n",
        f"{NPM}/package.json": json.dumps({"name": "npm", "version": npm}) + "\n",
        f"{NPM}/LICENSE": "The Artistic License 2.0\n",
        f"{NPM}/lib/npm.js": "module.exports = class Npm {}\n" * 40,
        f"{NPM}/lib/empty.js": "",
        LONG: "'long'\n",
        LONGEST: "'longest'\n",
        UNICODE: "# Größe\n",
    }
    return [
        File.of("bin/node", executable(target), 0o755),
        Symlink("bin/npm", "../lib/node_modules/npm/bin/npm-cli.js"),
        Symlink("bin/npx", "../lib/node_modules/npm/bin/npx-cli.js"),
        File.of(f"{NPM}/bin/npm-cli.js", b"#!/usr/bin/env node\nrequire('../lib/npm.js')\n", 0o755),
        File.of(f"{NPM}/bin/npx-cli.js", b"#!/usr/bin/env node\nrequire('../lib/npm.js')\n", 0o755),
        File.of("share/man/man1/node.1", manual("node", 1)),
        File.of(f"{NPM}/man/man1/npm.1", manual("npm", 1)),
        File.of(f"{NPM}/man/man1/npm-install.1", manual("npm-install", 1)),
        File.of(f"{NPM}/man/man1/npx.1", manual("npx", 1)),
        File.of(f"{NPM}/man/man5/npmrc.5", manual("npmrc", 5)),
        File.of(f"{NPM}/man/man7/config.7", manual("config", 7)),
        *(File.of(path, content.encode()) for path, content in text.items()),
    ]


def small_bundle(
    target_name: str = "linux-x64",
    version: str = "24.19.0",
    released: int = RELEASED,
    npm: str = "11.6.2",
) -> Bundle:
    """Return a complete runtime of some 30 entries, paths beyond every tar limit among them."""
    target = target_named(target_name)
    if target.os == "win":
        return small_windows_bundle(target_name, version, released, npm)
    return Bundle(
        version=Version.parse(version),
        target=target,
        npm=npm,
        released=released,
        entries=tuple(small_entries(version, npm, target)),
        provenance=(
            Provenance("runtime", "local", "node.tar.xz", f"sha256:{'0' * 64}", "nothing"),
        ),
        components={"v8": "13.6.233.17", "uv": "1.51.0", "openssl": "3.5.4", "modules": "137"},
        lts="Krypton",
        glibc=(2, 28) if target.libc == "glibc" else None,
    )


# cmd.exe's and sh's way to npm, as npm's own folder has them.
COMMANDS = {
    "npm": "#!/usr/bin/env bash\nexec node npm-cli.js\n",
    "npm.cmd": "@ECHO OFF\r\nnode npm-cli.js %*\r\n",
    "npm.ps1": "#!/usr/bin/env pwsh\nnode npm-cli.js $args\n",
    "npx": "#!/usr/bin/env bash\nexec node npx-cli.js\n",
    "npx.cmd": "@ECHO OFF\r\nnode npx-cli.js %*\r\n",
    "npx.ps1": "#!/usr/bin/env pwsh\nnode npx-cli.js $args\n",
}


def small_windows_bundle(
    target_name: str = "win-x64",
    version: str = "24.19.0",
    released: int = RELEASED,
    npm: str = "11.6.2",
) -> Bundle:
    """Return a complete runtime in the layout of upstream's zip; no path is too long for Windows."""
    target = target_named(target_name)
    home = "node_modules/npm"
    text = {
        "LICENSE": LICENSE,
        "README.md": "# Node.js\n",
        "CHANGELOG.md": f"# Changelog\n\n## {version}\n",
        **COMMANDS,
        **{f"{home}/bin/{name}": content for name, content in COMMANDS.items()},
        f"{home}/package.json": json.dumps({"name": "npm", "version": npm}) + "\n",
        f"{home}/bin/npm-cli.js": "require('../lib/npm.js')\n",
        f"{home}/lib/npm.js": "module.exports = class Npm {}\n" * 40,
        f"{home}/lib/npm.json": "{}\n",
        f"{home}/lib/empty.js": "",
        f"{home}/docs/größe-日本-✓.md": "# Größe\n",
        f"{home}/node_modules/@scope/a.package.with.dots/index.js": "'long'\n",
    }
    entries = [File.of(path, content.encode()) for path, content in text.items()]
    return Bundle(
        version=Version.parse(version),
        target=target,
        npm=npm,
        released=released,
        entries=(File.of("node.exe", executable(target, version), 0o755), *entries),
        provenance=(Provenance("runtime", "local", "node.zip", f"sha256:{'0' * 64}", "nothing"),),
        components={"v8": "13.6.233.17"},
        lts="Krypton",
    )
