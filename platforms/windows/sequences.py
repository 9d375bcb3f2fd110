"""The order of actions (SDK, "Suggested InstallExecuteSequence" and its kin): standard ones only.

RemoveExistingProducts comes before anything is installed, so that components of the new product
may be cut differently from those of the old one, and no stale file stays among the new. It comes
right after InstallInitialize, within the transaction: an upgrade that fails brings the old one back.
"""

from __future__ import annotations

from rtinstall.platforms.windows.draft import Rows

EXECUTE = {
    "FindRelatedProducts": 25,
    "AppSearch": 50,
    "LaunchConditions": 100,
    "ValidateProductID": 700,
    "CostInitialize": 800,
    "FileCost": 900,
    "CostFinalize": 1000,
    "MigrateFeatureStates": 1200,
    "InstallValidate": 1400,
    "InstallInitialize": 1500,
    "RemoveExistingProducts": 1501,
    "ProcessComponents": 1600,
    "UnpublishFeatures": 1800,
    "RemoveRegistryValues": 2600,
    "RemoveIniValues": 3100,
    "RemoveShortcuts": 3200,
    "RemoveEnvironmentStrings": 3300,
    "RemoveFiles": 3500,
    "RemoveFolders": 3600,
    "CreateFolders": 3700,
    "InstallFiles": 4000,
    "CreateShortcuts": 4500,
    "WriteRegistryValues": 5000,
    "WriteIniValues": 5100,
    "WriteEnvironmentStrings": 5200,
    "RegisterUser": 6000,
    "RegisterProduct": 6100,
    "PublishFeatures": 6300,
    "PublishProduct": 6400,
    "InstallFinalize": 6600,
}
INTERFACE = {
    "FindRelatedProducts": 25,
    "AppSearch": 50,
    "LaunchConditions": 100,
    "ValidateProductID": 700,
    "CostInitialize": 800,
    "FileCost": 900,
    "CostFinalize": 1000,
    "MigrateFeatureStates": 1200,
    "ExecuteAction": 1300,
}
# An administrative installation unpacks; nothing is searched for, registered or removed.
ADMIN_EXECUTE = {
    "CostInitialize": 800,
    "FileCost": 900,
    "CostFinalize": 1000,
    "InstallValidate": 1400,
    "InstallInitialize": 1500,
    "InstallAdminPackage": 3900,
    "InstallFiles": 4000,
    "InstallFinalize": 6600,
}
ADMIN_INTERFACE = {
    "CostInitialize": 800,
    "FileCost": 900,
    "CostFinalize": 1000,
    "ExecuteAction": 1300,
}
ADVERTISE = {
    "CostInitialize": 800,
    "CostFinalize": 1000,
    "InstallValidate": 1400,
    "InstallInitialize": 1500,
    "CreateShortcuts": 4500,
    "PublishFeatures": 6300,
    "PublishProduct": 6400,
    "InstallFinalize": 6600,
}


def sequences() -> Rows:
    """Return the five sequence tables."""
    return {
        name: [(action, None, number) for action, number in actions.items()]
        for name, actions in (
            ("InstallExecuteSequence", EXECUTE),
            ("InstallUISequence", INTERFACE),
            ("AdminExecuteSequence", ADMIN_EXECUTE),
            ("AdminUISequence", ADMIN_INTERFACE),
            ("AdvtExecuteSequence", ADVERTISE),
        )
    }
