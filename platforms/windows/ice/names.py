"""Names that Windows Installer knows by itself: properties, folders, actions, controls, events.

From the SDK's "Property Reference", "Standard Actions Reference", "Controls" and "ControlEvents".
"""

from __future__ import annotations

from typing import NamedTuple

# Folders that are another for each user, whatever ALLUSERS says (ICE91).
USERS_OWN = frozenset((
    "AppDataFolder", "FavoritesFolder", "LocalAppDataFolder", "MyPicturesFolder", "NetHoodFolder",
    "PersonalFolder", "PrintHoodFolder", "RecentFolder", "SendToFolder",
))  # fmt: skip
# Folders of the shell: the user's, or those of all users if ALLUSERS says so.
SHELL = frozenset((
    "AdminToolsFolder", "DesktopFolder", "ProgramMenuFolder", "StartMenuFolder", "StartupFolder",
    "TemplateFolder",
))  # fmt: skip
PROFILE = USERS_OWN | SHELL
# Folders that exist as a pair, on 64-bit Windows (ICE80).
FOLDERS_64 = frozenset(("CommonFiles64Folder", "ProgramFiles64Folder", "System64Folder"))
FOLDERS_32 = frozenset(("CommonFilesFolder", "ProgramFilesFolder"))
# Folders that only administrators can write to, by Windows' own permissions.
PROGRAM_FILES = frozenset((
    "CommonFiles64Folder", "CommonFilesFolder", "ProgramFiles64Folder", "ProgramFilesFolder",
))  # fmt: skip
# Folders a package without elevation, or for either scope, must not name (ICE105).
MACHINES_OWN = frozenset((
    "AdminToolsFolder", "CommonAppDataFolder", "FontsFolder", "System16Folder", "System64Folder",
    "SystemFolder", "TempFolder", "WindowsFolder", "WindowsVolume",
))  # fmt: skip
# Folders whose path has no blank in it on any Windows.
WITHOUT_BLANKS = frozenset((
    "System16Folder", "System64Folder", "SystemFolder", "WindowsFolder", "WindowsVolume",
))  # fmt: skip
FOLDERS = PROFILE | FOLDERS_64 | FOLDERS_32 | MACHINES_OWN

REQUIRED_PROPERTIES = (
    "Manufacturer", "ProductCode", "ProductLanguage", "ProductName", "ProductVersion",
)  # fmt: skip
# Properties for the command line alone (ICE87).
COMMAND_LINE_PROPERTIES = frozenset((
    "ADDDEFAULT", "ADDLOCAL", "ADDSOURCE", "ADVERTISE", "COMPADDLOCAL", "COMPADDSOURCE",
    "FILEADDDEFAULT", "FILEADDLOCAL", "FILEADDSOURCE", "REINSTALL", "REMOVE",
))  # fmt: skip
PROPERTIES = COMMAND_LINE_PROPERTIES | frozenset(REQUIRED_PROPERTIES) | frozenset((
    "ACTION", "AFTERREBOOT", "ALLUSERS", "ARPAUTHORIZEDCDFPREFIX", "ARPCOMMENTS", "ARPCONTACT",
    "ARPHELPLINK", "ARPHELPTELEPHONE", "ARPINSTALLLOCATION", "ARPNOMODIFY", "ARPNOREMOVE",
    "ARPNOREPAIR", "ARPPRODUCTICON", "ARPREADME", "ARPSIZE", "ARPSYSTEMCOMPONENT",
    "ARPURLINFOABOUT", "ARPURLUPDATEINFO", "AVAILABLEFREEREG", "AdminProperties", "AdminUser",
    "Alpha", "BorderSide", "BorderTop", "CCP_DRIVE", "COMPADDDEFAULT", "COMPANYNAME",
    "CaptionHeight", "ColorBits", "ComputerName", "CostingComplete", "CustomActionData",
    "DISABLEADVTSHORTCUTS", "DISABLEMEDIA", "DISABLEROLLBACK", "Date", "DefaultUIFont",
    "DiskPrompt", "EXECUTEACTION", "EXECUTEMODE", "ErrorDialog", "FASTOEM", "FileInUseProcess",
    "INSTALLLEVEL", "Installed", "Intel", "Intel64", "IsAdminPackage", "LIMITUI", "LOGACTION",
    "LeftUnit", "LogonUser", "MEDIAPACKAGEPATH", "MSIARPSETTINGSIDENTIFIER", "MSICHECKCRCS",
    "MSIDISABLEEEUI", "MSIDISABLELUAPATCHING", "MSIDISABLERMRESTART",
    "MSIENFORCEUPGRADECOMPONENTRULES", "MSIFASTINSTALL", "MSIINSTALLPERUSER", "MSIINSTANCEGUID",
    "MSINEWINSTANCE", "MSINODISABLEMEDIA", "MSIPATCHREMOVE", "MSIRESTARTMANAGERCONTROL",
    "MSIRMSHUTDOWN", "MSIUNINSTALLSUPERSEDEDCOMPONENTS", "MSIUSEREALADMINDETECTION",
    "MediaSourceDir", "MsiHiddenProperties", "MsiLogFileLocation", "MsiLogging",
    "MsiNTProductType", "MsiNTSuiteBackOffice", "MsiNTSuiteDataCenter", "MsiNTSuiteEnterprise",
    "MsiNTSuitePersonal", "MsiNTSuiteSmallBusiness", "MsiNTSuiteSmallBusinessRestricted",
    "MsiNTSuiteWebServer", "MsiNetAssemblySupport", "MsiPatchRemovalList",
    "MsiRestartManagerSessionKey", "MsiRunningElevated", "MsiSelectionTreeChildrenCost",
    "MsiSelectionTreeChildrenCount", "MsiSelectionTreeInstallingChildrenCount",
    "MsiSelectionTreeSelectedAction", "MsiSelectionTreeSelectedCost",
    "MsiSelectionTreeSelectedFeature", "MsiSelectionTreeSelectedPath", "MsiSystemRebootPending",
    "MsiTabletPC", "MsiUIHideCancel", "MsiUIProgressOnly", "MsiUISourceResOnly",
    "MsiWin32AssemblySupport", "Msix64", "NOCOMPANYNAME", "NOUSERNAME", "OLEAdvtSupport",
    "OriginalDatabase", "OutOfDiskSpace", "OutOfNoRbDiskSpace", "PATCH", "PATCHNEWPACKAGECODE",
    "PATCHNEWSUMMARYCOMMENTS", "PATCHNEWSUMMARYSUBJECT", "PIDKEY", "PIDTemplate", "PRIMARYFOLDER",
    "PROMPTROLLBACKCOST", "ParentOriginalDatabase", "ParentProductCode", "PhysicalMemory",
    "Preselected", "PrimaryVolumePath", "PrimaryVolumeSpaceAvailable",
    "PrimaryVolumeSpaceRemaining", "PrimaryVolumeSpaceRequired", "Privileged", "ProductID",
    "ProductState", "REBOOT", "REBOOTPROMPT", "REINSTALLMODE", "RESUME", "ROOTDRIVE",
    "RedirectedDllSupport", "RemoteAdminTS", "ReplacedInUseFiles", "RestrictedUserControl",
    "RollbackDisabled", "SEQUENCE", "SHORTFILENAMES", "ScreenX", "ScreenY",
    "SecureCustomProperties", "ServicePackLevel", "ServicePackLevelMinor", "SharedWindows",
    "ShellAdvtSupport", "SystemLanguageID", "TRANSFORMS", "TRANSFORMSATSOURCE",
    "TRANSFORMSSECURE", "TTCSupport", "TerminalServer", "TextHeight", "Time", "UILevel",
    "UPGRADINGPRODUCTCODE", "USERNAME", "UpdateStarted", "UpgradeCode", "UserLanguageID",
    "UserSID", "Version9X", "VersionDatabase", "VersionMsi", "VersionNT", "VersionNT64",
    "VirtualMemory", "Windows",
))  # fmt: skip
ROOTS = frozenset(("TARGETDIR", "SourceDir"))
# Tables whose rows bring code that runs.
RUNNING = frozenset((
    "Binary", "CustomAction", "MsiEmbeddedChainer", "MsiEmbeddedUI", "MsiServiceConfig",
    "MsiServiceConfigFailureActions", "SelfReg", "ServiceControl", "ServiceInstall",
))  # fmt: skip

COSTING = ("CostInitialize", "FileCost", "CostFinalize")
# Actions that write the script of the installation: only between InstallInitialize and
# InstallFinalize (ICE27).
SCRIPT_ACTIONS = frozenset((
    "AllocateRegistrySpace", "BindImage", "CreateFolders", "CreateShortcuts", "DeleteServices",
    "DuplicateFiles", "InstallAdminPackage", "InstallFiles", "InstallODBC", "InstallServices",
    "MoveFiles", "MsiConfigureServices", "MsiPublishAssemblies", "MsiUnpublishAssemblies",
    "PatchFiles", "ProcessComponents", "PublishComponents", "PublishFeatures", "PublishProduct",
    "RegisterClassInfo", "RegisterComPlus", "RegisterExtensionInfo", "RegisterFonts",
    "RegisterMIMEInfo", "RegisterProduct", "RegisterProgIdInfo", "RegisterTypeLibraries",
    "RegisterUser", "RemoveDuplicateFiles", "RemoveEnvironmentStrings", "RemoveFiles",
    "RemoveFolders", "RemoveIniValues", "RemoveODBC", "RemoveRegistryValues", "RemoveShortcuts",
    "SelfRegModules", "SelfUnregModules", "StartServices", "StopServices",
    "UnpublishComponents", "UnpublishFeatures", "UnregisterClassInfo", "UnregisterComPlus",
    "UnregisterExtensionInfo", "UnregisterFonts", "UnregisterMIMEInfo", "UnregisterProgIdInfo",
    "UnregisterTypeLibraries", "WriteEnvironmentStrings", "WriteIniValues", "WriteRegistryValues",
))  # fmt: skip
INTERFACE_ACTIONS = frozenset((
    *COSTING, "AppSearch", "ExecuteAction", "FindRelatedProducts", "LaunchConditions",
    "MigrateFeatureStates", "ResolveSource", "ValidateProductID",
))  # fmt: skip
INSTALLING = ("InstallValidate", "InstallInitialize", "InstallFinalize")


class Actions(NamedTuple):
    """The standard actions a sequence has to have (ICE26, ICE84, ICE96), and those it may have."""

    required: frozenset[str]
    allowed: frozenset[str]


SEQUENCES = {
    "InstallExecuteSequence": Actions(
        frozenset((
            *COSTING, *INSTALLING, "ProcessComponents", "PublishFeatures", "PublishProduct",
            "RegisterProduct", "UnpublishFeatures",
        )),
        (INTERFACE_ACTIONS - {"ExecuteAction"}) | (SCRIPT_ACTIONS - {"InstallAdminPackage"})
        | {*INSTALLING, "RemoveExistingProducts"},
    ),
    "InstallUISequence": Actions(frozenset((*COSTING, "ExecuteAction")), INTERFACE_ACTIONS),
    "AdminExecuteSequence": Actions(
        frozenset((*COSTING, *INSTALLING, "InstallAdminPackage", "InstallFiles")),
        frozenset((
            *COSTING, *INSTALLING, "InstallAdminPackage", "InstallFiles", "LaunchConditions",
            "PatchFiles", "ResolveSource",
        )),
    ),
    "AdminUISequence": Actions(
        frozenset((*COSTING, "ExecuteAction")),
        frozenset((*COSTING, "ExecuteAction", "LaunchConditions", "ResolveSource")),
    ),
    # The SDK's page of this table lists what may be in it, and nothing else may.
    "AdvtExecuteSequence": Actions(
        frozenset((
            "CostInitialize", "CostFinalize", "InstallFinalize", "InstallValidate",
            "PublishFeatures", "PublishProduct",
        )),
        frozenset((
            "CostInitialize", "CostFinalize", *INSTALLING, "CreateShortcuts",
            "MsiPublishAssemblies", "PublishComponents", "PublishFeatures", "PublishProduct",
            "RegisterClassInfo", "RegisterExtensionInfo", "RegisterMIMEInfo", "RegisterProgIdInfo",
        )),
    ),
}  # fmt: skip
# ForceReboot, ScheduleReboot and the rest are in no sequence of ours.
ACTIONS = frozenset().union(*(actions.allowed for actions in SEQUENCES.values()))

# Bits of Control.Attributes: those of every control, then those of a kind.
COMMON_BITS = 0xFF
VOLUMES = 0x3F0000
PICTURE = 0x7C0000


class Kind(NamedTuple):
    """What a kind of control may and must have."""

    bits: int = 0
    property: bool = False


CONTROLS = {
    "Billboard": Kind(),
    "Bitmap": Kind(0x100000),
    "CheckBox": Kind(PICTURE | 0x20000, property=True),
    "ComboBox": Kind(0x130000, property=True),
    "DirectoryCombo": Kind(VOLUMES, property=True),
    "DirectoryList": Kind(VOLUMES, property=True),
    "Edit": Kind(0x210000, property=True),
    "GroupBox": Kind(),
    "Hyperlink": Kind(0x10000),
    "Icon": Kind(0x700000),
    "Line": Kind(),
    "ListBox": Kind(0x110000, property=True),
    "ListView": Kind(0x110000, property=True),
    "MaskedEdit": Kind(0x210000, property=True),
    "PathEdit": Kind(property=True),
    "ProgressBar": Kind(0x10000),
    "PushButton": Kind(PICTURE | 0x800000),
    "RadioButtonGroup": Kind(PICTURE | 0x1020000, property=True),
    "ScrollableText": Kind(),
    "SelectionTree": Kind(property=True),
    "Text": Kind(0x1F0000),
    "VolumeCostList": Kind(VOLUMES | 0x400000),
    "VolumeSelectCombo": Kind(VOLUMES, property=True),
}

OPENING = frozenset(("NewDialog", "SpawnDialog", "SpawnWaitDialog"))
CHOOSING = frozenset(("AddLocal", "AddSource", "Reinstall", "Remove"))
# Windows takes the Restart Manager's event in either spelling, and so does the SDK. MsiLaunchApp and
# DoAction run something, which nothing of ours does.
EVENTS = OPENING | CHOOSING | frozenset((
    "CheckExistingTargetPath", "CheckTargetPath", "DirectoryListNew", "DirectoryListOpen",
    "DirectoryListUp", "EnableRollback", "EndDialog", "MsiPrint", "RMShutdownAndRestart",
    "ReinstallMode", "Reset", "RmShutdownAndRestart", "SelectionBrowse", "SetInstallLevel",
    "SetTargetPath", "ValidateProductID",
))  # fmt: skip
# What a button may tell: on a dialog, and on the dialog for errors with the button's name.
ENDINGS = frozenset(("Exit", "Ignore", "Retry", "Return"))
ERROR_BUTTONS = {
    "A": "ErrorAbort", "C": "ErrorCancel", "I": "ErrorIgnore", "N": "ErrorNo", "O": "ErrorOk",
    "R": "ErrorRetry", "Y": "ErrorYes",
}  # fmt: skip
PUBLISHED = frozenset((
    "ActionData", "ActionText", "DirectoryListNew", "DirectoryListOpen", "DirectoryListUp",
    "IgnoreChange", "ScriptInProgress", "SelectionAction", "SelectionBrowse",
    "SelectionDescription", "SelectionNoItems", "SelectionPath", "SelectionPathOn",
    "SelectionSize", "SetProgress", "TimeRemaining",
))  # fmt: skip
