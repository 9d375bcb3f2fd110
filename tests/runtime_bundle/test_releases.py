import json
import string
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.runtime_bundle.errors import NotReadable, UnknownVersion
from rtinstall.runtime_bundle.releases import (
    LIMIT,
    SCHEDULE,
    Line,
    Release,
    Status,
    line_status,
    lts_codename,
    parse_index,
    parse_index_tab,
    parse_schedule,
    resolve,
    select,
    write_index_json,
    write_index_tab,
)
from rtinstall.runtime_bundle.versions import Version, VersionSpec

# Rows of the real index, each for something the others lack: no LTS, LTS, a security release, the
# last before its line was LTS, components without a number or unknown, no binaries.
TAB = """\
version date files npm v8 uv zlib openssl modules lts security
v23.1.0 2024-10-24 aix-ppc64,headers,linux-arm64,linux-x64,osx-arm64-tar,src,win-x64-zip 10.9.0 \
12.9.202.28 1.49.1 1.3.0.1-motley 3.0.15+quic 131 - -
v22.11.0 2024-10-29 headers,linux-x64,osx-x64-pkg,win-x86-msi 10.9.0 \
12.4.254.21 1.48.0 1.3.0.1-motley 3.0.15+quic 127 Jod -
v22.10.0 2024-10-16 headers,linux-x64 10.9.0 12.4.254.21 1.48.0 1.3.0.1-motley 3.0.15+quic 127 - -
v22.4.1 2024-07-08 headers,linux-x64 10.8.1 12.4.254.21 1.48.0 1.3.0.1-motley 3.0.13+quic 127 - true
v20.18.0 2024-10-03 headers,linux-x64 10.8.2 11.3.244.8 1.46.0 1.3.0.1-motley 3.0.13+quic 115 Iron -
v20.17.0 2024-08-21 headers,linux-x64 10.8.2 11.3.244.8 1.46.0 1.3.0.1-motley 3.0.13+quic 115 Iron -
v20.8.1 2023-10-13 headers,linux-x64 10.1.0 11.3.244.8 1.46.0 1.2.13.1-motley 3.0.10+quic 115 - true
v0.10.48 2016-10-18 headers,linux-x64,osx-x86-tar,src,sunos-x64 2.15.1 3.14.5.11 0.10.37 1.2.8 \
1.0.1u 11 - true
v0.6.13 2012-03-15 osx-x64-pkg,src,win-x64-exe,win-x86-exe 1.1.9 3.6.6.24 0.6 1.2.3 0.9.8r 1 - -
v0.1.14 2011-08-26 src - 1.3.15.0 - - - - - -
""".replace(" ", "\t")
RELEASES = parse_index_tab(TAB)


def entry(**changes: object) -> dict[str, Any]:
    """Return an entry of index.json as upstream has it, but for ``changes``."""
    sound = {"version": "v22.11.0", "date": "2024-10-29", "files": ["linux-x64"], "npm": "10.9.0"}
    return {**sound, "lts": "Jod", "security": False, **changes}


def test_the_index_is_rewritten_byte_for_byte() -> None:
    assert write_index_tab(RELEASES).decode() == TAB
    assert write_index_tab(reversed(RELEASES)).decode() == TAB


def test_the_json_index_has_upstream_shape() -> None:
    written = write_index_json(RELEASES).decode().splitlines()
    assert (written[0], written[-1], len(written)) == ("[", "]", len(RELEASES) + 2)
    assert written[2] == (
        '{"version":"v22.11.0","date":"2024-10-29",'
        '"files":["headers","linux-x64","osx-x64-pkg","win-x86-msi"],'
        '"npm":"10.9.0","v8":"12.4.254.21","uv":"1.48.0","zlib":"1.3.0.1-motley",'
        '"openssl":"3.0.15+quic","modules":"127","lts":"Jod","security":false},'
    )
    assert written[-2] == (
        '{"version":"v0.1.14","date":"2011-08-26","files":["src"],"v8":"1.3.15.0",'
        '"lts":false,"security":false}'
    )


def test_both_indexes_tell_the_same() -> None:
    assert parse_index(write_index_json(RELEASES)) == RELEASES
    assert RELEASES[1] == Release(
        Version(22, 11, 0),
        date(2024, 10, 29),
        frozenset({"headers", "linux-x64", "osx-x64-pkg", "win-x86-msi"}),
        npm="10.9.0",
        v8="12.4.254.21",
        uv="1.48.0",
        zlib="1.3.0.1-motley",
        openssl="3.0.15+quic",
        modules="127",
        lts="Jod",
    )


def test_an_empty_mirror_has_an_empty_index() -> None:
    assert write_index_json([]) == b"[\n]\n"
    assert parse_index(write_index_json([])) == parse_index_tab(write_index_tab([]).decode()) == ()


words = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,20}", fullmatch=True)
maybe = st.just("") | words
codenames = st.text(string.ascii_letters, min_size=1, max_size=10)
releases = st.builds(
    Release,
    st.builds(
        Version, st.integers(0, 30), st.integers(0, 3), st.integers(0, 3),
        st.sampled_from(["", "rc.1", "nightly20260101ab"]),
    ),
    st.dates(date(2009, 1, 1)),
    st.frozensets(words, max_size=4),
    npm=maybe, v8=maybe, uv=maybe, zlib=maybe, openssl=maybe, modules=maybe,
    lts=st.just("") | codenames,
    security=st.booleans(),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(releases, max_size=4, unique_by=lambda release: release.version))
def test_what_is_written_can_be_read(some: list[Release]) -> None:
    expected = tuple(sorted(some, key=lambda release: release.version, reverse=True))
    assert parse_index(write_index_json(some)) == expected
    assert parse_index_tab(write_index_tab(some).decode()) == expected


def test_unknown_keys_and_missing_ones_are_tolerated() -> None:
    (found,) = parse_index(b'[{"version":"22.11.0","date":"2024-10-29","files":[],"new":[{}]}]')
    assert found == Release(Version(22, 11, 0), date(2024, 10, 29))
    (found,) = parse_index_tab("date\tnew\tfiles\tversion\r\n2024-10-29\t?\t-\tv22.11.0\r\n")
    assert found == Release(Version(22, 11, 0), date(2024, 10, 29))


def test_an_entry_nobody_could_ask_for_is_left_out() -> None:
    odd = [entry(version=version) for version in ("v1.0.0-next.1", "../../etc", "iojs-v1.0.0")]
    assert parse_index(json.dumps([*odd, entry()]).encode()) == parse_index(
        json.dumps([entry()]).encode()
    )


def test_the_first_of_two_entries_counts() -> None:
    (found,) = parse_index(json.dumps([entry(npm="1.0.0"), entry(npm="2.0.0")]).encode())
    assert found.npm == "1.0.0"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 22},
        {"version": None},
        {"date": None},
        {"date": 20241029},
        {"date": "20241029"},
        {"date": "2024-13-29"},
        {"date": "2024-10-29T00:00:00Z"},
        {"files": None},
        {"files": "linux-x64"},
        {"files": ["linux-x64", 1]},
        {"files": ["linux-x64\tv99.0.0"]},
        {"files": ["linux,x64"]},
        {"files": [""]},
        {"files": [["linux-x64"]]},
        {"npm": 10},
        {"npm": "10.9.0\nv99.0.0"},
        {"v8": "-"},
        {"uv": ""},
        {"modules": 127},
        {"openssl": "9" * 65},
        {"lts": True},
        {"lts": 1},
        {"lts": "Jod;id"},
        {"lts": "../jod"},
        {"lts": ["Jod"]},
        {"security": "true"},
        {"security": None},
    ],
    ids=str,
)
def test_an_entry_of_the_wrong_form_refuses_the_index(change: dict[str, object]) -> None:
    parse_index(json.dumps([entry()]).encode())
    with pytest.raises(NotReadable) as caught:
        parse_index(json.dumps([entry(version="v20.1.0"), entry(**change)]).encode())
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"<!doctype html><title>404</title>",
        b"{}",
        b"null",
        b'"v22.11.0"',
        b"[1]",
        b"[null]",
        b"[[]]",
        b'[{"version":"v22.11.0"',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" + b"9" * 100_000 + b"]",
        b"[" + b" " * LIMIT + b"]",
    ],
    ids=range(14),
)
def test_what_is_no_index_is_refused(data: bytes) -> None:
    with pytest.raises(NotReadable) as caught:
        parse_index(data)
    assert "mirror" in caught.value.hint
    with pytest.raises(NotReadable):
        parse_index_tab(data.decode("latin-1"))
    with pytest.raises(NotReadable):
        parse_schedule(data)


@pytest.mark.parametrize(
    "text",
    [
        "v22.11.0\t2024-10-29\tsrc\n",
        "version\tdate\n",
        "version\tdate\tfiles\nv22.11.0\t2024-10-29\n",
        "version\tdate\tfiles\nv22.11.0\t2024-10-29\tsrc\textra\n",
        "version\tdate\tfiles\nv22.11.0\t2024-10-29\tsrc,,headers\n",
        "version\tdate\tfiles\nv22.11.0\t-\tsrc\n",
        "version\tdate\tfiles\n-\t2024-10-29\tsrc\n",
        "version\tdate\tfiles\n\nv22.11.0\t2024-10-29\tsrc\n",
    ],
)
def test_a_malformed_table_is_refused(text: str) -> None:
    with pytest.raises(NotReadable):
        parse_index_tab(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latest", "v23.1.0"),
        ("lts", "v22.11.0"),
        ("lts/*", "v22.11.0"),
        ("lts/-1", "v20.18.0"),
        ("lts/iron", "v20.18.0"),
        ("lts/Jod", "v22.11.0"),
        ("22", "v22.11.0"),
        ("22.4", "v22.4.1"),
        ("20.8.1", "v20.8.1"),
        (">=20 <22", "v20.18.0"),
        ("0.10", "v0.10.48"),
        ("<22 || 22.4.x", "v22.4.1"),
    ],
)
def test_the_newest_match_is_resolved(text: str, expected: str) -> None:
    assert resolve(VersionSpec.parse(text), reversed(RELEASES)).version.tag == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("22.5.0", "the nearest: v22.4.1, v22.10.0"),
        ("24.0.0", "the nearest: v23.1.0"),
        ("0.1.1", "the nearest: v0.1.14"),
        ("22.99", "the newest of line 22 is v22.11.0"),
        ("^20.19", "the newest of line 20 is v20.18.0"),
        (">=30", "the newest lines end in v23.1.0, v22.11.0, v20.18.0, v0.10.48"),
        ("<0", "the newest of line 0 is v0.10.48"),
        ("<*", "the newest lines end in v23.1.0, v22.11.0, v20.18.0, v0.10.48"),
        ("lts/krypton", "there are lts/jod, lts/iron"),
        ("lts/-2", "there are lts/jod, lts/iron"),
    ],
)
def test_a_miss_names_what_there_is(text: str, hint: str) -> None:
    with pytest.raises(UnknownVersion) as caught:
        resolve(VersionSpec.parse(text), RELEASES)
    assert str(caught.value) == f"no release matches {text!r}"
    assert caught.value.hint == hint


@pytest.mark.parametrize("text", ["lts", "22", "22.11.0", "latest"])
def test_a_miss_among_nothing_says_so(text: str) -> None:
    with pytest.raises(UnknownVersion) as caught:
        resolve(VersionSpec.parse(text), [])
    assert caught.value.hint in ("no release here is LTS", "no release is known at all")


def test_a_line_is_lts_only_since_its_first_lts_release() -> None:
    tags = [release.version.tag for release in select(VersionSpec.parse("lts/iron"), RELEASES)]
    assert tags == ["v20.18.0", "v20.17.0"]
    assert [release.version.tag for release in select(VersionSpec.parse("20"), RELEASES)] == [
        *tags,
        "v20.8.1",
    ]


def test_a_prerelease_is_only_found_by_its_name_or_range() -> None:
    nightly = Release(Version.parse("v27.0.0-nightly20260101ab"), date(2026, 1, 1))
    known = [*RELEASES, nightly]
    assert resolve(VersionSpec.parse("latest"), known) == RELEASES[0]
    assert nightly not in select(VersionSpec.parse(">=20"), known)
    assert resolve(VersionSpec.parse(nightly.version.tag), known) == nightly
    assert resolve(VersionSpec.parse(">=27.0.0-0"), known) == nightly


@pytest.mark.parametrize(
    ("major", "day", "status"),
    [
        (24, "2025-05-05", "pending"),
        (24, "2025-05-06", "current"),
        (24, "2025-10-28", "active-lts"),
        (24, "2026-10-19", "active-lts"),
        (24, "2026-10-20", "maintenance"),
        (24, "2028-04-29", "maintenance"),
        (24, "2028-04-30", "end-of-life"),
        (25, "2026-03-31", "current"),
        (25, "2026-04-01", "maintenance"),
        (25, "2026-06-01", "end-of-life"),
        (0, "2012-01-01", "end-of-life"),
        (3, "2026-01-01", "end-of-life"),
        (99, "2026-01-01", "pending"),
    ],
)
def test_a_line_has_a_status_every_day(major: int, day: str, status: Status) -> None:
    assert line_status(major, date.fromisoformat(day), SCHEDULE) == status


def test_the_schedule_runs_in_order() -> None:
    for line in SCHEDULE.values():
        days = [line.start, line.lts, line.maintenance, line.end]
        known = [day for day in days if day]
        assert known == sorted(known)
        assert line.lts or not line.codename
    names = [line.codename for line in SCHEDULE.values() if line.codename]
    assert names == sorted(names)  # each name begins with the next letter of the alphabet


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version.tag)
def test_the_schedule_says_what_the_index_says_of_lts(release: Release) -> None:
    assert lts_codename(release.version, release.date, SCHEDULE) == release.lts


def test_an_lts_line_without_a_name_goes_by_its_number() -> None:
    first = Release(Version(26, 5, 0), date(2026, 10, 28))
    codename = lts_codename(first.version, first.date, SCHEDULE)
    assert codename == "v26"
    assert lts_codename(first.version, first.date - timedelta(1), SCHEDULE) == ""
    assert lts_codename(Version(26, 5, 0, "rc.1"), first.date, SCHEDULE) == ""
    named = Release(first.version, first.date, lts=codename)
    assert resolve(VersionSpec.parse("lts"), parse_index(write_index_json([named]))) == named
    assert resolve(VersionSpec.parse("lts/v26"), [named]) == named


def test_a_fetched_schedule_is_read() -> None:
    days = {"start": "2025-05-06", "end": "2028-04-30"}
    late = {"lts": "2025-10-28", "maintenance": "2026-10-20", "codename": "Krypton"}
    data = {"v24": {**days, **late}, "v27": {"alpha": "soon", **days, "codename": ""}, "v0.10": {}}
    assert parse_schedule(json.dumps(data).encode()) == {24: SCHEDULE[24], 27: Line(
        date(2025, 5, 6), date(2028, 4, 30)
    )}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"start": "2025-05-06"},
        {"end": "2028-04-30"},
        {"start": "2025-05-06", "end": "soon"},
        {"start": "2025-05-06", "end": "2028-04-30", "lts": True},
        {"start": "2025-05-06", "end": "2028-04-30", "codename": "../etc"},
        {"start": "2025-05-06", "end": "2028-02-30"},
        [],
    ],
    ids=str,
)
def test_a_malformed_schedule_is_refused(line: object) -> None:
    with pytest.raises(NotReadable):
        parse_schedule(json.dumps({"v24": line}).encode())
