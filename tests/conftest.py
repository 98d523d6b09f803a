"""Shared by all tests: the benchmarks can be imported, a real Dask cluster on this machine, a real browser on the built pages."""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from lib.provenance import ROOT
from publish.manuscript import PAGES

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


@pytest.fixture
def half_killed_cluster(cluster, tmp_path):
    """A function that runs tasks on the cluster and kills one of its two workers as soon as the first task is done.

    It takes ``make(scheduler, work)``, the pattern of the files of finished tasks in ``work``, and the number of tasks;
    it returns what ``make`` returns, after a check that the worker died in the midst of the work.
    """
    address, workers = cluster

    def run(make, pattern, count):
        work = tmp_path / "work"
        finished_at_death = []

        def assassin():
            while not list(work.glob(pattern)):
                time.sleep(0.01)
            finished_at_death.append(len(list(work.glob(pattern))))
            workers[0].kill()

        guard = threading.Timer(240, lambda: [worker.kill() for worker in workers])  # a hang becomes a failure
        guard.daemon = True
        guard.start()
        threading.Thread(target=assassin, daemon=True).start()
        made = make(scheduler=address, work=work)
        guard.cancel()
        assert finished_at_death
        assert finished_at_death[0] < count, "the worker died after the work was done"
        assert workers[0].wait(10) == -9
        assert workers[1].poll() is None
        assert len(list(work.glob(pattern))) == count
        return made

    return run


@pytest.fixture(scope="session")
def site():
    if not (PAGES / "index.html").exists():
        pytest.fail(f"{PAGES} holds no book: run `make book` first")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=PAGES))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    if program is None:
        pytest.fail("no Chromium on this machine: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def watched(browser, site, **screen):
    """A page on some screen that remembers whatever goes wrong, and that reaches nothing but the built folder."""
    context = browser.new_context(**screen)
    page = context.new_page()
    page.troubles = []

    def guard(route):
        if route.request.url.startswith((site, "data:", "blob:")):
            route.continue_()
        else:
            page.troubles.append(f"request to {route.request.url}")
            route.abort()

    context.route("**/*", guard)
    page.on("console", lambda m: page.troubles.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: page.troubles.append(f"error: {error}"))
    page.on("response", lambda r: page.troubles.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    yield page
    context.close()


@pytest.fixture
def page(browser, site):
    """A page on the screen of a desk."""
    with watched(browser, site, viewport={"width": 1280, "height": 900}) as page:
        yield page


@pytest.fixture
def phone(browser, site):
    """A page on a telephone, which is touched."""
    screen = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    with watched(browser, site, **screen) as page:
        yield page
