"""The words that Windows puts into the dialogs: UIText, and ActionText for each standard action.

Only what can be seen: features of ours are on the disk or absent, never run from a network or on
demand, so that those words of UIText are left out. The Error table stays empty: Windows then says
its own messages, in the language of the user.
"""

from __future__ import annotations

from rtinstall.platforms.containers.database import Row

UI_TEXT: tuple[Row, ...] = (
    ("AbsentPath", None),
    ("bytes", "bytes"),
    ("KB", "KB"),
    ("MB", "MB"),
    ("GB", "GB"),
    ("MenuAbsent", "Leave this part out"),
    ("MenuLocal", "Install this part"),
    ("MenuAllLocal", "Install this part with everything in it"),
    ("NewFolder", "NewFoldr|New folder"),
    ("ScriptInProgress", "Working out what has to be done"),
    ("SelAbsentAbsent", "This part stays out"),
    ("SelAbsentLocal", "This part will be installed"),
    ("SelLocalAbsent", "This part will be removed"),
    ("SelLocalLocal", "This part stays installed"),
    ("SelCostPending", "Working out how much space this part needs"),
    ("SelChildCostPos", "This part needs [1]."),
    ("SelChildCostNeg", "Removing this part frees [1]."),
    ("SelParentCostPosPos", "This part needs [1]. [2] of its [3] parts are chosen; they need [4]."),
    ("SelParentCostPosNeg", "This part needs [1]. [2] of its [3] parts are chosen; they free [4]."),
    ("SelParentCostNegPos", "This part frees [1]. [2] of its [3] parts are chosen; they need [4]."),
    ("SelParentCostNegNeg", "This part frees [1]. [2] of its [3] parts are chosen; they free [4]."),
    ("TimeRemaining", "Time left: {[1] min }{[2] s}"),
    ("VolumeCostVolume", "Drive"),
    ("VolumeCostSize", "Size"),
    ("VolumeCostAvailable", "Free"),
    ("VolumeCostRequired", "Needed"),
    ("VolumeCostDifference", "Left over"),
)

# Action, what the progress page says, and what the log says of each item.
ACTION_TEXT: tuple[Row, ...] = (
    ("Advertise", "Making the program known", None),
    ("AppSearch", "Looking for an earlier installation", None),
    ("CostFinalize", "Working out the disk space", None),
    ("CostInitialize", "Working out the disk space", None),
    ("CreateFolders", "Creating folders", "Folder: [1]"),
    ("CreateShortcuts", "Creating shortcuts", "Shortcut: [1]"),
    ("FileCost", "Working out the disk space", None),
    ("FindRelatedProducts", "Looking for other versions", "Product: [1]"),
    ("GenerateScript", "Preparing", "[1]"),
    ("InstallAdminPackage", "Unpacking files", "File: [1], folder: [9], size: [6]"),
    ("InstallFiles", "Copying files", "File: [1], folder: [9], size: [6]"),
    ("InstallFinalize", "Finishing", None),
    ("InstallInitialize", "Starting", None),
    ("InstallValidate", "Checking the computer", None),
    ("LaunchConditions", "Checking the version of Windows", None),
    ("MigrateFeatureStates", "Taking over your choice of parts", "Product: [1]"),
    ("ProcessComponents", "Updating the list of parts", None),
    ("PublishFeatures", "Registering the parts", "Part: [1]"),
    ("PublishProduct", "Registering the program", None),
    ("RegisterProduct", "Registering the program", "[1]"),
    ("RegisterUser", "Registering the program", "[1]"),
    ("RemoveEnvironmentStrings", "Updating the PATH", "Name: [1], value: [2], action: [3]"),
    ("RemoveExistingProducts", "Removing the version before", "Product: [1], [2]"),
    ("RemoveFiles", "Removing files", "File: [1], folder: [9]"),
    ("RemoveFolders", "Removing folders", "Folder: [1]"),
    ("RemoveIniValues", "Removing web shortcuts", "File: [1], section: [2], key: [3]"),
    ("RemoveRegistryValues", "Removing settings", "Key: [1], name: [2]"),
    ("RemoveShortcuts", "Removing shortcuts", "Shortcut: [1]"),
    ("Rollback", "Undoing what was done", "[1]"),
    ("RollbackCleanup", "Removing files that are no longer needed", "File: [1]"),
    ("UnpublishFeatures", "Unregistering the parts", "Part: [1]"),
    ("WriteEnvironmentStrings", "Updating the PATH", "Name: [1], value: [2], action: [3]"),
    ("WriteIniValues", "Creating web shortcuts", "File: [1], section: [2], key: [3]"),
    ("WriteRegistryValues", "Writing settings", "Key: [1], name: [2], value: [3]"),
)
