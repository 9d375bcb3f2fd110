"""Rules about the sequences of actions: what is in them, in which order, and with what effect."""

from __future__ import annotations

from collections.abc import Iterator

from rtinstall.platforms.windows.ice.contents import Contents, Rules
from rtinstall.platforms.windows.ice.names import ACTIONS, SCRIPT_ACTIONS, SEQUENCES

INSTALL, INTERFACE, ADVERTISE = "InstallExecuteSequence", "InstallUISequence", "AdvtExecuteSequence"
PUBLISHING = frozenset(("PublishFeatures", "PublishProduct"))
REGISTERING = frozenset((*PUBLISHING, "RegisterProduct", "RegisterUser"))
# Pairs of actions that run in this order where both run: "Using a Sequence Table", and the pages of
# the actions. SCRIPT_ACTIONS lie between InstallInitialize and InstallFinalize besides.
ORDER = (
    ("AppSearch", "CostInitialize"),
    ("LaunchConditions", "CostInitialize"),
    ("FindRelatedProducts", "MigrateFeatureStates"),
    ("FindRelatedProducts", "RemoveExistingProducts"),
    ("CostInitialize", "FileCost"),
    ("FileCost", "CostFinalize"),
    ("CostInitialize", "CostFinalize"),
    ("CostFinalize", "MigrateFeatureStates"),
    ("CostFinalize", "ExecuteAction"),
    ("CostFinalize", "InstallValidate"),
    ("MigrateFeatureStates", "InstallValidate"),
    ("InstallValidate", "InstallInitialize"),
    ("InstallInitialize", "InstallFinalize"),
    ("ValidateProductID", "RegisterUser"),
    ("RemoveRegistryValues", "WriteRegistryValues"),
    ("RemoveIniValues", "WriteIniValues"),
    ("RemoveShortcuts", "CreateShortcuts"),
    ("RemoveFiles", "RemoveFolders"),
    ("RemoveFiles", "InstallFiles"),
    ("CreateFolders", "InstallFiles"),
    ("InstallFiles", "CreateShortcuts"),
    ("PublishFeatures", "PublishProduct"),
)
# Actions without which the rows of a table do nothing.
EFFECTS = {
    "AppSearch": ("AppSearch",),
    "CreateFolder": ("CreateFolders", "RemoveFolders"),
    "Environment": ("RemoveEnvironmentStrings", "WriteEnvironmentStrings"),
    "File": ("InstallFiles", "RemoveFiles"),
    "IniFile": ("RemoveIniValues", "WriteIniValues"),
    "LaunchCondition": ("LaunchConditions",),
    "Registry": ("RemoveRegistryValues", "WriteRegistryValues"),
    "RemoveFile": ("RemoveFiles",),
    "RemoveRegistry": ("RemoveRegistryValues",),
    "Shortcut": ("CreateShortcuts", "RemoveShortcuts"),
    "Upgrade": ("FindRelatedProducts", "RemoveExistingProducts"),
}
# Those of them that belong into the interface's sequence, too, which people answer first.
IN_BOTH = frozenset((
    "AppSearch", "FindRelatedProducts", "LaunchConditions", "MigrateFeatureStates",
))  # fmt: skip


def _turns(contents: Contents, table: str) -> dict[str, int]:
    """Return the number of each action that runs in its turn."""
    return {
        row.keys[0]: row.number("Sequence")
        for row in contents.rows(table)
        if row.number("Sequence") > 0
    }


def dialogs_are_in_the_interface(contents: Contents) -> Iterator[str]:
    """ICE13: no dialog is in a sequence that runs without people."""
    for table in SEQUENCES:
        if not table.endswith("UISequence"):
            for row in contents.rows(table):
                if row.keys[0] in contents.by_key("Dialog"):
                    yield f"{row}: is a dialog"


def actions_are_allowed(contents: Contents) -> Iterator[str]:
    """ICE26: a sequence has the actions it needs, and none that belongs into another one.

    Beyond it: AdvtExecuteSequence, by its own page.
    """
    for table, actions in SEQUENCES.items():
        turns = _turns(contents, table)
        elsewhere = PUBLISHING if table == ADVERTISE else frozenset[str]()  # which is ICE96
        for action in sorted(actions.required - turns.keys() - elsewhere):
            yield f"{table} {action}: is required"
        for action in sorted((turns.keys() & ACTIONS) - actions.allowed):
            yield f"{table} {action}: does not belong there"


def actions_are_in_order(contents: Contents) -> Iterator[str]:
    """ICE27: sequences are of known actions and of dialogs, each after those it depends on.

    An action that restarts Windows (ICE28) is none of those that are known.
    """
    dialogs = contents.by_key("Dialog")
    for table in SEQUENCES:
        turns = _turns(contents, table)
        for row in contents.rows(table):
            if row.keys[0] not in ACTIONS and row.keys[0] not in dialogs:
                yield f"{row}: is no action known here, and no dialog"
        for earlier, later in ORDER:
            if earlier in turns and later in turns and turns[earlier] >= turns[later]:
                yield f"{table} {later}: must come after {earlier}"
        # An advertisement may do without the first one.
        begin = "InstallInitialize" if "InstallInitialize" in turns else "InstallValidate"
        for action in sorted(turns.keys() & SCRIPT_ACTIONS):
            if not turns.get(begin, 0) < turns[action] < turns.get("InstallFinalize", 0):
                yield f"{table} {action}: must be between {begin} and InstallFinalize"


def old_product_is_removed_in_time(contents: Contents) -> Iterator[str]:
    """ICE63: RemoveExistingProducts runs before anything is written, or after everything."""
    turns = _turns(contents, INSTALL)
    removal, begin = turns.get("RemoveExistingProducts"), turns.get("InstallInitialize")
    if removal is None or begin is None:
        return
    if removal < turns.get("InstallValidate", 0):
        yield f"{INSTALL} RemoveExistingProducts: must come after InstallValidate"
    done = [action for action in turns if begin < turns[action] < removal]
    if "InstallFinalize" not in done and SCRIPT_ACTIONS.intersection(done):
        yield f"{INSTALL} RemoveExistingProducts: must come right after InstallInitialize"


def advertising_has_no_interface(contents: Contents) -> Iterator[str]:
    """ICE78: AdvtUISequence is empty or not there."""
    for row in contents.rows("AdvtUISequence"):
        yield f"{row}: nobody is asked when a product is advertised"


def actions_have_their_own_turns(contents: Contents) -> Iterator[str]:
    """ICE82: no two actions of a sequence have one number; the product is registered whole."""
    for table in SEQUENCES:
        seen: dict[int, str] = {}
        for row in contents.rows(table):
            other = seen.setdefault(row.number("Sequence"), row.keys[0])
            if other != row.keys[0] and row.number("Sequence"):
                yield f"{row}: has the number of {other}"
    missing = REGISTERING - _turns(contents, INSTALL).keys()
    if missing == {"RegisterUser"} or missing == REGISTERING:
        yield f"{INSTALL}: lacks {', '.join(sorted(missing))}"


def required_actions_always_run(contents: Contents) -> Iterator[str]:
    """ICE84: a required action has no condition."""
    for table, actions in SEQUENCES.items():
        if not table.endswith("UISequence"):
            for row in contents.rows(table):
                if row.keys[0] in actions.required and row.text("Condition"):
                    yield f"{row}: is required, and has a condition"


def advertising_publishes(contents: Contents) -> Iterator[str]:
    """ICE96: features and product are published when they are advertised."""
    for action in sorted(PUBLISHING - _turns(contents, ADVERTISE).keys()):
        yield f"{ADVERTISE} {action}: is required"


def rows_have_an_effect(contents: Contents) -> Iterator[str]:
    """EFFECT, ours: where a table has rows, the actions that act on them run, and undo it."""
    turns = _turns(contents, INSTALL)
    interface = _turns(contents, INTERFACE)
    for table, actions in EFFECTS.items():
        for action in actions:
            if contents.rows(table) and action not in turns:
                yield f"{INSTALL} {action}: the rows of {table} have no effect without it"
    for action in sorted(IN_BOTH & turns.keys() - interface.keys()):
        yield f"{INTERFACE} {action}: runs only after people have answered"


RULES: Rules = (
    ("ICE13", dialogs_are_in_the_interface),
    ("ICE26", actions_are_allowed),
    ("ICE27", actions_are_in_order),
    ("ICE63", old_product_is_removed_in_time),
    ("ICE78", advertising_has_no_interface),
    ("ICE82", actions_have_their_own_turns),
    ("ICE84", required_actions_always_run),
    ("ICE96", advertising_publishes),
    ("EFFECT", rows_have_an_effect),
)
