"""The table of checks: what people install a runtime for, in the order it is reported.

A check is the file ``checks/<name>.mjs``; what it prints and its exit codes are told in
``checks/evidence.mjs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rtinstall.runtime_bundle.errors import BadConfiguration

SCRIPTS = Path(__file__).with_name("checks")

Need = Literal["npm", "headers", "compiler"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a runtime must be able to do.

    ``limit`` in seconds on a machine of its own architecture. Without what it ``needs`` it is not
    run. The evidence under the names in ``compares`` must be what the label says.
    """

    name: str
    title: str
    limit: int = 30
    needs: tuple[Need, ...] = ()
    compares: tuple[str, ...] = ()

    @property
    def script(self) -> Path:
        """Return the JavaScript file."""
        return SCRIPTS / f"{self.name}.mjs"


CHECKS: tuple[Check, ...] = (
    Check("version", "the version on the label", compares=("version",)),
    Check("components", "the components on the label",
          compares=("v8", "uv", "openssl", "modules", "npm")),
    Check("architecture", "the machine on the label",
          compares=("platform", "arch", "endianness", "libc")),
    Check("event-loop", "10,000 timers and 1,000 pending reads beside a steady heartbeat", 60),
    Check("http-server", "keep-alive, 1,000 simultaneous connections, streaming", 60),
    Check("gathering-proxy", "several back ends in the slowest one's time"),
    Check("upload", "an upload that reports its progress while it runs"),
    Check("server-sent-events", "server-sent events in real time"),
    Check("websocket", "a WebSocket echo"),
    Check("shared-module", "one module as CommonJS, ES module and page script"),
    Check("npm", "npm and npx under their names", 60),
    Check("npm-install", "npm installs an archive offline, npm run, npx", 120, needs=("npm",)),
    Check("npmrc", "npm respects the shipped npmrc", 60, needs=("npm",)),
    Check("tls", "TLS with the shipped certificate authorities"),
    Check("extra-certificates", "a company's own certificate authority"),
    Check("crypto", "cryptography against published vectors"),
    Check("zlib", "gzip, deflate, brotli, zstd"),
    Check("intl", "ICU with full data"),
    Check("worker-threads", "worker threads side by side"),
    Check("child-processes", "child processes"),
    Check("file-watching", "file watching"),
    Check("headers", "the headers of this very runtime"),
    Check("native-addon", "a native addon compiles and loads", 60, needs=("headers", "compiler")),
)  # fmt: skip

BY_NAME = {check.name: check for check in CHECKS}


def selected(names: tuple[str, ...]) -> tuple[Check, ...]:
    """Return the checks called ``names``, all of them for none, in the order of the table."""
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise BadConfiguration(
            f"there is no check called {', '.join(unknown)}", hint=f"checks: {', '.join(BY_NAME)}"
        )
    return tuple(check for check in CHECKS if not names or check.name in names)
