"""Runs the requests of a fleet on Dask distributed: a cluster on this machine, or any other."""

import threading
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from skillmeat_audit.base.errors import StateError, UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.fleets.children import Child
from skillmeat_audit.fleets.packing import unpacked
from skillmeat_audit.fleets.processors import processors
from skillmeat_audit.fleets.requests import HomeAnswer, HomeRequest, failed_answer
from skillmeat_audit.loaders.snapshot import with_progress

_CONNECT_SECONDS = 20
# A worker's thread has a child of its own, which its time limit can end: a task of Dask cannot be.
_of_thread = threading.local()


def packed_answer(request: HomeRequest) -> bytes:
    """Return the packed answer to *request*: the task that workers run."""
    if not hasattr(_of_thread, "child"):
        _of_thread.child = Child()
    child: Child = _of_thread.child
    return child.packed_answer(request)


def answers_on_dask(
    requests: Sequence[HomeRequest],
    workers: int | None,
    scheduler: str | None,
    progress: bool | None,
) -> list[HomeAnswer]:
    """Return the answers of Dask's workers; raise `UsageError` or `StateError`.

    Without *scheduler* a cluster on this machine is started, which nobody else can reach.
    """
    client = _local_client(workers) if scheduler is None else _remote_client(scheduler)
    try:
        # Not pure: the same request may have another answer later.
        futures = client.map(packed_answer, requests, pure=False)
        return [
            _answer(request, future)
            for request, future in zip(
                requests, with_progress(futures, progress, "homes"), strict=True
            )
        ]
    finally:
        client.shutdown() if scheduler is None else client.close()


def _answer(request: HomeRequest, future: Any) -> HomeAnswer:
    failure = future.exception()
    if failure is None:
        content: bytes = future.result()
        # Released at once: an answer that is still on a worker would be lost with it.
        future.release()
        return unpacked(content)
    # Dask gives a home up after several of its workers were lost.
    return failed_answer(request, f"its workers were lost ({type(failure).__name__})")


def _local_client(workers: int | None) -> Any:
    """Return a client of a new cluster that only this machine reaches, with *workers* threads."""
    distributed = _distributed()
    try:
        # One worker in this process: its threads wait for their children, which do the work. A
        # process of Dask's around each would only double the memory.
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=workers or processors(),
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address=None,
        )
        return distributed.Client(cluster, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise StateError(f"cannot start Dask's workers here: {printable(exc)}") from exc


def _remote_client(scheduler: str) -> Any:
    distributed = _distributed()
    try:
        return distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise StateError(f"cannot reach Dask at {printable(scheduler)}: {printable(exc)}") from exc


def _distributed() -> ModuleType:
    try:
        return import_module("distributed")  # an extra, and slow to load
    except ModuleNotFoundError as exc:
        raise UsageError(
            "Dask is not installed; install skillmeat-audit with the extra 'fleet'"
        ) from exc
