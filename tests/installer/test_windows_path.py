from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rtinstall.installer import windows_path
from rtinstall.installer.windows_path import REG_EXPAND_SZ, REG_SZ
from rtinstall.runtime_bundle.errors import BadConfiguration

SHIMS, DEFAULT = r"C:\Users\a b\rtinstall\shims", r"C:\Users\a b\rtinstall\aliases\default"
OURS = (SHIMS, DEFAULT)
REG_BINARY = 3


@dataclass
class Hive:
    """A registry in memory."""

    values: dict[str, tuple[object, int]] = field(default_factory=dict)
    told: int = 0
    deaf: bool = False

    def get(self, name: str) -> tuple[object, int] | None:
        return self.values.get(name)

    def set(self, name: str, value: str, kind: int) -> None:
        if not self.deaf:
            self.values[name] = (value, kind)

    def remove(self, name: str) -> None:
        del self.values[name]

    def tell(self) -> None:
        self.told += 1


def put(hive: Hive) -> None:
    text = windows_path.read(hive).text or ""
    windows_path.change(hive, windows_path.with_entries(text, OURS))


def take(hive: Hive) -> None:
    text = windows_path.read(hive).text or ""
    windows_path.change(hive, windows_path.without_entries(text, OURS))


@pytest.mark.parametrize("kind", [REG_SZ, REG_EXPAND_SZ])
@pytest.mark.parametrize(
    "text", [r"%USERPROFILE%\bin;C:\x", r"C:\x;", r";C:\x;;D:\y", r'"C:\a;b";C:\x', "ü;日本"]
)
def test_the_value_keeps_its_type_and_its_text(text: str, kind: int) -> None:
    hive = Hive({"Path": (text, kind)})
    put(hive)
    assert hive.values["Path"] == (f"{SHIMS};{DEFAULT};{text}", kind)
    put(hive)
    assert hive.values["Path"] == (f"{SHIMS};{DEFAULT};{text}", kind)
    assert hive.told == 1
    take(hive)
    assert hive.values["Path"] == (text, kind)
    assert hive.told == 2


def test_without_a_value_one_is_made_and_goes_again() -> None:
    hive = Hive()
    put(hive)
    assert hive.values["Path"] == (f"{SHIMS};{DEFAULT}", REG_EXPAND_SZ)
    take(hive)
    assert hive.values == {}


def test_entries_are_found_however_they_are_spelt() -> None:
    text = f'C:\\x;"{SHIMS.upper()}\\";{DEFAULT.replace(chr(92), "/")}/;D:\\y'
    assert windows_path.without_entries(text, OURS) == r"C:\x;D:\y"


@pytest.mark.parametrize("value", [(b"x", REG_BINARY), (5, 4), ("x", 7), (["a"], REG_SZ)])
def test_a_value_that_is_no_text_is_left_alone(value: tuple[object, int]) -> None:
    hive = Hive({"Path": value})
    with pytest.raises(BadConfiguration, match="no text"):
        put(hive)
    assert hive.values == {"Path": value}


def test_a_value_that_cmd_would_not_take_is_refused() -> None:
    text = ";".join(f"C:\\{number:04}" for number in range(270))
    hive = Hive({"Path": (text, REG_SZ)})
    with pytest.raises(BadConfiguration, match="2047"):
        put(hive)
    assert hive.values["Path"] == (text, REG_SZ)
    assert hive.told == 0


@pytest.mark.parametrize("entry", [r"C:\a;b", 'C:\\a"b', "relative", r"\\server\share", r"\x", ""])
def test_an_entry_that_path_cannot_hold_is_refused(entry: str) -> None:
    with pytest.raises(BadConfiguration, match="cannot be an entry"):
        windows_path.with_entries(r"C:\x", [entry])


def test_a_value_that_did_not_stay_is_an_error() -> None:
    hive = Hive({"Path": ("C:\\x", REG_SZ)}, deaf=True)
    with pytest.raises(BadConfiguration, match="not what was written"):
        put(hive)
    assert hive.told == 0


def test_setx_is_nowhere() -> None:
    source = Path(windows_path.__file__).parent
    for path in source.rglob("*.py"):
        words = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8")))
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
        assert not [word for word in words if word.strip().startswith("setx")]
