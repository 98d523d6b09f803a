"""Many independent tasks, on local processes or on a Dask cluster: finished ones are kept, missing ones are run.

A task is one call of a function, an isotopic chain or a member of an ensemble for instance, and has a name.  Its result
is kept as ``<name>.pkl`` in a folder whose name follows from all settings, so that an interrupted run resumes and a run
of other settings starts anew.  Only the process that was started writes: workers need no common disk.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import json
import os
import pickle
import secrets
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import filelock
import joblib
from tqdm import tqdm

from lib.checks import check_whole
from lib.provenance import DATA

LOCKS = DATA / ".work"
"""Where commands that must be alone keep their locks."""


@contextlib.contextmanager
def engine(scheduler: str | None, workers: int):
    """A joblib ``Parallel`` on local processes, or on the Dask cluster whose scheduler has this address.

    Results come in the order in which they are finished.

    Raises
    ------
    ValueError
        for less than one worker.
    ConnectionError
        if no scheduler answers at the address.
    """
    check_whole("workers", workers, 1)
    if scheduler is None:
        with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
            yield joblib.Parallel(return_as="generator_unordered")
        return
    from distributed import Client

    try:
        client = Client(scheduler, timeout="10s")
    except OSError as error:
        raise ConnectionError(
            f"no Dask scheduler answers at {scheduler!r}: start one with `dask scheduler` and give its address"
        ) from error
    with client, joblib.parallel_config(backend="dask", wait_for_workers_timeout=30):
        yield joblib.Parallel(return_as="generator_unordered", n_jobs=-1)


def run_tasks(
    function: Callable[..., Any],
    tasks: Mapping[Hashable, tuple],
    keep: Callable[[Hashable, Any], None],
    workers: int,
    scheduler: str | None,
    label: str,
    unit: str,
    finished_before: int = 0,
) -> None:
    """Call ``function`` with the arguments of each task, and ``keep(name, result)`` here as soon as a task is finished.

    Parameters
    ----------
    tasks
        name of each task and its arguments, in the order in which they are started.
    workers
        local processes.
    scheduler
        address of a Dask scheduler (``tcp://host:8786``) instead of local processes, or None.
    label, unit
        what the progress bar is of, and what it counts.
    finished_before
        tasks of an earlier run, with which the bar begins.

    Raises
    ------
    ValueError
        for less than one worker.
    ConnectionError
        if no scheduler answers at the address.
    """
    if not tasks:
        return
    with engine(scheduler, workers) as parallel:
        results = parallel(joblib.delayed(_named)(name, function, arguments) for name, arguments in tasks.items())
        total = finished_before + len(tasks)
        progress = tqdm(results, desc=label, total=total, initial=finished_before, unit=unit, disable=None)
        for name, result in progress:
            keep(name, result)


def _named(name: Hashable, function: Callable[..., Any], arguments: tuple) -> tuple[Hashable, Any]:
    return name, function(*arguments)


def resume_tasks(
    function: Callable[..., Any],
    tasks: Mapping[str, tuple],
    folder: Path,
    workers: int,
    scheduler: str | None,
    label: str,
    unit: str,
) -> tuple[dict[str, Any], int]:
    """The results of all tasks, by name and in their order, and how many of them were in ``folder`` already.

    What is missing is run by :func:`run_tasks`, which says what the other parameters are and which errors are raised, and
    is kept in ``folder``.  A kept result that is damaged is reported on standard error and computed again.
    """
    kept = kept_results(tasks, folder)
    resumed = len(kept)

    def keep(name, result):
        kept[name] = result
        content = pickle.dumps(result)
        content += hashlib.sha256(content).digest()
        atomic_write(folder / f"{name}.pkl", lambda temporary: temporary.write_bytes(content))

    missing = {name: arguments for name, arguments in tasks.items() if name not in kept}
    run_tasks(function, missing, keep, workers, scheduler, label, unit, finished_before=resumed)
    return {name: kept[name] for name in tasks}, resumed


def kept_results(names: Iterable[str], folder: Path) -> dict[str, Any]:
    """What is finished of these tasks, by name; a result that is damaged is reported on standard error and left out."""
    kept = {}
    for name in names:
        path = folder / f"{name}.pkl"
        if path.exists():
            try:
                kept[name] = pickle.loads(_checked(path.read_bytes()))
            except Exception as error:
                # a power cut may leave a file in place whose content never reached the disk
                print(f"{path} is damaged ({error}) and is computed again", file=sys.stderr)
    return kept


def _checked(content: bytes) -> bytes:
    """What was kept, without the checksum behind it; nothing is unpickled before."""
    kept, checksum = content[:-32], content[-32:]
    if hashlib.sha256(kept).digest() != checksum:
        raise ValueError("its checksum is another")
    return kept


@contextlib.contextmanager
def alone(path: Path):
    """No other command makes what is at ``path`` meanwhile; one that does is waited for, which is said on standard error.

    Two of them would take away each other's unfinished work.  The lock, an empty file in ``data/.work``, goes when its
    process does, however that ends.
    """
    place = path.resolve()
    lock = filelock.FileLock(LOCKS / f"{place.name}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}.lock")
    try:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            print(f"another command is making {path}: waiting until it has finished", file=sys.stderr, flush=True)
            lock.acquire()
    except (OSError, NotImplementedError):
        pass  # a disk without locks, or one that cannot be written: the work itself will say so
    try:
        yield
    finally:
        lock.release()


def task_folder(work: Path, kind: str, settings: Any) -> Path:
    """The folder ``<kind>-<hash of the settings>`` in ``work``, for :func:`resume_tasks`; settings are what JSON can hold."""
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    return work / f"{kind}-{key}"


def atomic_write(path: Path, write: Callable[[Path], Any]) -> None:
    """Call ``write(temporary_path)`` and move the result to ``path`` in one step, so that no half file is ever seen.

    Raises
    ------
    OSError
        naming the file, if the system does not let it be written, as on a full disk; what was there before stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        text = f"{path} could not be written ({reason}): see to the room on its disk and to its permissions, then start again"
        raise OSError(error.errno or errno.EIO, text) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def errors_in_one_line():
    """A command ends with the message alone where data are missing, damaged or out of date, or the system or nobody answers."""
    try:
        yield
    except (OSError, ValueError) as error:  # of the system: missing, not to be read, a full disk, no connection
        sys.exit(f"error: {error}")


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """The options ``--workers`` and ``--scheduler`` of a command that runs tasks."""
    parser.add_argument("--workers", type=_worker_count, default=os.cpu_count() or 1, help="local processes")
    parser.add_argument("--scheduler", help="address of a Dask scheduler instead of local processes")


def _worker_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers: give at least 1")
    return int(text)


def known_to(look_up: Callable[[str], Any]) -> Callable[[str], str]:
    """A type of argument: any text for which ``look_up`` raises no ValueError; its message is the parser's otherwise."""

    def checked(text: str) -> str:
        try:
            look_up(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return text

    return checked
