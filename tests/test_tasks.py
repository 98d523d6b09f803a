"""Tasks: run, kept, resumed, damaged; the options of the commands that run them; files that are there or not."""

import argparse
import pickle

import pytest

import lib.__main__
from lib import tasks
from lib.learning.table_one import get_network
from lib.tasks import add_engine_options, atomic_write, engine, known_to, resume_tasks, run_tasks, task_folder
from studies import adam_beside, search

SQUARES = {"three": (3,), "one": (1,), "two": (2,)}


def square(number):
    return {"number": number, "square": number**2}


def resume(folder, function=square, wanted=SQUARES, workers=1, scheduler=None):
    return resume_tasks(function, wanted, folder, workers, scheduler, "squares", "number")


# --- running --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_kept_under_its_name(workers):
    """In whatever order they are finished."""
    kept = {}
    run_tasks(square, SQUARES, kept.__setitem__, workers, None, "squares", "number")
    assert kept == {name: square(number) for name, (number,) in SQUARES.items()}


def test_tasks_are_started_in_their_order():
    kept = []
    run_tasks(square, SQUARES, lambda name, result: kept.append(name), 1, None, "squares", "number")
    assert kept == ["three", "one", "two"]


def test_functions_of_other_functions_reach_the_workers(tmp_path):
    """Closures too, which plain pickle refuses."""
    power = 3
    results, _ = resume(tmp_path, function=lambda number: number**power, workers=2)
    assert results == {"three": 27, "one": 1, "two": 8}


def test_no_worker_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="workers = 0 is out of range: give at least 1"), engine(None, 0):
        pass
    with pytest.raises(ValueError, match="workers = 0"):
        resume(tmp_path / "work", workers=0)
    assert not (tmp_path / "work").exists()


def test_the_bar_counts_what_was_there_already(tmp_path, monkeypatch):
    bars = []

    def bar(results, **settings):
        bars.append(settings)
        return results

    monkeypatch.setattr(tasks, "tqdm", bar)
    resume(tmp_path, wanted={"one": (1,)})
    resume(tmp_path)
    assert [(settings["initial"], settings["total"]) for settings in bars] == [(0, 1), (1, 3)]
    assert {settings["desc"] for settings in bars} == {"squares"}
    assert {settings["unit"] for settings in bars} == {"number"}


# --- resuming -------------------------------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_tasks_and_stay_on_disk(tmp_path):
    results, resumed = resume(tmp_path / "deep" / "work")
    assert list(results.items()) == [("three", square(3)), ("one", square(1)), ("two", square(2))]
    assert resumed == 0
    files = {path.name: pickle.loads(path.read_bytes()) for path in (tmp_path / "deep" / "work").iterdir()}
    assert files == {f"{name}.pkl": result for name, result in results.items()}


def test_a_run_that_failed_goes_on_where_it_stopped(tmp_path):
    """What was finished before the failure is read, the rest is computed, and once all is there nothing is."""

    def breaking(number):
        if number == 2:
            raise RuntimeError("the power went out")
        return square(number)

    with pytest.raises(RuntimeError, match="power"):
        resume(tmp_path, breaking)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pkl", "three.pkl"]
    computed = []

    def counting(number):
        computed.append(number)
        return square(number)

    results, resumed = resume(tmp_path, counting)
    assert computed == [2]
    assert resumed == 2
    assert list(results) == ["three", "one", "two"]
    # nor is a scheduler asked for
    assert resume(tmp_path, counting, scheduler="tcp://127.0.0.1:9") == (results, 3)
    assert computed == [2]


@pytest.mark.parametrize("keep", range(0, len(pickle.dumps(square(2))), 5))
def test_a_truncated_result_is_computed_again(tmp_path, capsys, keep):
    """Wherever it ends: the file is named, and good again afterwards."""
    whole, _ = resume(tmp_path)
    path = tmp_path / "two.pkl"
    content = path.read_bytes()
    path.write_bytes(content[:keep])
    results, resumed = resume(tmp_path)
    assert list(results.items()) == list(whole.items())
    assert resumed == 2
    assert "two.pkl is damaged" in capsys.readouterr().err
    assert path.read_bytes() == content
    assert resume(tmp_path)[1] == 3
    assert capsys.readouterr().err == ""


def test_a_result_whose_content_never_reached_the_disk_is_computed_again(tmp_path, capsys):
    """A file of the right length, full of zeros, as a power cut may leave it."""
    whole, _ = resume(tmp_path)
    path = tmp_path / "one.pkl"
    path.write_bytes(bytes(len(path.read_bytes())))
    assert resume(tmp_path) == (whole, 2)
    assert "one.pkl is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"cnowhere\nthing\n.", b"clib.tasks\nnothing\n.", b"I1x\n.", b"\x80\xff."])
def test_a_result_whose_bytes_are_others_is_computed_again(tmp_path, capsys, content):
    """Whatever pickle raises: no module, no attribute, no number, no protocol."""
    whole, _ = resume(tmp_path)
    (tmp_path / "one.pkl").write_bytes(content)
    assert resume(tmp_path) == (whole, 2)
    assert "one.pkl is damaged" in capsys.readouterr().err


def test_a_folder_belongs_to_its_settings(tmp_path):
    """Other settings, another folder; the order of their names does not count."""
    folder = task_folder(tmp_path, "chart", {"box": 15.0, "pairing": False})
    assert folder.parent == tmp_path
    assert folder.name.startswith("chart-")
    assert task_folder(tmp_path, "chart", {"pairing": False, "box": 15.0}) == folder
    others = [
        ("chart", {"box": 15.5, "pairing": False}),
        ("chart", {"box": 15.0}),
        ("adam", {"box": 15.0, "pairing": False}),
    ]
    assert len({folder, *(task_folder(tmp_path, kind, settings) for kind, settings in others)}) == 4


def test_a_file_is_replaced_in_one_step_or_not_at_all(tmp_path):
    """A write that fails halfway leaves the old file, and no other; one that succeeds replaces it."""
    target = tmp_path / "deep" / "chart.nc"
    atomic_write(target, lambda path: path.write_text("old"))

    def failing(path):
        path.write_text("half of the n")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        atomic_write(target, failing)
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["chart.nc"]
    with target.open() as reader:  # whoever has the old file open goes on reading it
        atomic_write(target, lambda path: path.write_text("new"))
        assert reader.read() == "old"
    assert target.read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["chart.nc"]


# --- command lines --------------------------------------------------------------------------------------------------


def test_options_of_the_engine():
    parser = argparse.ArgumentParser()
    add_engine_options(parser)
    assert vars(parser.parse_args(["--workers", "3", "--scheduler", "tcp://host:8786"])) == {
        "workers": 3, "scheduler": "tcp://host:8786"
    }  # fmt: skip
    usual = parser.parse_args([])
    assert usual.workers >= 1
    assert usual.scheduler is None


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", "²", ""])
@pytest.mark.parametrize("module", [["charts"], ["ensembles"], adam_beside, search], ids=str)
def test_every_command_refuses_bad_numbers_of_workers(module, number, capsys):
    command, words = (module, []) if hasattr(module, "main") else (lib.__main__, module)
    with pytest.raises(SystemExit) as refused:
        command.main([*words, f"--workers={number}"])
    assert refused.value.code == 2
    assert f"--workers: {number!r} is no number of workers: give at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["ensembles", "NN1-I4E"], ["charts"]], ids=lambda words: words[0])
@pytest.mark.parametrize("kind", [FileNotFoundError, ValueError, ConnectionError])
def test_a_command_says_what_is_missing_in_one_line(monkeypatch, words, kind):
    def missing(*arguments, **settings):
        raise kind("data/PC-PK1.nc is not there: run `python -m lib charts`")

    monkeypatch.setattr("lib.learning.ensemble.load_dataset", missing)
    monkeypatch.setattr("lib.rmf.chart.make_chart", missing)
    with pytest.raises(SystemExit, match=r"^error: data/PC-PK1\.nc is not there: run `python -m lib charts`$"):
        lib.__main__.main([*words, "--force"])


def test_unknown_names_are_refused_in_the_words_of_who_looks_them_up(capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="*", type=known_to(get_network))
    assert parser.parse_args(["NN1-I4E", "NN3-I6D"]).networks == ["NN1-I4E", "NN3-I6D"]
    assert parser.parse_args([]).networks == []
    with pytest.raises(SystemExit) as refused:
        parser.parse_args(["NN1-I4E", "NN4"])
    assert refused.value.code == 2
    assert "unknown network 'NN4': choose one of NN1-I4E" in capsys.readouterr().err
