"""The installer's user interface, as rows of tables: no custom action, no picture, no program.

A package shows it when it is opened by hand; ``/passive`` and ``/quiet`` leave it out. Pages that
ask stand in :mod:`.wizard` and :mod:`.maintenance`, those that tell in :mod:`.course`, windows over
them in :mod:`.messages` and :mod:`.folders`, words for the installer's own use in :mod:`.words`;
:mod:`.layout` turns them into rows.

Text is in the colour that the user chose for windows, so that high contrast stays readable, and in
the fonts of Windows 10: a heading, plain text, and strong text for what should catch the eye.
"""

from __future__ import annotations

from collections.abc import Mapping

from rtinstall.platforms.package import Scope
from rtinstall.platforms.windows.dialogs import words
from rtinstall.platforms.windows.dialogs.course import course
from rtinstall.platforms.windows.dialogs.folders import BROWSE
from rtinstall.platforms.windows.dialogs.layout import rows
from rtinstall.platforms.windows.dialogs.maintenance import maintenance
from rtinstall.platforms.windows.dialogs.messages import messages
from rtinstall.platforms.windows.dialogs.wizard import wizard
from rtinstall.platforms.windows.draft import Rows

STYLES = (
    ("Plain", "Segoe UI", 9, None, None),
    ("Strong", "Segoe UI Semibold", 9, None, None),
    ("Heading", "Segoe UI Semibold", 12, None, None),
)

# Windows that end a sequence have fixed numbers (SDK, "Using a Sequence Table").
ENDINGS = (("ExitDialog", None, -1), ("UserExit", None, -2), ("FatalError", None, -3))


def interface(*, scope: Scope, licence: str, for_everyone: Mapping[str, str]) -> Rows:
    """Return every row of the user interface; ``licence`` is RTF, see :func:`.rtf.rtf`.

    ``for_everyone`` says where the product goes that is not one user's, by condition. Property
    ``Audience`` is there in dual scope only. Tables without a row of ours, which the SDK wants to
    exist wherever there are dialogs (ICE20, ICE40), are there as well.
    """
    tables = rows(
        [*course(), *wizard(scope, licence, for_everyone), *maintenance(scope), *messages()]
    )
    tables["TextStyle"] = list(STYLES)
    tables["UIText"] = list(words.UI_TEXT)
    tables["ActionText"] = list(words.ACTION_TEXT)
    tables["Error"] = []
    tables["ListBox"] = []
    tables["Property"] += [
        (BROWSE, "INSTALLDIR"),
        ("DefaultUIFont", "Plain"),
        ("ErrorDialog", "ErrorDlg"),
    ]
    # Before FindRelatedProducts (25), which looks in the scope chosen by then. Whoever says
    # ALLUSERS=1 has chosen.
    start = [("AudienceDlg", "NOT Installed AND ALLUSERS <> 1", 10)] if scope == "dual" else []
    tables["InstallUISequence"] = [
        *start,
        ("PrepareDlg", None, 20),
        ("ResumeDlg", "Installed AND (RESUME OR Preselected)", 1296),
        ("WelcomeDlg", "NOT Installed", 1297),
        ("MaintenanceDlg", "Installed AND NOT RESUME AND NOT Preselected", 1298),
        ("ProgressDlg", None, 1299),
        *ENDINGS,
    ]
    tables["AdminUISequence"] = [
        ("PrepareDlg", None, 20),
        ("UnpackDlg", None, 1298),
        ("ProgressDlg", None, 1299),
        *ENDINGS,
    ]
    return tables
