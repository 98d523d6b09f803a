"""Faults: a signal at a random moment, a full disk, a folder that cannot be written, altered files, two commands at once.

After any of them a restart gives what an undisturbed run gives, and nothing that was finished is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import disturbed
import nbformat
import numpy as np
import pytest
import xarray as xr

from lib import store, tasks
from lib.provenance import ROOT
from lib.tasks import alone, resume_tasks

SEED = 20
DISTURBED_IN_A_ROW = 4
FAULTS = {"chart": 16, "training": 16, "archive": 12, "chapter": 8, "book": 8}
"""Signals for each kind of run, 60 in all."""
VARIABLES = {**os.environ, "PYTHONPATH": str(ROOT)}


class Run(NamedTuple):
    """A run that was started, and what it said."""

    code: int | None
    """of its exit; None: it was disturbed"""
    said: str
    seconds: float
    """of its work"""


def start(name: str, folder: Path, after: float | None = None, kind: signal.Signals = signal.SIGKILL) -> Run:
    """Run something of :mod:`tests.disturbed`; ``after`` so many seconds of its work all its processes get the signal."""
    command = [sys.executable, str(ROOT / "tests" / "disturbed.py"), name, str(folder)]
    with (
        (folder / "said.txt").open("w") as said,
        subprocess.Popen(
            command, env=VARIABLES, stdout=subprocess.PIPE, stderr=said, start_new_session=True
        ) as process,
    ):
        assert process.stdout.readline() == b"ready\n", (folder / "said.txt").read_text()
        code, clock = None, time.monotonic()
        try:
            code = process.wait(after)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, kind)
            try:
                process.wait(60)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # kernels that are left
        seconds = time.monotonic() - clock
        process.stdout.read()
    return Run(code, (folder / "said.txt").read_text(), seconds)


def finished(folder: Path) -> dict[str, tuple[int, str]]:
    """Time and content of all that is finished and kept."""
    kept = [*folder.glob("work/**/*.pkl"), *folder.glob("executed/*.ipynb")]
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in kept
        if not path.name.startswith(".")
    }


def result(name: str, folder: Path):
    """What a run leaves, without what differs from run to run."""
    if name in ("chart", "training"):
        made = store.read(folder / "result.nc", "make it")
        made = made.drop_vars(["seconds", "training_seconds"], errors="ignore")
        timing = (
            "wall_time_seconds",
            "cpu_seconds",
            "resumed_tasks",
            "resumed_members",
            "history",
            "date_created",
            "code_version",
        )
        made.attrs = {key: value for key, value in made.attrs.items() if key not in timing}
        return repr(made.to_dict())  # as text, in which what is missing equals itself
    if name == "archive":
        return hashlib.sha256((folder / "result" / "bag.zip").read_bytes()).hexdigest()
    if name == "chapter":
        notebooks = {path.name: nbformat.read(path, as_version=4) for path in folder.glob("executed/*.ipynb")}
        return {
            name: [(cell.source.replace(str(folder), ""), cell.get("outputs")) for cell in each.cells]
            for name, each in notebooks.items()
        }
    pages = {path.stem: path.read_text().replace(str(folder), "") for path in folder.glob("_build/html/book/*.html")}
    return {name: re.search(r"<article.*?</article>", page, re.S)[0] for name, page in pages.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_signal_at_any_moment_changes_nothing(name, tmp_path):
    """SIGKILL and SIGINT, as of Ctrl-C, at random moments, some in a row; then the run is left alone."""
    whole = tmp_path / "whole"
    disturbed.prepare(name, whole)
    undisturbed = start(name, whole)
    assert undisturbed.code == 0, undisturbed.said
    duration = undisturbed.seconds
    expected = result(name, whole)
    random = np.random.default_rng([SEED, list(FAULTS).index(name)])
    injected, log = 0, []
    while injected < FAULTS[name]:
        folder = tmp_path / f"after-{injected}"
        disturbed.prepare(name, folder)
        before: dict[str, tuple[int, str]] = {}
        in_a_row = 0
        for _ in range(DISTURBED_IN_A_ROW):
            kind, moment = signal.SIGKILL if random.random() < 0.5 else signal.SIGINT, random.uniform(0, duration)
            run = start(name, folder, moment, kind)
            after = finished(folder)
            assert before.items() <= after.items(), "something finished was made again"
            before = after
            log.append((kind.name, round(moment, 2), run.code, len(after)))
            if run.code is not None:
                break
            in_a_row += 1
        injected += in_a_row
        last = start(name, folder)
        assert last.code == 0, last.said
        assert before.items() <= finished(folder).items(), "something finished was made again"
        assert result(name, folder) == expected
        if name == "book":
            # a page that is executed and kept is not executed again; the one at which the signal came is
            executed = (folder / "executed.log").read_text().split()
            assert len(executed) <= 2 * (len(disturbed.PAGES) + in_a_row)
        shutil.rmtree(folder)
    print(f"\n{name}: {injected} faults, {duration:.1f} s undisturbed; signal, moment, exit, what was finished: {log}")


# --- altered files --------------------------------------------------------------------------------------------------


def alterations(content: bytes, count: int):
    """Of a file: cut short, ranges of zeros, bits flipped and ranges exchanged, at random places."""
    random = np.random.default_rng(SEED)
    for _ in range(count):
        at, length = random.integers(0, len(content)), int(random.integers(1, 64))
        yield content[:at]
        yield content[:at] + bytes(length) + content[at + length :]
        yield content[:at] + bytes([content[at] ^ (1 << int(random.integers(8)))]) + content[at + 1 :]
        yield content[:at] + random.bytes(length) + content[at + length :]


def some_dataset() -> xr.Dataset:
    random = np.random.default_rng(SEED)
    values = {
        "density": random.normal(size=(4, 50)),
        "energy": [1.0, np.nan, 2.0, 3.0],
        "r": np.arange(50.0),
        "name": ["a", "b", "c", "d"],
    }
    schema = {
        "density": store.Variable(("nucleus", "r"), "fm-3", "density"),
        "energy": store.Variable(("nucleus",), "MeV", "energy"),
        "r": store.Variable(("r",), "fm", "radius"),
        "name": store.Variable(("nucleus",), "1", "name"),
    }
    return store.labelled(
        values, schema, coords=["r"], attrs={"title": "four nuclei", "code_hash": "0123", "pairing": 0}
    )


def test_an_altered_data_set_is_refused_or_harmless(tmp_path):
    """Whatever byte is another: an error that names the file, or the data set as it was written, to the last bit."""
    path = tmp_path / "data.nc"
    store.write(some_dataset(), path)
    content, whole = path.read_bytes(), store.read(path, "make it")
    refused = 0
    for altered in alterations(content, 150):
        path.write_bytes(altered)
        try:
            found = store.read(path, "make it")
        except ValueError as error:
            refused += 1
            message = str(error)
        else:
            message = f"{path} is damaged" if found.identical(whole) else "silently used"
        assert message.startswith(f"{path} is damaged"), message
    assert refused > 300


def test_an_altered_result_of_a_task_is_computed_again(tmp_path, capsys):
    def resume():
        return resume_tasks(
            lambda number: np.full(40, number / 3), {"one": (1,)}, tmp_path, 1, None, "numbers", "number"
        )

    whole = resume()[0]["one"]
    path = tmp_path / "one.pkl"
    content = path.read_bytes()
    for altered in alterations(content, 50):
        if altered == content:
            continue
        path.write_bytes(altered)
        results, resumed = resume()
        assert (resumed, results["one"].tobytes()) == (0, whole.tobytes())
        assert "one.pkl is damaged" in capsys.readouterr().err


def test_what_is_kept_is_unpickled_only_if_it_is_as_it_was_written(tmp_path, capsys):
    """A file of another program could run anything."""
    (tmp_path / "one.pkl").write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    assert resume_tasks(int, {"one": ("1",)}, tmp_path, 1, None, "numbers", "number") == ({"one": 1}, 0)
    assert "one.pkl is damaged (its checksum is another)" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


# --- a disk that is full, or not to be written ------------------------------------------------------------------------


@contextlib.contextmanager
def room_for(count: int):
    """No file can grow beyond so many bytes, as on a disk that is full."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, share):
    path = tmp_path / "data.nc"
    store.write(some_dataset(), path)
    content = path.read_bytes()
    room = int(share * len(content))
    with pytest.raises(OSError, match=r"data\.nc could not be written"), room_for(room):
        store.write(some_dataset().assign(mass=939.0), path)
    assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["data.nc"]


def test_a_run_on_a_full_disk_goes_on_once_there_is_room(tmp_path):
    def large(number):
        return np.full(100 * number, number)

    wanted = {"small": (1,), "large": (100,)}
    with pytest.raises(OSError, match=r"large\.pkl could not be written"), room_for(20_000):
        resume_tasks(large, wanted, tmp_path, 1, None, "arrays", "array")
    assert [path.name for path in tmp_path.iterdir()] == ["small.pkl"]
    results, resumed = resume_tasks(large, wanted, tmp_path, 1, None, "arrays", "array")
    assert resumed == 1
    assert len(results["large"]) == 10_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chart", "training", "archive"])
def test_small_disks(name, tmp_path):
    """On file systems of many sizes, mounted for the run: one line, and with room enough what an undisturbed run gives."""
    mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run(
        [*mount, f"mount -t tmpfs -o size=64k none {tmp_path}"], capture_output=True, check=False
    ).returncode:
        pytest.skip("nothing can be mounted here")
    whole = tmp_path / "whole"
    disturbed.prepare(name, whole)
    assert start(name, whole).code == 0
    blocks = {path.relative_to(whole): -(-path.stat().st_size // 4096) for path in whole.rglob("*") if path.is_file()}
    given = {path for path in blocks if path.parts[0] in ("nuclei.nc", "tree")}
    for share in (0.1, 0.4, 0.8):
        folder = tmp_path / f"disk-{share}"
        folder.mkdir()
        made = sum(count for path, count in blocks.items() if path not in given)
        kilobytes = 4 * int(sum(blocks[path] + 1 for path in given) + share * made)
        inner = (
            f"mount -t tmpfs -o size={kilobytes + 8}k none {folder} && {{ cp -r {whole}/tree {whole}/nuclei.nc {folder} 2>/dev/null; true; }}"
            f" && {sys.executable} {ROOT}/tests/disturbed.py {name} {folder}; code=$?; mount -o remount,size=1g {folder};"
            f" {sys.executable} {ROOT}/tests/disturbed.py {name} {folder} >&2 && cp -r {folder}/. {tmp_path}/kept; exit $code"
        )
        run = subprocess.run([*mount, inner], env=VARIABLES, capture_output=True, text=True, check=False)
        assert run.returncode, "the disk was not too small"
        assert re.search(r"OSError: .*(could not be written|No space left)", run.stderr), run.stderr[-2000:]
        assert result(name, tmp_path / "kept") == result(name, whole)
        shutil.rmtree(tmp_path / "kept")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"data\.nc could not be written"):
        store.write(some_dataset(), tmp_path / "file" / "data.nc")
    with alone(tmp_path / "file" / "data.nc"):
        pass


# --- two commands at once ---------------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from lib import tasks
tasks.LOCKS = Path(sys.argv[1])
with tasks.alone(Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["finished", "killed"])
def test_a_second_command_waits_for_the_first(tmp_path, monkeypatch, capfd, end):
    """And says for what; one that has been killed is not waited for."""
    monkeypatch.setattr(tasks, "LOCKS", tmp_path)
    chart = tmp_path / "chart.nc"
    command = [sys.executable, "-c", HOLD, str(tmp_path), str(chart)]
    with subprocess.Popen(command, env=VARIABLES, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        second = subprocess.Popen(command, env=VARIABLES, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        time.sleep(3)
        assert second.poll() is None
        with alone(tmp_path / "another.nc"):
            pass  # something else is not waited for
        first.kill() if end == "killed" else first.stdin.close()
        assert second.communicate(timeout=60)[0] == b"held\n"
    assert capfd.readouterr().err == f"another command is making {chart}: waiting until it has finished\n"


def test_two_at_once_write_whole_files(tmp_path):
    """Even without a lock: each file is one of the two, and none is left beside it."""
    code = (
        "import sys; from pathlib import Path; from lib.tasks import atomic_write\n"
        "for n in range(200): atomic_write(Path(sys.argv[1]), lambda path: path.write_bytes(sys.argv[2].encode() * 100000))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "file"), letter], env=VARIABLES) for letter in "ab"
    ]
    seen = set()
    while any(each.poll() is None for each in both):
        if (tmp_path / "file").exists():
            seen.add((tmp_path / "file").read_bytes())
    assert [each.returncode for each in both] == [0, 0]
    assert seen <= {b"a" * 100000, b"b" * 100000}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
