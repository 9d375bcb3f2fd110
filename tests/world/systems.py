"""Stand-ins for what other systems have: uname, and tools that install what our packages hold.

The packages hold headers of that system's executables, which cannot run here: after unpacking, a
script takes the place of node. Each stand-in does what its tool does as far as anybody can see from outside: unpack the package, remember its
files under its name, remove them again. What they were asked is in the machine's log.
"""

from __future__ import annotations

import io
from pathlib import Path

from archive_makers import freebsd, rpm
from bundles import executable, small_bundle
from rtinstall.platforms.macos import pkg
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.targets import target_named

# A runtime that shows evidence for every check, and what it was told.
NODE = """\
#!/bin/sh
name=${1##*/}
name=${name%.mjs}
env >"/seen/$name"
echo '{"check":"'"$name"'","told":'"$SMOKE"'}'
"""


def uname(**answers: str) -> str:
    cases = "".join(f"-{option}) echo '{answer}' ;;\n" for option, answer in answers.items())
    return f"case $1 in\n{cases}*) exit 1 ;;\nesac\n"


# What is installed: a file per package, which lists its files.
LIST = "mkdir -p /db/packages; ls /db/packages"
REMOVE = """\
for name do
    while IFS= read -r file; do
        rm "$file" && rmdir -p --ignore-fail-on-non-empty "${file%/*}"
    done <"/db/packages/$name"
    rm "/db/packages/$name"
done
"""

# Where a package has put node, a node that runs here.
PLACE = 'cp /db/node "$node" && chmod 755 "$node"'

PKG = f"""\
case $1 in
query) {LIST} ;;
add)
    tar -tPf "$2" | grep -v '^+' >/db/packages/demo
    tar -xPf "$2" --exclude='+*'
    node=/usr/local/bin/node
    {PLACE} ;;
delete)
    shift 2
    {REMOVE} ;;
esac
"""
FREEBSD = {
    f"{place}/{name}": script
    for place, name, script in (
        ("/stand-ins", "uname", uname(s="FreeBSD", r="14.2-RELEASE", m="amd64", v="FreeBSD 14.2")),
        ("/usr/sbin", "pkg", PKG),
        ("/libexec", "ld-elf.so.1", ""),
    )
}
# Brings a library along, as yum does.
YUM = f"""\
case $1 in
install)
    cd /
    mkdir -p /QOpenSys/pkgs/lib
    echo library >/QOpenSys/pkgs/lib/libuv.so
    echo /QOpenSys/pkgs/lib/libuv.so >/db/packages/libuv1
    rpm2cpio "$3" | cpio --quiet -t | cut -c 2- >/db/packages/demo
    rpm2cpio "$3" | cpio --quiet -idm
    node=/QOpenSys/pkgs/lib/nodejs24/bin/node
    {PLACE} ;;
remove)
    shift 2
    {REMOVE} ;;
esac
"""
IBMI = {
    "/stand-ins/uname": uname(s="OS400", v="7", r="5", m="007800123456"),
    "/QOpenSys/pkgs/bin/yum": YUM,
    "/QOpenSys/pkgs/bin/rpm": LIST,
}
RECEIPT = "/db/packages/${folder##*/}"
INSTALLER = f"""\
[ "$1 $3 $4" = '-pkg -target /' ] || exit 64
work=$(mktemp -d /db/XXXXXX)
bsdtar -xf "$2" -C "$work"
for payload in "$work"/*/Payload; do
    folder=${{payload%.pkg/Payload}}
    mkdir -p "{RECEIPT}"
    bsdtar -tvf "$payload" | grep '^d' | sed 's,.* \\./,,; s,/$,,; / \\.$/d' >"{RECEIPT}/directories"
    bsdtar -tf "$payload" | sed 's,^\\./,,; /\\/$/d; /^\\.$/d' >"{RECEIPT}/files"
    bsdtar -xpf "$payload" -C /
done
rm -rf "$work"
node=/usr/local/bin/node
{PLACE}
"""
PKGUTIL = f"""\
cd /db/packages 2>/dev/null
case $1 in
--pkgs) {LIST} ;;
--pkg-info) exec test -d "$2" ;;
--files) cd "$2" && exec cat directories files ;;
--only-dirs) exec cat "$3/directories" ;;
--forget) exec rm -r "$2" ;;
esac
"""
MACOS = {
    "/stand-ins/uname": uname(s="Darwin", r="24.3.0", m="arm64", v="Darwin Kernel"),
    "/usr/sbin/installer": INSTALLER,
    "/usr/sbin/pkgutil": PKGUTIL,
}


def freebsd_package(folder: Path, name: str = "freebsd-x64") -> Path:
    path = folder / f"demo-1.0-{name}.pkg"
    files = {
        "/usr/local/bin/node": executable(target_named(name)),
        "/usr/local/share/de mo/it's größe ✓": b"a file\n",
    }
    path.write_bytes(freebsd(files, mode=0o755))
    return path


def ibmi_package(folder: Path) -> Path:
    path = folder / "demo-1.0-2.ibmi7.3.ppc64.rpm"
    files = {"/QOpenSys/pkgs/lib/nodejs24/bin/node": executable(target_named("ibmi-ppc64"))}
    path.write_bytes(rpm(files, os="ibmi7.3", mode=0o755))
    return path


def macos_package(folder: Path) -> Path:
    package = pkg.package(small_bundle("darwin-arm64"), Settings())
    out = io.BytesIO()
    pkg.write(package, out, Effort("fast"))
    path = folder / pkg.filename(package)
    path.write_bytes(out.getvalue())
    return path
