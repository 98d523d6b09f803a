"""The chapters in a real JupyterLab, as `make lab` opens them: notebooks that can be read, whose sentences follow what is run
and whose explorers compute; their sources are saved as they stand.

Run by ``make test-pages``.  Settings and data of the user who runs the tests are left alone.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import nbformat
import numpy as np
import pytest
from conftest import ROOT, watched

from claims.evidence import Evidence
from claims.profiles import profiles
from claims.words import minus
from lib.learning.ensemble import load_ensemble
from lib.learning.table_one import TABLE_I
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PointCoupling
from lib.rmf.solver import solve
from lib.store import select
from publish.manuscript import BUILD
from publish.prose import NOT_YET
from publish.show.figures import nucleus_text

pytestmark = pytest.mark.browser
MINUTE = 60_000
LAB = BUILD / "lab"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab on the repository."""
    place = tmp_path_factory.mktemp("lab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {f"JUPYTER_{name}_DIR": str(place / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {f"JUPYTERLAB_{name}_DIR": str(place / name) for name in ("SETTINGS", "WORKSPACES")}
    make = subprocess.run(
        ["make", "-n", "lab", "LAB_ARGS=--allow-root"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    [command] = [line for line in make.splitlines() if "jupyter lab" in line]
    settings, options = re.fullmatch(r"(.*) \S+/jupyter lab (.*) \S+", command).groups()
    printed = subprocess.run(f"{settings} env -0", shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    environment = dict(line.split("=", 1) for line in printed.stdout.split("\0") if line)
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--IdentityProvider.token=",
             f"--ServerApp.port={port}", "--ServerApp.port_retries=0", *shlex.split(options)],
            cwd=ROOT, env={**environment, **folders}, stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/api")
                break
            except urllib.error.URLError:
                assert server.poll() is None, (place / "log").read_text()
                assert time.monotonic() < deadline, (place / "log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def opened(lab, browser):
    """A function that opens a notebook or the source of a chapter; it returns the page, which remembers what went wrong."""
    with ExitStack() as pages:

        def open_it(path):
            page = pages.enter_context(watched(browser, lab, viewport={"width": 1280, "height": 1000}))
            page.goto(f"{lab}/lab/tree/{path}?reset")
            page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=MINUTE)
            page.get_by_text(re.compile(r"ipykernel\) \| Idle")).wait_for(timeout=MINUTE)  # else it asks for a kernel
            return page

        yield open_it


def run_all(page):
    """Run all cells of the notebook that is open."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator("#jp-mainmenu-run").get_by_text("Run All Cells", exact=True).click()
    page.wait_for_selector(".jupyter-widgets img", timeout=3 * MINUTE, state="attached")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=3 * MINUTE)
    assert page.locator(".jp-RenderedText[data-mime-type*='error']").count() == 0


@pytest.fixture
def notebook(opened):
    """A function that opens a chapter's notebook and runs all its cells."""

    def run(name):
        page = opened(f"_build/lab/book/{name}.ipynb")
        run_all(page)
        return page

    return run


def prose(page):
    """All that the notebook says outside of its code."""
    return "\n".join(
        page.locator(".jp-NotebookPanel :is(.jp-MarkdownOutput, .jp-RenderedHTMLCommon)").all_text_contents()
    )


def control(page, label):
    """The input of the explorer with this description."""
    row = page.locator(".jupyter-widgets", has=page.locator(f"label:text-is('{label}')")).last
    return row.locator("input, select").first


def enter(page, label, value):
    """Type into the input with this description, and confirm."""
    control(page, label).fill(value)
    control(page, label).press("Enter")


def shown(page, words):
    """What the explorer says, once these words are among it; its picture says the same."""
    text = page.locator(".jupyter-widgets .widget-html-content").filter(has_text=re.compile(re.escape(words)))
    text.first.wait_for(timeout=MINUTE)
    picture = page.locator(".jupyter-widgets img").first
    said = text.first.text_content()  # JupyterLab hides what is scrolled away, and inner_text with it
    assert picture.get_attribute("alt").replace("E_CDFT", "ECDFT") == said
    assert picture.evaluate("e => e.complete && e.naturalWidth > 400")
    return said


def said(*nucleus, **options):
    """What the explorer says of a nucleus, without the marks of its subscripts."""
    return nucleus_text(solve(*nucleus, **options)).replace("E_CDFT", "ECDFT")


def test_any_nucleus_and_any_coupling(notebook):
    page = notebook("one_nucleus")
    shown(page, said(50, 82))
    enter(page, "N", "70")
    shown(page, said(50, 70))
    page.get_by_label("pairing").first.check()
    shown(page, said(50, 70, pairing=True))
    control(page, "functional").select_option("PC-F1")
    before = shown(page, said(50, 70, "PC-F1", pairing=True))
    sliders = page.locator(".jupyter-widgets.widget-slider")
    handle = sliders.nth(list(PointCoupling.couplings).index("alpha_V")).locator(".noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    assert shown(page, "PC-F1 changed") != before
    enter(page, "N", "20")
    page.locator(".widget-html-content", has_text="not bound").wait_for(timeout=MINUTE)
    assert page.locator(".jupyter-widgets img").count() == 1, "the last drawing stays"
    page.get_by_role("button", name="reset couplings").click()
    enter(page, "N", "70")
    assert shown(page, before) == before
    names = sliders.locator("label span").evaluate_all(
        "all => all.map(e => [e.parentElement.textContent, getComputedStyle(e).verticalAlign])"
    )
    assert ["αS", "sub"] in names, "names of couplings as on the page"
    assert page.troubles == []


@pytest.mark.parametrize("path", sorted(LAB.glob("book/**/[!.]*.ipynb")), ids=lambda path: path.stem)
def test_no_markup_of_the_book_is_left(path):
    """Neither in the text of a notebook nor in what its cells showed when the book was built; links lead to files."""
    found = nbformat.read(path, 4)
    nbformat.validate(found)
    texts = [cell.source for cell in found.cells if cell.cell_type == "markdown"]
    outputs = [output for cell in found.cells if cell.cell_type == "code" for output in cell.outputs]
    texts += [output.data["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {})]
    for text in texts:
        plain = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", text, flags=re.S)
        assert not re.search(r"\{[a-z:]+\}|^:::|^\(\S+\)=|\?\?", plain, re.M), plain
        assert NOT_YET not in plain
        for address in re.findall(r"\]\((?![a-z]+:|#)([^)]+)\)", plain):
            assert (path.parent / address).exists(), address
    assert not any("<script" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs)


def test_a_chapter_is_read_as_on_its_page_before_anything_is_run(opened):
    page = opened("_build/lab/book/one_nucleus.ipynb")
    page.get_by_text("Fig. 2.1", exact=False).first.wait_for(state="attached")
    first = page.locator(".jp-OutputArea-output img[src^='data:image/png']").first
    assert "densities" in first.get_attribute("alt")
    assert first.evaluate("e => e.complete && e.naturalWidth > 400")
    page.mouse.move(760, 500)
    seen = prose(page)
    for _ in range(4):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(700)
        seen += prose(page)
    # a value, a caption, a section, an equation and its number, a work cited, another chapter
    assert "The nucleus Z = 50, N = 82, PC-PK1. (a)" in seen
    assert "2.1. What comes out" in seen
    assert "(2.2)" in seen
    assert page.locator("mjx-container, .MathJax").count() > 10
    assert re.search(r"\[Bender et al\., \d{4}", seen)
    assert page.locator("a[href*='covariant_functional.ipynb']").count() > 0
    assert not re.search(r"\{[a-z:]+\}`", seen)
    assert page.troubles == []


def test_sentences_and_figures_follow_what_is_run(notebook):
    """The nucleus of the parameters stands in the caption, its energy in the table; a value that is not there is none."""
    page = notebook("one_nucleus")
    caption = page.locator(".jp-OutputArea-output", has_text="(a) Densities of neutrons and protons")
    assert "Z = 50, N = 82, PC-PK1" in caption.first.text_content()
    picture = page.locator(".jp-OutputArea-output img[src^='data:image/png']:not(.jupyter-widgets img)").first
    before = picture.get_attribute("src")
    cell = page.locator(".jp-CodeCell", has_text=re.compile(r"^\W*\[\d*\]:\s*Z = 50")).first.locator(".cm-content")
    cell.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type("Z = 20")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type("N = 28")
    run_all(page)
    page.locator(".jp-OutputArea-output", has_text="The nucleus Z = 20, N = 28, PC-PK1").first.wait_for(
        timeout=MINUTE, state="attached"
    )
    assert picture.get_attribute("src") != before
    everything = prose(page)
    assert f"{float(solve(20, 28).total_energy):.3f}".replace("-", "−") in everything
    assert NOT_YET not in everything
    assert page.troubles == []


def test_root_is_told_what_to_do():
    for options, words in (([], "LAB_ARGS"), (["LAB_ARGS=--allow-root"], "")):
        run = subprocess.run(["make", "not-as-root", *options], cwd=ROOT, capture_output=True, text=True, check=False)
        refused = bool(words) and os.geteuid() == 0
        assert (run.returncode != 0) == refused
        assert not refused or words in run.stderr


def test_a_saved_chapter_stands_as_it_stood(opened):
    """Opened, run and saved: JupyterLab writes the same text, so that looking into a chapter does not change the book."""
    source = ROOT / "book" / "fig1.md"
    before = source.read_bytes(), source.stat().st_mtime_ns
    page = opened("book/fig1.md")
    run_all(page)
    assert source.stat().st_mtime_ns == before[1], "saved by itself"
    page.get_by_role("menuitem", name="File", exact=True).click()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "fig1.md" in answer.url) as saving:
        page.get_by_text("Save Markdown File", exact=True).click()
    assert saving.value.ok
    assert source.stat().st_mtime_ns != before[1], "not written"
    assert source.read_bytes() == before[0]


def test_in_the_source_the_cells_show_what_the_pages_have_in_the_text(opened):
    page = opened("book/fig3.md")
    run_all(page)
    figures = page.locator(".jp-OutputArea-output img[src^='data:image/png']")
    assert figures.count() >= 1
    printed = page.locator(".jp-OutputArea-output :is(pre, table)").all_inner_texts()
    evidence = Evidence.load(networks=("NN1-I4dE",))
    errors = evidence.errors["NN1-I4dE"]
    assert f"{errors.rms(errors.known):.3f}" in "\n".join(printed)
    # the other explorer of curves, by key
    label = TABLE_I["NN1-I4dE"].label
    curve = evidence.curve("NN1-I4dE")
    handle = page.locator(".jupyter-widgets", has=page.locator("label:text-is('values at d =')")).last.locator(
        ".noUi-handle"
    )
    handle.focus()
    handle.press("Home")
    assert f"{label} {curve.rms[0]:.3f}" in shown(page, "At d = 0:")
    assert page.troubles == []


def test_chart(notebook):
    page = notebook("chart")
    enter(page, "Z", "20")
    enter(page, "N", "28")
    nucleus = select(load_chart("PC-PK1"), 20, 28)
    shown(page, said(20, 28))
    control(page, "colour").select_option("charge radius (fm)")
    assert f"charge radius (fm): {float(nucleus.charge_radius):.3f}" in shown(page, "In the chart, charge radius")
    assert page.troubles == []


def test_ensemble(notebook):
    page = notebook("ensemble")
    control(page, "network").select_option(TABLE_I["NN2-I6D"].label)
    enter(page, "Z", "50")
    enter(page, "N", "82")
    ensemble = load_ensemble("NN2-I6D")
    [place] = np.flatnonzero((ensemble.Z.values == 50) & (ensemble.N.values == 82))
    error = (ensemble.predicted_energy[:, place] - ensemble.energy[place]).astype(float)
    assert f"{TABLE_I['NN2-I6D'].label}, 132Sn" in shown(
        page, f"prediction − target {minus(f'{error.mean():+.3f}')} MeV"
    )
    assert page.troubles == []


def test_profiles(notebook):
    page = notebook("fig2")
    enter(page, "Z", "50")
    enter(page, "N", "82")
    profile = profiles("NN3-I6D", [(50, 82)], load_ensemble("NN3-I6D"))[50, 82]
    words = shown(page, "Energy density of 132Sn (Z=50, N=82)")
    assert (
        f"{TABLE_I['NN3-I6D'].label} {minus(f'{profile.cumulative[-1]:+.2f} MeV, lowest {profile.minimum:+.2f}')} MeV"
        in words
    )
    enter(page, "bounds of the subsections (fm)", "0, 5, 15")
    largest = np.abs(profile.subsections([0, 5, 15])).max()
    shown(page, f"largest subsection {largest:.2f} MeV")
    enter(page, "bounds of the subsections (fm)", "0, five")
    page.locator(".widget-html-content", has_text="are not numbers").wait_for(timeout=MINUTE)
    assert page.troubles == []
