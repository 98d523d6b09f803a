"""What numba keeps: never used for other code, found where nothing can be written, and not growing without end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lib.provenance import ROOT
from lib.rmf import compiled

RATIO = """
from lib.rmf.exterior import decaying_ratio
arguments = -8.0, -1, 12.0, 0.5, 1878.0
right = abs(decaying_ratio(*arguments)[0] / decaying_ratio.py_func(*arguments)[0] - 1) < 1e-9
print(right, sum(decaying_ratio.stats.cache_hits.values()), flush=True)
"""


@pytest.fixture
def copied(tmp_path):
    """A copy of the library; runs code there, with other environment variables, and returns what it prints."""
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))

    def run(code=RATIO, **variables):
        usual = {name: value for name, value in os.environ.items() if name != compiled.VARIABLE}
        environment = usual | {"PYTHONPATH": str(tmp_path), **variables}
        command = [sys.executable, "-c", code]
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout.split()

    return run


def test_a_constant_of_another_module_is_never_that_of_before(copied, tmp_path):
    assert copied() == ["True", "0"]
    assert copied() == ["True", "1"], "the same code is not compiled twice"
    constants = tmp_path / "lib" / "rmf" / "constants.py"
    text = constants.read_text()
    constants.write_text(text.replace("197.3269804", "197.9269804"))
    assert copied() == ["True", "0"], "compiled with the constant of before"
    constants.write_text(text)
    assert copied() == ["True", "1"], "the state of before is still there"


def test_where_nothing_can_be_written_it_is_kept_until_the_process_ends(copied, tmp_path):
    """As in a checkout of another user, without a home; processes started from there share it."""
    (tmp_path / "lib" / "rmf" / "__pycache__").touch()  # no folder can be made there, not even by root
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache", "TMPDIR": str(temporary)}
    both = f"{RATIO}\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {RATIO!r}], check=True)"
    assert copied(both, **nowhere) == ["True", "0", "True", "1"]
    assert list(temporary.iterdir()) == []


def test_the_place_is_the_users_then_beside_the_code_then_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "rmf" / "compiled.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(compiled.VARIABLE, str(tmp_path / "wished"))
    first = compiled.folder()
    assert first.parent == tmp_path / "wished"
    monkeypatch.setenv(compiled.VARIABLE, str(first))
    assert compiled.folder() == first, "as in a process that this one starts"
    monkeypatch.delenv(compiled.VARIABLE)
    assert compiled.folder().parent == tmp_path / "rmf" / "__pycache__"
    shutil.rmtree(tmp_path / "rmf")
    (tmp_path / "rmf").touch()
    assert compiled.folder().parent == tmp_path / "home"


def test_only_the_last_states_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv(compiled.VARIABLE, str(tmp_path))
    (tmp_path / "of somebody else").mkdir()
    for age in range(9):
        folder = tmp_path / f"{compiled.PREFIX}{age}"
        folder.mkdir()
        (folder / "code.nbc").touch()
        os.utime(folder, (1e9 - age, 1e9 - age))
    now = compiled.folder()
    others = {f"{compiled.PREFIX}{age}" for age in range(compiled.STATES - 1)}
    assert {path.name for path in tmp_path.iterdir()} == {now.name, "of somebody else", *others}


def test_every_compiled_function_goes_by_it():
    assert os.environ[compiled.VARIABLE] == str(compiled.folder())
    from lib.rmf import dirac, exterior, pairing

    for function in (dirac._bound_levels, exterior.decaying_ratio, pairing.newton_step):
        assert Path(function.stats.cache_path).is_relative_to(compiled.folder())
