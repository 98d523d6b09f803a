"""Shared by all tests: the benchmarks can be imported, and a real Dask cluster on this machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers, three processes on loopback; yields the address and the workers."""
    import distributed

    contact = tmp_path / "scheduler.json"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "30s"}
    processes = []

    def start(module, *arguments):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.{module}",
            "--host",
            "127.0.0.1",
            "--no-dashboard",
            *arguments,
        ]
        with (tmp_path / f"{module}-{len(processes)}.log").open("wb") as log:
            processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        return processes[-1]

    try:
        start("dask_scheduler", "--port", "0", "--scheduler-file", str(contact))
        options = [
            "--scheduler-file",
            str(contact),
            "--nthreads",
            "1",
            "--no-nanny",
            "--local-directory",
            str(tmp_path),
        ]
        deadline = time.monotonic() + 60
        while not contact.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        workers = [start("dask_worker", *options) for _ in range(2)]
        with distributed.Client(scheduler_file=str(contact), timeout="60s") as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, workers
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
