"""Whatever the user has set, the same pages: a small chapter executed in a hostile environment and in a plain one."""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from lib.provenance import ROOT
from publish.press.environment import environment, taken_on

TINY = """---
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# Eine winzige ℰ

```{code-cell} ipython3
:tags: [parameters]

points = 3
```

```{code-cell} ipython3
:tags: [ranges]

from IPython.display import Markdown

Markdown(f"{points} Punkte, δℰ")
```

```{code-cell} ipython3
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import torch

import lib
from publish.show.glue import glue
from publish.show.style import use_style

use_style()
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot(range(points), label="δℰ")
axes.legend()
glue("tiny", figure)
Path("ℰ.txt").write_text("ℰ")
print(Path("ℰ.txt").read_text(), lib.__file__, torch.tensor(1.0).dtype, sys.prefix)
```
"""
EXECUTE = """
import sys
from pathlib import Path
from publish import manuscript
from publish.press import chapter
folder = Path(sys.argv[1])
manuscript.ROOT, manuscript.BOOK, chapter.BOOK = folder, folder / "book", folder / "book"
print(chapter.execute("tiny", {"points": 4}, folder / "executed" / "tiny.ipynb").name)
"""


def hostile(place):
    """Variables of a user whose every setting would change a page, or stop it; their files are made in a folder."""
    for name in ("foreign/lib", "ipython/profile_default/startup", "jupyter/kernels/python3", "config"):
        (place / name).mkdir(parents=True)
    (place / "foreign/lib/__init__.py").touch()
    (place / "matplotlibrc").write_text(
        "lines.linewidth: 9\nfont.family: serif\naxes.grid: True\naxes.prop_cycle: cycler('color', ['r'])\n"
    )
    (place / "ipython/profile_default/startup/own.py").write_text(
        "import torch; torch.set_default_dtype(torch.float64)"
    )
    (place / "ipython/profile_default/ipython_config.py").write_text("c.InlineBackend.figure_formats = {'svg'}")
    kernel = {"argv": ["/no/such/python", "-f", "{connection_file}"], "display_name": "own", "language": "python"}
    (place / "jupyter/kernels/python3/kernel.json").write_text(json.dumps(kernel))
    return {
        "MPLBACKEND": "agg", "MATPLOTLIBRC": str(place), "JUPYTER_PATH": str(place / "jupyter"),
        "IPYTHONDIR": str(place / "ipython"), "PYTHONPATH": str(place / "foreign"), "HOME": "/dev/null",
        "PYTHONUTF8": "0", "LC_ALL": "C",
    }  # fmt: skip


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    """Executes the chapter with some variables; returns its outputs, and the bytes of the files of its figure."""

    def run(name, **variables):
        folder = tmp_path_factory.mktemp("a place with spaces") / name
        (folder / "book").mkdir(parents=True)
        (folder / "book" / "tiny.md").write_text(TINY, encoding="utf-8")
        (folder / "_toc.yml").write_text("root: book/tiny\n")
        usual = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "PYTHON", "JUPYTER"))}
        command = [sys.executable, "-c", EXECUTE, str(folder)]
        run = subprocess.run(
            command, cwd=ROOT, env=usual | variables, capture_output=True, encoding="utf-8", check=False
        )
        assert run.returncode == 0, run.stderr
        notebook = nbformat.read(folder / "executed" / "tiny.ipynb", as_version=4)
        figures = {path.name: path.read_bytes() for path in (folder / "executed" / "figures").iterdir()}
        # pages show no standard error, on which matplotlib complains of a home where nothing can be written
        return [
            [each for each in cell.get("outputs", []) if each.get("name") != "stderr"] for cell in notebook.cells
        ], figures

    return run


def test_no_setting_of_the_user_reaches_a_page(execute, tmp_path):
    """Backend and look of figures, other kernels, code that IPython runs first, packages before ours, a home, a language."""
    plain, plain_figures = execute("plain")
    assert any("image/png" in output.get("data", {}) for output in plain[-1]), "a page with its figure"
    [stream] = [output.text for output in plain[-1] if output.output_type == "stream"]
    assert stream.split() == ["ℰ", str(ROOT / "lib/__init__.py"), "torch.float32", sys.prefix]
    other, other_figures = execute("hostile", **hostile(tmp_path))
    assert other == plain
    assert other_figures == plain_figures


def test_a_backend_without_a_screen_shows_figures_in_jupyter_too(tmp_path):
    """Where nothing but the kernel's own environment counts."""
    code = "from publish.show.style import use_style; use_style(); import matplotlib; print(matplotlib.get_backend())"
    command = [sys.executable, "-m", "IPython", "--quick", "-c", code]
    variables = {**os.environ, "MPLBACKEND": "agg", "IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
    assert run.stdout.split()[-1] == "inline"


def test_what_a_build_is_given(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("JUPYTER_PATH", "/some/where")
    monkeypatch.setenv("PYTHONPATH", "/of/a/cluster")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = dict(os.environ)
    with environment(BOOK_BUILD="..") as variables:
        assert not {"MPLBACKEND", "JUPYTER_PATH"} & set(variables)
        assert variables["PYTHONPATH"] == f"{ROOT}{os.pathsep}/of/a/cluster"
        assert (variables["BOOK_BUILD"], variables["OMP_NUM_THREADS"]) == ("..", "1")
        assert os.environ == before
    with taken_on(CHAPTER_FOLDER="here"):
        assert os.environ["CHAPTER_FOLDER"] == "here"
    assert os.environ == before
