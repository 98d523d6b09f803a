"""Figures can be read at the width of the column; names of levels keep apart, in order, and inside."""

import io
import re
import zlib

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import PAGES

from claims.evidence import BOUNDS_FM, Evidence
from claims.profiles import profiles
from lib.learning.ensemble import load_ensemble
from lib.learning.recipes import RECIPES
from lib.learning.table_one import TABLE_I
from lib.rmf.chart import load_chart
from lib.rmf.dirac import level_name
from lib.rmf.observables import levels
from lib.rmf.solver import solve
from publish.show.draw_networks import draw_derivatives, draw_learning_curve
from publish.show.draw_nuclei import matter_figure
from publish.show.figures import (
    WIDTH_IN,
    architecture,
    chart_map,
    density_figure,
    draw_distance_curves,
    draw_levels,
    draw_profiles,
    names_apart,
    nucleus_figure,
)
from publish.show.style import use_style

COLUMN_PX, LEAST_PX = 688, 9
"""Width of the page's column on a desk, and size of the smallest letters that are read without effort."""


def smallest_letters(pdf: bytes) -> float:
    """Size in px of the smallest letters of a figure, indices and exponents too, when it is as wide as the column."""
    [width] = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+)", pdf)
    streams = [zlib.decompressobj().decompress(pdf[m.end() :]) for m in re.finditer(rb"\bstream\r?\n(?=x)", pdf)]
    sizes = [float(size) for stream in streams for size in re.findall(rb"/F\S+ ([\d.]+) Tf", stream)]
    return min(sizes) * COLUMN_PX / float(width)


def pdf_of(figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="pdf")
    plt.close(figure)
    return file.getvalue()


@pytest.fixture
def style():
    with mpl.rc_context():
        use_style()
        yield


@pytest.mark.parametrize("size", [8, 6.5])
def test_the_size_of_letters_is_measured(size):
    figure = plt.figure(figsize=(WIDTH_IN, 2))
    figure.text(0.1, 0.5, "large", fontsize=20)
    figure.text(0.5, 0.5, "small", fontsize=size)
    assert smallest_letters(pdf_of(figure)) == pytest.approx(size * COLUMN_PX / (72 * WIDTH_IN))
    figure = plt.figure(figsize=(WIDTH_IN, 2))
    figure.text(0.5, 0.5, "$E_i$", fontsize=size)
    assert smallest_letters(pdf_of(figure)) == pytest.approx(0.7 * size * COLUMN_PX / (72 * WIDTH_IN))


@pytest.mark.parametrize("paired", [False, True])
def test_figures_of_a_nucleus_can_be_read(style, paired):
    assert smallest_letters(pdf_of(nucleus_figure(solve(62, 144, pairing=paired)))) >= LEAST_PX


@pytest.mark.parametrize("id", ["NN1-I4dE", "NN2-I6E", "NN2-I6dD", "NN3-I6D", "NN3-I6dD"])
def test_drawings_of_networks_can_be_read(style, id):
    figure = architecture(TABLE_I[id], RECIPES[id], components=24, raw=151)
    assert smallest_letters(pdf_of(figure)) >= LEAST_PX


def test_densities_of_members_can_be_read(style):
    assert smallest_letters(pdf_of(density_figure("NN3-I6dD", 50, 82))) >= LEAST_PX


def test_indices_in_labels_and_keys_can_be_read(style):
    density = np.array([0.05, 0.15])
    columns = ("neutrons_MeV", "symmetric_MeV", "dirac_mass_over_M", "symmetry_energy_MeV")
    point = {"rho_0": 0.15, "E/A": -16.0, "M*/M": 0.6, "J": 35.0}
    curves = pd.DataFrame(1.0, index=density, columns=columns)
    assert smallest_letters(pdf_of(matter_figure({"PC-PK1": curves}, {"PC-PK1": point}))) >= LEAST_PX
    members = np.ones((3, 2, 3))
    assert smallest_letters(pdf_of(draw_derivatives(density, members, members))) >= LEAST_PX
    curve = xr.Dataset({name: ("step", [2.0, 1.0]) for name in ("learning_rms", "validation_rms", "density_loss")})
    assert smallest_letters(pdf_of(draw_learning_curve(TABLE_I["NN3-I6D"], curve))) >= LEAST_PX


def test_panels_can_be_read(style):
    """In a figure of the usual width, with the sizes of letters that are usual."""
    figure, axes = plt.subplots(3, 2, figsize=(WIDTH_IN, 9))
    chart, evidence = load_chart("PC-PK1"), Evidence({"NN3-I6D": load_ensemble("NN3-I6D")})
    chart_map(axes[0, 0], chart.Z, chart.N, chart.charge_radius, "Charge radius (fm)")
    draw_distance_curves(axes[0, 1], {"NN3-I6D": evidence.curve("NN3-I6D")})
    draw_profiles(axes.flat[2:], {"NN3-I6D": profiles("NN3-I6D", [(50, 82)])[50, 82]}, BOUNDS_FM, 12)
    assert smallest_letters(pdf_of(figure)) >= LEAST_PX


@pytest.mark.browser
def test_every_figure_of_the_built_book_can_be_read():
    """By the PDF beside each, where letters are still letters."""
    sizes = {path.stem: smallest_letters(path.read_bytes()) for path in (PAGES / "_static" / "figures").glob("*.pdf")}
    assert sizes, "the book is built"
    assert {name: round(size, 1) for name, size in sizes.items() if size < LEAST_PX} == {}


@pytest.mark.parametrize(
    "wished",
    [[], [0.0], [-1.0, 5.0], [-0.3, -0.25, -0.2, 0.0], [-9.9, -9.8, -9.7], [9.8, 9.9], np.linspace(-1, 1, 60)],
)
def test_names_keep_apart_inside_their_room(wished):
    places = names_apart(wished, 1.0, -10.0, 10.0)
    assert len(places) == len(wished)
    assert np.all(np.diff(places) > 1 - 1e-6 if len(wished) < 20 else np.diff(places) > 0.3)
    assert all(-10 - 1e-6 <= place <= 10 + 1e-6 for place in places)


def test_names_with_room_stand_beside_what_they_name():
    assert names_apart([-5.0, 0.0, 4.0], 1.0, -10.0, 10.0) == pytest.approx([-5, 0, 4])
    assert names_apart([0.0, 0.2], 1.0, -10.0, 10.0) == pytest.approx([-0.4, 0.6]), "a crowd around its middle"


@pytest.mark.parametrize(("Z", "N"), [(50, 82), (62, 144)])
def test_names_of_levels_are_in_the_panel_in_the_order_of_the_levels(Z, N):
    nucleus = solve(Z, N)
    figure, ax = plt.subplots()
    draw_levels(ax, nucleus)
    (low, high), (left, right) = ax.get_ylim(), ax.get_xlim()
    figure.canvas.draw()
    boxes = [text.get_window_extent().transformed(ax.transData.inverted()) for text in ax.texts]
    assert all(low < box.y0 and box.y1 < high and left < box.x0 and box.x1 < right for box in boxes)
    found = levels(nucleus)
    for column, q in enumerate("np"):
        names = [text.get_text() for text in ax.texts if column < text.get_position()[0] < column + 1]
        own = found[(found.particle == q) & (found.level_energy < 4) & (found.level_energy > -24)]
        assert names == [level_name(level.n, level.kappa) for level in own.itertuples()]
    plt.close(figure)
