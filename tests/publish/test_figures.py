"""Panels that more than one place draws: names of levels keep apart, in order, and inside."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lib.rmf.dirac import level_name
from lib.rmf.solver import solve
from lib.rmf.spectrum import levels
from publish.show.figures import draw_levels, names_apart


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
