"""Small runs of what takes minutes, to be disturbed: ``python tests/disturbed.py NAME FOLDER``.

Each says ``ready`` when it begins to work and leaves its result in the folder.  What it is made of :func:`prepare` puts there.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PAGES = ("one", "two", "three")
_CELL = """
```{{code-cell}} ipython3
import time
from pathlib import Path

time.sleep(0.3)
with Path({log!r}).open("a") as file:
    file.write("{name}\\n")
print(2 + 3, "{name}")
```
"""
_HEAD = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\nkernelspec: {name: python3, display_name: Python 3, language: python}\n---\n\n# Page\n"
_PARAMETERS = "\n```{code-cell} ipython3\n:tags: [parameters]\n\npoints = 3\n```\n\n```{code-cell} ipython3\n:tags: [ranges]\n\nprint(points)\n```\n"


def prepare(name: str, folder: Path) -> None:
    """What a run needs."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "training":
        from lib import store
        from lib.learning.dataset import load_dataset

        store.write(load_dataset("dE").isel(nucleus=slice(None, None, 8)), folder / "nuclei.nc")
    if name == "archive":
        import numpy as np

        for number in range(60):
            path = folder / "tree" / f"{number // 10}" / f"{number}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(np.random.default_rng(number).bytes(200_000))
    if name in ("book", "chapter"):
        (folder / "book").mkdir(exist_ok=True)
        (folder / "_toc.yml").write_text(
            f"format: jb-book\nroot: book/{PAGES[0]}\nparts:\n- chapters:\n"
            + "".join(f"  - file: book/{page}\n" for page in PAGES[1:])
        )
        (folder / "_config.yml").write_text(
            "title: small\nonly_build_toc_files: true\nexecute: {execute_notebooks: cache}\n"
        )
        for page in PAGES:
            cell = _CELL.format(log=str(folder / "executed.log"), name=page)
            parameters = _PARAMETERS if name == "chapter" else ""
            (folder / "book" / f"{page}.md").write_text(_HEAD + parameters + cell * 2)


def ready() -> None:
    print("ready", flush=True)


def chart(folder: Path) -> None:
    from lib import store
    from lib.rmf.chart import make_chart

    ready()
    made = make_chart(Z_range=(8, 12), N_range=(8, 12), workers=1, work=folder / "work")
    store.write(made, folder / "result.nc")


def training(folder: Path) -> None:
    from lib import store
    from lib.learning import ensemble
    from lib.learning.recipes import RECIPES, Recipe

    RECIPES["NN1-I4dE"] = Recipe(width=8, layers=1, steps=40)
    nuclei = store.read(folder / "nuclei.nc", "prepare it")
    ensemble.load_dataset = lambda target: nuclei
    ready()
    store.write(ensemble.make_ensemble("NN1-I4dE", 3, 3, workers=1, work=folder / "work"), folder / "result.nc")


def archive(folder: Path) -> None:
    from publish.press.archive import pack

    paths = sorted(path for path in (folder / "tree").rglob("*") if path.is_file())
    ready()
    pack(paths, folder / "tree", folder / "result" / "bag.zip", {"Bagging-Date": "2026-11-25T12:00:00+00:00"})


def _of_folder(folder: Path) -> None:
    from publish import manuscript
    from publish.press import book, chapter

    for module in (manuscript, book, chapter):
        for name, value in {
            "ROOT": folder, "BOOK": folder / "book", "BUILD": folder / "_build", "PAGES": folder / "_build" / "html",
            "NETWORKS": folder / "book" / "networks", "TABLE_I": {},
        }.items():  # fmt: skip
            if hasattr(module, name):
                setattr(module, name, value)


def book(folder: Path) -> None:
    from publish.press import book

    _of_folder(folder)
    ready()
    if book.build():
        sys.exit(1)


def chapter(folder: Path) -> None:
    from publish.press import chapter

    _of_folder(folder)
    ready()
    for page in PAGES[:2]:
        if not (folder / "executed" / f"{page}.ipynb").exists():
            chapter.execute(page, {"points": 4}, folder / "executed" / f"{page}.ipynb")


if __name__ == "__main__":
    began = time.monotonic()
    os.chdir(sys.argv[2])
    {run.__name__: run for run in (chart, training, archive, book, chapter)}[sys.argv[1]](Path(sys.argv[2]))
    print(f"done {time.monotonic() - began:.1f}", flush=True)
