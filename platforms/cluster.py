"""Units handed to a cluster of Dask distributed, which is an extra: ``pip install 'rtinstall[scale]'``.

Its scheduler and its workers are Dask's own and know nothing of rtbuild but what a unit says. A unit
is a pure task under its own name: asked for twice it is carried out once, and again on another
worker where one was lost. What workers finish they deliver to the output, so losing scheduler,
client or all workers loses nothing but the units under way.
"""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from collections.abc import Callable, Generator, Sequence
from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rtinstall.platforms.settings import Settings
from rtinstall.platforms.units import (
    Failure,
    Opener,
    Outcome,
    Unit,
    carry_out,
    portable,
    settings_name,
)
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    DownloadFailed,
    MissingTool,
    NotPublished,
    RtError,
    Unreachable,
    VerificationFailed,
    WorkerLost,
)

if TYPE_CHECKING:
    from distributed import Client, Future

RETRIES = 3  # of a unit that failed for a reason that may pass, or whose worker was lost
CONNECT = 10.0  # seconds
ADDRESS = re.compile(r"((tcp|tls|ws|wss|ucx)://)?[^\s/@]+:[0-9]{1,5}")
PASSING = (Unreachable, DownloadFailed)
NOTHING = Settings()
OPENER = Opener()  # a worker's own: it lives longer than a run


def handed_out(
    units: Sequence[Unit], output: str, address: str, *, connect: float = CONNECT
) -> Generator[tuple[Unit, Outcome], None, None]:
    """Let the workers of the scheduler at ``address`` carry out ``units``; yield each as it is finished.

    Raises :class:`Unreachable` where there is no scheduler, or none any more, :class:`MissingTool`,
    :class:`BadConfiguration`.
    """
    if not ADDRESS.fullmatch(address):
        raise BadConfiguration(
            f"{address!r} is no address of a scheduler", hint="such as tcp://host:8786"
        )
    client = _client(address, connect)
    try:
        from distributed import as_completed

        # A task like any other, which is done again where its result was lost: what is large goes to
        # the scheduler once, and from worker to worker.
        luggage: dict[str, Future] = {}
        tasks: dict[Future, Unit] = {}
        for unit in units:
            name = settings_name(unit.settings)
            if name not in luggage:
                luggage[name] = _submitted(
                    client, f"rtbuild-settings-{name}", settings_of, portable(unit.settings)
                )
            task = _submitted(
                client, f"rtbuild-{unit.name}",
                on_worker, replace(unit, settings=NOTHING), luggage[name], output,
            )  # fmt: skip
            tasks[task] = unit
        for future in as_completed(list(tasks), loop=client.loop):
            yield tasks[future], _outcome(future, address)
            future.release()
    finally:
        _quietly(client.close)


def _submitted(client: Client, key: str, *call: Any) -> Future:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return client.submit(*call, key=key, pure=True, retries=RETRIES)


def settings_of(settings: Settings) -> Settings:
    """Return ``settings``: what every unit of a run shares, as a task."""
    return settings


def on_worker(unit: Unit, settings: Settings, output: str) -> Outcome:
    """Carry out a unit on a worker; what another worker may do better is raised."""
    unit = replace(unit, settings=settings)
    try:
        try:
            return carry_out(unit, output, open_sources=OPENER)
        except (NotPublished, VerificationFailed):
            OPENER.forget(unit)  # it may have asked long ago
            return carry_out(unit, output, open_sources=OPENER)
    except PASSING:
        raise
    except RtError as error:
        return Outcome({}, (), Failure.of(error))


def _outcome(future: Future, address: str) -> Outcome:
    """Return what came of a unit; where that is lost with its worker, another one finds it delivered.

    All units are cancelled when the scheduler is lost.
    """
    from distributed.scheduler import KilledWorker

    try:
        outcome: Outcome = future.result()
    except (asyncio.CancelledError, futures.CancelledError) as error:
        raise _lost(address) from error
    except KilledWorker:
        lost = WorkerLost("the workers that carried it out were lost, one after the other")
        return Outcome({}, (), Failure.of(lost))
    except Exception as error:  # noqa: BLE001  # as it was raised on the worker
        return Outcome({}, (), Failure.of(error))
    return outcome


def _client(address: str, connect: float) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingTool(
            "--scheduler needs Dask distributed", hint="pip install 'rtinstall[scale]'"
        ) from error
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)  # errors are told by us
    try:
        return Client(address, timeout=connect, set_as_default=False, name="rtbuild")
    except (OSError, ValueError, ImportError) as error:
        raise _lost(address, "cannot be reached") from error


def _lost(address: str, what: str = "was lost") -> Unreachable:
    return Unreachable(
        f"the scheduler {address} {what}",
        hint="start it, and run the same command again: units that are finished are kept",
    )


def _quietly(close: Callable[..., Any]) -> None:
    """Close what may be gone already."""
    try:
        close(timeout=5)
    except Exception:  # whatever it is, nothing is lost by it
        logging.getLogger(__name__).debug("while leaving the scheduler", exc_info=True)
