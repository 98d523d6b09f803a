"""The chapters in a real JupyterLab, as `make lab` opens them: notebooks whose explorers compute, saved as they stand.

Run by ``make test-pages``.  Settings and data of the user who runs the tests are left alone.
"""

import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import numpy as np
import pytest
from conftest import ROOT, watched

from claims.evidence import Evidence
from claims.profiles import profiles
from claims.words import minus
from lib.learning.ensemble import load_ensemble
from lib.learning.table_one import TABLE_I
from lib.rmf.chart import load_chart
from lib.rmf.solver import solve
from lib.store import select
from publish.show.figures import nucleus_text

pytestmark = pytest.mark.browser
MINUTE = 60_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab on the repository."""
    place = tmp_path_factory.mktemp("lab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {f"JUPYTER_{name}_DIR": str(place / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {f"JUPYTERLAB_{name}_DIR": str(place / name) for name in ("SETTINGS", "WORKSPACES")}
    make = subprocess.run(["make", "-n", "lab"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [command] = [line for line in make.splitlines() if "jupyter lab" in line]
    settings, options = re.fullmatch(r"(.*) \S+/jupyter lab (.*) \S+", command).groups()
    printed = subprocess.run(f"{settings} env -0", shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    environment = dict(line.split("=", 1) for line in printed.stdout.split("\0") if line)
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--IdentityProvider.token=",
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
def notebook(lab, browser):
    """A function that opens a chapter and runs all its cells; it returns the page, which remembers what went wrong."""
    with ExitStack() as opened:

        def run(name):
            page = opened.enter_context(watched(browser, lab, viewport={"width": 1280, "height": 1000}))
            page.goto(f"{lab}/lab/tree/book/{name}.md?reset")
            page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=MINUTE)
            page.get_by_text(re.compile(r"ipykernel\) \| Idle")).wait_for(timeout=MINUTE)  # else it asks for a kernel
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
            page.wait_for_selector(".jupyter-widgets img", timeout=3 * MINUTE, state="attached")
            page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=3 * MINUTE)
            assert page.locator(".jp-RenderedText[data-mime-type*='error']").count() == 0
            return page

        yield run


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
    assert picture.get_attribute("alt") == said
    assert picture.evaluate("e => e.complete && e.naturalWidth > 400")
    return said


def test_any_nucleus_and_any_coupling(notebook):
    page = notebook("one_nucleus")
    shown(page, nucleus_text(solve(50, 82)))
    enter(page, "N", "70")
    shown(page, nucleus_text(solve(50, 70)))
    page.get_by_label("pairing").first.check()
    shown(page, nucleus_text(solve(50, 70, pairing=True)))
    control(page, "functional").select_option("PC-F1")
    before = shown(page, nucleus_text(solve(50, 70, "PC-F1", pairing=True)))
    handle = page.locator(".jupyter-widgets", has=page.locator("label:text-is('alpha_V')")).last.locator(".noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    assert shown(page, "PC-F1 changed") != before
    enter(page, "N", "20")
    page.locator(".widget-html-content", has_text="not bound").wait_for(timeout=MINUTE)
    page.get_by_role("button", name="reset couplings").click()
    enter(page, "N", "70")
    assert shown(page, before) == before
    assert page.troubles == []


def test_a_saved_chapter_stands_as_it_stood(notebook):
    """Opened, run and saved: JupyterLab writes the same text, so that looking into a chapter does not change the book."""
    source = ROOT / "book" / "fig1.md"
    before = source.read_bytes(), source.stat().st_mtime_ns
    page = notebook("fig1")
    assert source.stat().st_mtime_ns == before[1], "saved by itself"
    page.get_by_role("menuitem", name="File", exact=True).click()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "fig1.md" in answer.url) as saving:
        page.get_by_text("Save Markdown File", exact=True).click()
    assert saving.value.ok
    assert source.stat().st_mtime_ns != before[1], "not written"
    assert source.read_bytes() == before[0]


def test_what_the_pages_have_in_the_text_is_seen_below_the_cells(notebook):
    page = notebook("fig3")
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
    shown(page, nucleus_text(solve(20, 28)))
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
