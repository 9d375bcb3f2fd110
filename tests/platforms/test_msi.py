from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

import pe
from bundles import small_bundle, small_windows_bundle
from oracles import run
from readers import msi as reader
from rtinstall.platforms.check import lint
from rtinstall.platforms.package import SCOPES, Effort, Level, Metadata, Package, Scope, Windows
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows import msi, place
from rtinstall.platforms.windows.ice import faults
from rtinstall.runtime_bundle.archives.msi import open_msi
from rtinstall.runtime_bundle.archives.msi_database import read_database
from rtinstall.runtime_bundle.errors import NotExpressible, NotPublished
from rtinstall.runtime_bundle.model import Bundle, Directory, File, Symlink
from rtinstall.runtime_bundle.versions import Version

ARCHES = ("x64", "arm64", "x86")
NPMRC = b"registry=https://npm.example/\n"
PEM = b"-----BEGIN CERTIFICATE-----\n"
MOTD = File.of("share/hello world.txt", b"hello\n", 0o755)
FAMILY = "34378FBA-1EE8-5065-ACD1-B5A997392D28"
NODEJS = {"{47C07A3A-42EF-4213-A85D-8F5A59077C28}", "{1D60944C-B9CE-4A71-A7C0-0384EB884BAA}"}
Rows = list[dict[str, reader.Cell]]

each_scope = pytest.mark.parametrize("scope", SCOPES)


def settings(scope: Scope = "machine", *, name: str = "nodejs", replaces: bool = False) -> Settings:
    metadata = Metadata(name=name, windows=Windows(scope, replace_nodejs=replaces))
    return Settings(metadata=metadata, npmrc=NPMRC, certificates=PEM, extra=(MOTD,))


def made(bundle: Bundle | None = None, options: Settings | None = None) -> Package:
    return msi.package(bundle or small_windows_bundle(), options or settings())


def content(package: Package, level: Level = "fast", jobs: int = 1) -> bytes:
    out = BytesIO()
    msi.write(package, out, Effort(level, jobs))
    return out.getvalue()


def write(package: Package, folder: Path) -> Path:
    path = folder / msi.filename(package)
    path.write_bytes(content(package))
    return path


def database(bundle: Bundle | None = None, options: Settings | None = None) -> reader.Database:
    return reader.read(content(made(bundle, options)))


def with_file(path: str, data: bytes = b"more\n") -> Bundle:
    bundle = small_windows_bundle()
    kept = (entry for entry in bundle.entries if entry.path != path)
    return replace(bundle, entries=(*kept, File.of(path, data)))


def long(name: reader.Cell) -> str:
    return str(name).rpartition("|")[2]


def properties(found: reader.Database) -> dict[str, reader.Cell]:
    return {str(row["Property"]): row["Value"] for row in found.table("Property")}


def paths(found: reader.Database) -> dict[str, str]:
    """Return the path of each file below the folder of the product, by its key."""
    folders = {row["Directory"]: row for row in found.table("Directory")}
    components = {row["Component"]: row for row in found.table("Component")}

    def below(folder: reader.Cell) -> Iterator[str]:
        while folder != "INSTALLDIR":
            yield long(folders[folder]["DefaultDir"])
            folder = folders[folder]["Directory_Parent"]

    where = {key: [*below(row["Directory_"])][::-1] for key, row in components.items()
             if row["Directory_"] not in ("StartMenu", "NpmGlobal")}  # fmt: skip
    return {
        str(row["File"]): "/".join([*where[row["Component_"]], long(row["FileName"])])
        for row in found.table("File")
    }


# Where everything goes.


@pytest.mark.parametrize(
    ("arch", "scope", "name", "filename", "folder"),
    [
        ("x64", "machine", "nodejs", "node-v24.19.0-x64.msi", "Program Files/nodejs"),
        ("arm64", "machine", "nodejs", "node-v24.19.0-arm64.msi", "Program Files/nodejs"),
        ("x86", "machine", "nodejs", "node-v24.19.0-x86.msi", "Program Files (x86)/nodejs"),
        ("x64", "user", "nodejs", "node-v24.19.0-x64-user.msi", "AppData/Local/Programs/nodejs"),
        ("x64", "dual", "nodejs", "node-v24.19.0-x64-dual.msi", "Program Files/nodejs"),
        ("x64", "machine", "acme-node", "acme-node-v24.19.0-x64.msi", "Program Files/acme-node"),
    ],
)
def test_name_and_folder(arch: str, scope: Scope, name: str, filename: str, folder: str) -> None:
    package = made(small_windows_bundle(f"win-{arch}"), settings(scope, name=name))
    assert msi.filename(package) == filename
    files = {file.path for file in package.files}
    assert f"{folder}/node.exe" in files
    assert all(path.startswith(f"{folder}/") for path in files)


def test_what_is_added_and_what_is_left_out() -> None:
    package = made(with_file("install_tools.bat"))
    found = {file.path.removeprefix("Program Files/nodejs/"): file for file in package.files}
    assert "install_tools.bat" not in found
    assert b"".join(found["node_modules/npm/npmrc"].content.chunks()) == (
        b"prefix=${APPDATA}\\npm\n" + NPMRC
    )
    assert b"".join(found["etc/ca-certificates.pem"].content.chunks()) == PEM
    assert found["share/hello world.txt"].sha256 == MOTD.sha256
    script = b"".join(found["nodevars.bat"].content.chunks())
    assert script.count(b"\n") == script.count(b"\r\n") > 0
    assert {file.mode for file in package.files} == {0o644}


def test_a_batch_file_of_upstream_stays() -> None:
    package = made(with_file("nodevars.bat", b"theirs\r\n"))
    (found,) = (file for file in package.files if file.path.endswith("/nodevars.bat"))
    assert b"".join(found.content.chunks()) == b"theirs\r\n"


@each_scope
@pytest.mark.parametrize("arch", ARCHES)
def test_every_package_is_read_back_whole_and_without_fault(
    tmp_path: Path, arch: str, scope: Scope
) -> None:
    package = made(small_windows_bundle(f"win-{arch}"), settings(scope))
    path = write(package, tmp_path)
    archive = open_msi(path)
    expected = {file.path: ("file", file.mode, file.size, file.sha256) for file in package.files}
    assert list(lint(archive, expected)) == []
    assert archive.scripts == ()
    assert (archive.metadata["version"], archive.metadata["architecture"]) == ("24.19.0", arch)
    assert list(faults(read_database(path))) == []


@pytest.mark.parametrize("replaces", [False, True])
@pytest.mark.parametrize(("name", "scope"), [("nodejs", "machine"), ("acme-node", "user")])
def test_every_choice_is_without_fault(
    tmp_path: Path, name: str, scope: Scope, replaces: bool
) -> None:
    options = replace(settings(scope, name=name, replaces=replaces), certificates=None, extra=())
    path = write(made(options=options), tmp_path)
    assert list(faults(read_database(path))) == []


@each_scope
def test_msiextract_finds_the_same_files(tmp_path: Path, scope: Scope) -> None:
    package = made(options=settings(scope))
    run("msiextract", "-C", tmp_path / "out", write(package, tmp_path))
    found = {
        path.relative_to(tmp_path / "out").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    # msiextract knows no standard folders: it begins below them.
    top = place.folder("nodejs", scope, "x64").removeprefix("AppData/Local").rpartition("/")[0]
    top = "" if scope != "user" else f"{top.strip('/')}/"
    below = len(place.folder("nodejs", scope, "x64")) - len("nodejs")
    assert found == {top + file.path[below:]: file.sha256 for file in package.files}


@pytest.mark.parametrize(
    ("arch", "scope", "template", "words"),
    [("x64", "machine", "x64;1033", 2), ("arm64", "user", "Arm64;1033", 10),
     ("x86", "dual", "Intel;1033", 2)],
)  # fmt: skip
def test_summary(tmp_path: Path, arch: str, scope: Scope, template: str, words: int) -> None:
    path = write(made(small_windows_bundle(f"win-{arch}"), settings(scope)), tmp_path)
    found = run("msiinfo", "suminfo", path)
    assert f"Template: {template}\n" in found
    assert "Version: 500 (1f4)\n" in found
    assert f"Source: {words} " in found
    assert "Created: Thu Jan  1 00:00:00 2026\n" in found


# Files and components.


def test_nothing_in_a_package_runs() -> None:
    tables = set(database().columns)
    assert tables.isdisjoint(
        {"CustomAction", "Binary", "ServiceInstall", "ServiceControl", "MsiEmbeddedUI", "SelfReg"}
    )


def test_programs_have_their_version_and_other_files_their_hash() -> None:
    bundle = with_file("node_modules/npm/bin/tool.exe", pe.executable("x64", "1.2.3", 1031))
    bundle = replace(bundle, entries=(*bundle.entries, File.of("no.dll", b"MZ no program\n" * 9)))
    found = database(bundle)
    where = paths(found)
    files = {where[str(row["File"])]: row for row in found.table("File")}
    assert (files["node.exe"]["Version"], files["node.exe"]["Language"]) == ("24.19.0.0", "1033")
    tool = files["node_modules/npm/bin/tool.exe"]
    assert (tool["Version"], tool["Language"]) == ("1.2.3.0", "1031")
    hashes = {where[str(row["File_"])]: row for row in found.table("MsiFileHash")}
    assert hashes.keys() == {path for path, row in files.items() if row["Version"] is None}
    parts = [hashes["LICENSE"][f"HashPart{part}"] for part in range(1, 5)]
    licence = b"".join(bundle.file("LICENSE").content.chunks())
    assert struct.pack("<4i", *map(int, map(str, parts))) == hashlib.md5(licence).digest()


def test_the_cabinet_begins_with_node_and_follows_the_sequence() -> None:
    found = database()
    (media,) = found.table("Media")
    files = sorted(found.table("File"), key=lambda row: int(str(row["Sequence"])))
    assert [row["Sequence"] for row in files] == list(range(1, len(files) + 1))
    assert (media["LastSequence"], media["Cabinet"]) == (len(files), "#node.cab")
    assert long(files[0]["FileName"]) == "node.exe"
    assert found.stream("node.cab")[:4] == b"MSCF"


@each_scope
def test_components_are_one_a_folder_and_feature(scope: Scope) -> None:
    found = database(options=settings(scope))
    features = {row["Component_"]: row["Feature_"] for row in found.table("FeatureComponents")}
    where = paths(found)
    groups = {
        (where[str(row["File"])].rpartition("/")[0], row["Component_"]): features[row["Component_"]]
        for row in found.table("File")
    }
    assert sorted(map(str, (groups[key] for key in groups if not key[0]))) == [
        "NodeRuntime", "NodeRuntime", "npm",
    ]  # fmt: skip
    assert len(groups) == len({folder for folder, _ in groups}) + 2
    assert {feature for (folder, _), feature in groups.items() if "node_modules" in folder} == {
        "npm"
    }
    keys = {row["Component"]: row["KeyPath"] for row in found.table("Component")}
    in_registry = {row["Registry"] for row in found.table("Registry")}
    for _, component in groups:
        assert (keys[component] in in_registry) == (scope == "user")


def test_below_a_profile_every_folder_is_removed() -> None:
    found = database(options=settings("user"))
    removed = {row["DirProperty"] for row in found.table("RemoveFile") if row["FileName"] is None}
    standard = {row["Directory"] for row in found.table("Directory") if row["DefaultDir"] == "."}
    folders = {row["Directory"] for row in found.table("Directory")}
    assert removed == folders - (standard - {"INSTALLDIR"}) - {"TARGETDIR"}


def test_a_folder_without_files_is_made() -> None:
    bundle = small_windows_bundle()
    bundle = replace(bundle, entries=(*bundle.entries, Directory("node_modules/npm/empty/one")))
    found = database(bundle)
    names = {row["Directory"]: row["DefaultDir"] for row in found.table("Directory")}
    assert "one" in {names[row["Directory_"]] for row in found.table("CreateFolder")}


def test_a_component_stays_the_same_in_another_version() -> None:
    def components(version: str, arch: str = "x64", scope: Scope = "machine") -> set[reader.Cell]:
        found = database(small_windows_bundle(f"win-{arch}", version), settings(scope))
        return {row["ComponentId"] for row in found.table("Component")}

    shipped = components("24.19.0")
    assert components("26.1.0") == shipped
    assert components("24.19.0", "arm64").isdisjoint(shipped)
    assert components("24.19.0", "x64", "dual").isdisjoint(shipped)


# What else is changed on the computer.


@pytest.mark.parametrize(
    ("scope", "root", "variables"),
    [
        ("machine", 2, {"=-*PATH": "[~];[INSTALLDIR]", "=-PATH": "[~];[AppDataFolder]npm",
                        "+-*NODE_EXTRA_CA_CERTS": r"[INSTALLDIR]etc\ca-certificates.pem"}),
        ("user", 1, {"=-PATH": "[~];[AppDataFolder]npm",
                     "+-NODE_EXTRA_CA_CERTS": r"[INSTALLDIR]etc\ca-certificates.pem"}),
        ("dual", -1, {"=-*PATH": "[~];[INSTALLDIR]", "=-PATH": "[~];[AppDataFolder]npm",
                      "+-NODE_EXTRA_CA_CERTS": r"[INSTALLDIR]etc\ca-certificates.pem"}),
    ],
)  # fmt: skip
def test_registry_and_environment(scope: Scope, root: int, variables: dict[str, str]) -> None:
    found = database(options=settings(scope))
    rows = {(row["Root"], row["Key"], row["Name"]): row["Value"] for row in found.table("Registry")}
    assert rows[root, r"SOFTWARE\Node.js", "InstallPath"] == "[INSTALLDIR]"
    assert rows[root, r"SOFTWARE\Node.js", "Version"] == "[ProductVersion]"
    environment = {(row["Name"], row["Value"]) for row in found.table("Environment")}
    assert environment >= set(variables.items())
    assert ("=-PATH", "[~];[INSTALLDIR]") in environment or scope == "machine"
    assert scope != "user" or not any("*" in str(name) for name, _ in environment)


def test_in_dual_scope_one_of_two_variables_is_set() -> None:
    found = database(options=settings("dual"))
    conditions = {row["Component"]: row["Condition"] for row in found.table("Component")}
    pairs = {
        str(row["Name"]).replace("*", ""): (row["Component_"], f"{row['Component_']}.User")
        for row in found.table("Environment")
        if "*" in str(row["Name"])
    }
    assert pairs.keys() == {"=-PATH", "+-NODE_EXTRA_CA_CERTS"}
    for machine, user in pairs.values():
        assert conditions[user] == f"NOT ({conditions[machine]})"
    said = properties(found)
    assert (said["ALLUSERS"], said["MSIINSTALLPERUSER"]) == ("2", "1")


def test_nothing_names_certificates_where_there_are_none() -> None:
    found = database(options=replace(settings(), certificates=None))
    assert not [row for row in found.table("Environment") if "NODE" in str(row["Name"])]


def test_only_administrators_may_write_where_everybody_runs() -> None:
    (row,) = database().table("MsiLockPermissionsEx")
    assert (row["LockObject"], row["Table"], row["Condition"]) == (
        "INSTALLDIR",
        "CreateFolder",
        None,
    )
    aces = str(row["SDDLText"]).removeprefix("D:P(").removesuffix(")").split(")(")
    rights = {ace.split(";")[5]: ace.split(";")[2] for ace in aces}
    assert rights == {"SY": "FA", "BA": "FA", "BU": "0x1200a9", "AU": "0x1200a9"}
    assert {tuple(ace.split(";")[:2]) for ace in aces} == {("A", "OICI")}
    (row,) = database(options=settings("dual")).table("MsiLockPermissionsEx")
    assert row["Condition"]
    assert "MsiLockPermissionsEx" not in database(options=settings("user")).columns


@pytest.mark.parametrize(("arch", "system"), [("x64", "System64Folder"), ("x86", "SystemFolder")])
def test_shortcuts_name_programs_by_their_whole_path(arch: str, system: str) -> None:
    found = database(small_windows_bundle(f"win-{arch}"))
    shortcuts = {
        long(row["Name"]): (row["Target"], row["Arguments"]) for row in found.table("Shortcut")
    }
    assert shortcuts == {
        "Node.js": ("[INSTALLDIR]node.exe", None),
        "Node.js command prompt": (f"[{system}]cmd.exe", '/k call "[INSTALLDIR]nodevars.bat"'),
        "Uninstall Node.js": (f"[{system}]msiexec.exe", "/x [ProductCode]"),
    }
    pages = {long(row["FileName"]): row["Value"] for row in found.table("IniFile")}
    assert pages == {
        "Node.js website.url": "https://nodejs.org/",
        "Node.js documentation.url": "https://nodejs.org/docs/v24.19.0/api/",
    }


def test_two_families_share_neither_start_menu_nor_memory() -> None:
    def facts(name: str) -> set[reader.Cell]:
        found = database(options=settings(name=name))
        menu = [
            row["DefaultDir"] for row in found.table("Directory") if row["Directory"] == "StartMenu"
        ]
        keys = [row["Key"] for row in found.table("RegLocator") if row["Name"] == "InstallPath"]
        return {*menu, *keys, properties(found)["ProductName"], properties(found)["UpgradeCode"]}

    assert len(facts("nodejs")) == 3  # the folder has the product's name
    assert facts("nodejs").isdisjoint(facts("acme-node"))


def test_in_dual_scope_the_pages_name_the_folder_for_everybody() -> None:
    for arch, folders in (
        ("x64", {"[%ProgramW6432]\\nodejs": "1"}),
        ("x86", {"[%ProgramFiles(x86)]\\nodejs": "VersionNT64",
                 "[%ProgramFiles]\\nodejs": "NOT VersionNT64"}),
    ):  # fmt: skip
        found = database(small_windows_bundle(f"win-{arch}"), settings("dual"))
        assert {
            row["Argument"]: str(row["Condition"]).removeprefix('Audience = "Everyone" AND ')
            for row in found.table("ControlEvent")
            if row["Event"] == "[PREVIOUSDIR]"
        } == folders
        assert "MSIINSTALLPERUSER" in str(properties(found)["SecureCustomProperties"]).split(";")


@each_scope
def test_a_package_for_one_user_is_not_installed_for_everybody(scope: Scope) -> None:
    conditions = {
        row["Condition"] for row in database(options=settings(scope)).table("LaunchCondition")
    }
    assert ("Installed OR NOT ALLUSERS" in conditions) == (scope == "user")


def test_no_folder_hangs_on_the_version_of_a_program_in_it() -> None:
    found = database(with_file("node_modules/npm/a.exe", b"MZ"))
    keys = {row["KeyPath"] for row in found.table("Component")}
    where = {path: key for key, path in paths(found).items()}
    assert where["node_modules/npm/a.exe"] not in keys
    assert where["node.exe"] in keys


# Upgrades.


def test_an_upgrade_that_fails_brings_the_old_product_back() -> None:
    turns = {row["Action"]: row["Sequence"] for row in database().table("InstallExecuteSequence")}
    order = sorted(turns, key=lambda action: int(turns[action] or 0))
    start = order.index("InstallInitialize")
    assert order[start + 1] == "RemoveExistingProducts"


def test_older_and_equal_versions_are_replaced_and_newer_ones_respected() -> None:
    found = database()
    own = [row for row in found.table("Upgrade") if row["UpgradeCode"] == f"{{{FAMILY}}}"]
    assert {(row["VersionMin"], row["VersionMax"], row["Attributes"]) for row in own} == {
        (None, "24.19.0", 0x201), ("24.19.0", None, 0x2),
    }  # fmt: skip
    secure = str(properties(found)["SecureCustomProperties"]).split(";")
    assert {row["ActionProperty"] for row in found.table("Upgrade")} < set(secure)
    assert {row["Property"] for row in found.table("AppSearch")} < set(secure)


@pytest.mark.parametrize(
    ("replaces", "attributes", "refused"), [(False, 0x102, True), (True, 0x101, False)]
)
def test_the_product_of_nodejs_is_replaced_only_when_asked(
    replaces: bool, attributes: int, refused: bool
) -> None:
    found = database(options=settings(replaces=replaces))
    theirs = [row for row in found.table("Upgrade") if row["UpgradeCode"] in NODEJS]
    assert {row["UpgradeCode"] for row in theirs} == NODEJS
    assert {row["Attributes"] for row in theirs} == {attributes}
    conditions = {row["Condition"] for row in found.table("LaunchCondition")}
    assert ("Installed OR NOT NODEJSFOUND" in conditions) == refused


@each_scope
def test_who_takes_over_a_folder_remembers_its_own_later_on(scope: Scope) -> None:
    found = database(options=settings(scope, name="acme-node", replaces=True))
    keys = {row["Signature_"]: row["Key"] for row in found.table("RegLocator")}
    searched = {
        row["Property"]: str(keys[row["Signature_"]]).rpartition("\\")[2]
        for row in found.table("AppSearch")
        if row["Property"] not in ("WINDOWS10", "FAMILY")
    }
    folders = {row["Directory"]: row["Directory_Parent"] for row in found.table("Directory")}
    if scope == "dual":
        assert (searched, "NODEJSDIR" in folders) == ({}, False)
        return
    code = str(properties(found)["UpgradeCode"])[1:-1]
    assert searched == {"NODEJSDIR": "Node.js", "PREVIOUSDIR": code}
    assert (folders["INSTALLDIR"], folders["PREVIOUSDIR"]) == ("PREVIOUSDIR", "NODEJSDIR")
    removed = {row["DirProperty"] for row in found.table("RemoveFile")}
    assert ("NODEJSDIR" in removed) == (scope == "user")


def test_a_family_that_is_that_of_nodejs_itself_is_no_stranger() -> None:
    code = min(NODEJS)[1:-1]
    metadata = Metadata(windows=Windows(upgrade_code=code))
    upgrades = database(options=Settings(metadata=metadata)).table("Upgrade")
    assert [row["Attributes"] for row in upgrades if row["UpgradeCode"] == f"{{{code}}}"] == [
        513,
        2,
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda bundle, options: (with_file("more.txt"), options),
        lambda bundle, options: (with_file("LICENSE", b"Another\n"), options),
        lambda bundle, options: (replace(bundle, released=bundle.released + 1), options),
        lambda bundle, options: (bundle, replace(options, metadata=Metadata(revision=2))),
        lambda bundle, options: (bundle, replace(options, metadata=Metadata(summary="Other"))),
        lambda bundle, options: (bundle, settings("dual")),
        lambda bundle, options: (small_windows_bundle("win-arm64"), options),
    ],
    ids=["file", "licence", "time", "revision", "summary", "scope", "architecture"],
)  # fmt: skip
def test_every_change_gives_another_product_and_package(change) -> None:  # type: ignore[no-untyped-def]
    codes = set()
    before = (small_windows_bundle(), settings())
    for bundle, options in (before, change(*before)):
        found = database(bundle, options)
        codes |= {properties(found)["ProductCode"], found.summary[9]}
    assert len(codes) == 4


def test_another_effort_gives_another_product() -> None:
    found = [reader.read(content(made(), level)) for level in ("fast", "max")]
    assert len({properties(each)["ProductCode"] for each in found}) == 2


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    package = made(with_file("big.bin", bytes(range(256)) * 9000))
    one = content(package, jobs=1)
    assert content(package, jobs=4) == one
    script = (
        "import hashlib, sys; from bundles import small_windows_bundle as b; import test_msi as t\n"
        "print(hashlib.sha256(t.content(t.made())).hexdigest())"
    )
    expected = hashlib.sha256(content(made())).hexdigest()
    place = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": place,
            "TZ": "Asia/Tokyo",
        }
        found = subprocess.run(
            [sys.executable, "-c", script], env=environment, cwd=tmp_path, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        assert found.stdout.strip() == expected


# What no package can hold.


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (Version(24, 0, 0, "rc.1"), "prerelease"),
        (Version(256, 0, 0), "255.255.65535"),
        (Version(24, 256, 0), "255.255.65535"),
        (Version(24, 0, 65536), "255.255.65535"),
    ],
)
def test_a_version_beyond_windows_installer_is_refused(version: Version, message: str) -> None:
    with pytest.raises(NotExpressible, match=message):
        made(replace(small_windows_bundle(), version=version))


@pytest.mark.parametrize(
    "version", [Version(255, 255, 65535), Version(0, 0, 0)], ids=["last", "first"]
)
def test_the_outermost_versions_are_held(version: Version) -> None:
    found = database(replace(small_windows_bundle(), version=version))
    assert properties(found)["ProductVersion"] == str(version)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfeL\0", b"MIT\0", b"MIT\x1b[1m", b"MIT\x7f"],
    ids=["utf-16", "nul", "esc", "del"],
)
def test_a_licence_that_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotExpressible, match="LICENSE is no text"):
        made(with_file("LICENSE", data))


def test_a_licence_may_be_of_any_letters() -> None:
    text = "\ufeffLizenz\f\r\n\tfür 日本 ✓\n"
    assert place.licence(with_file("LICENSE", text.encode())) == text[1:]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("node_modules/aux.js", "device"),
        ("what?.txt", "character"),
        ("dot.", "ends in"),
        ("a/" * 115 + "file.txt", "room"),
    ],
)
def test_names_windows_cannot_hold_are_refused(path: str, message: str) -> None:
    with pytest.raises(NotExpressible, match=message):
        made(with_file(path))


@pytest.mark.parametrize(("scope", "room"), [("machine", 235), ("user", 199), ("dual", 199)])
def test_the_longest_path_of_the_default_folder_fits(scope: Scope, room: int) -> None:
    fits = "d" * 99 + "/" + "f" * (room - 100)
    made(with_file(fits), settings(scope))
    with pytest.raises(NotExpressible, match=f"room for {room}"):
        made(with_file(fits + "f"), settings(scope))


def test_a_link_is_refused() -> None:
    bundle = small_windows_bundle()
    bundle = replace(bundle, entries=(*bundle.entries, Symlink("npm-cli.js", "LICENSE")))
    with pytest.raises(NotExpressible, match="link"):
        made(bundle)


@pytest.mark.parametrize("name", ["con", "node."])
def test_a_product_named_as_no_folder_can_be_is_refused(name: str) -> None:
    with pytest.raises(NotExpressible, match="Windows cannot hold"):
        made(options=settings(name=name))


def test_more_files_than_a_cabinet_holds_are_refused() -> None:
    one = File.of("a", b"")
    many = tuple(replace(one, path=f"many/{number}") for number in range(65536))
    bundle = small_windows_bundle()
    with pytest.raises(NotExpressible, match="65535 files"):
        made(replace(bundle, entries=(*bundle.entries, *many)))


@pytest.mark.parametrize("target", ["linux-x64", "darwin-arm64"])
def test_only_windows_has_packages(target: str) -> None:
    with pytest.raises(NotPublished, match=target):
        made(small_bundle(target))


@pytest.mark.parametrize("vendor", ["Söhne", "Кириллица", "日本語 ACME"])
def test_a_vendor_of_any_script_is_held_to_the_rules(vendor: str, tmp_path: Path) -> None:
    options = Settings(Metadata(vendor=vendor))
    path = tmp_path / "node.msi"
    path.write_bytes(content(made(options=options)))
    found = read_database(path)
    assert list(faults(found)) == []
    assert {row["Property"]: row["Value"] for row in found.table("Property")}[
        "Manufacturer"
    ] == vendor


@each_scope
def test_another_family_of_the_same_name_is_looked_for(scope: Scope) -> None:
    found = database(options=settings(scope))
    code = properties(found)["UpgradeCode"]
    conditions = {row["Condition"] for row in found.table("LaunchCondition")}
    places = {row["Signature_"]: (row["Key"], row["Name"]) for row in found.table("RegLocator")}
    said = [row for row in found.table("Registry") if row["Name"] == "Family of nodejs"]
    assert [row["Value"] for row in said] == [code]
    condition = f'Installed OR NOT FAMILY OR FAMILY="{code}"'
    assert (condition in conditions) == (scope != "dual")
    if scope != "dual":
        assert places["Find.FAMILY"] == (said[0]["Key"], said[0]["Name"])
        assert "FAMILY" in str(properties(found)["SecureCustomProperties"]).split(";")


def test_npm_alone_is_remembered_like_everything() -> None:
    rows = database().table("FeatureComponents")
    assert {row["Feature_"] for row in rows if row["Component_"] == "InstallLocation"} == {
        "NodeRuntime",
        "npm",
    }
