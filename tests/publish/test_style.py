"""One look for each thing, on every page."""

import colorsys
import itertools
import re

import numpy as np
import pytest

from lib.learning.table_one import TABLE_I
from lib.rmf.functionals import FUNCTIONALS
from publish.show.style import LOOK, curve_look


@pytest.mark.parametrize("target", ["E", "dE"])
def test_curves_of_one_figure_can_be_told_apart(target):
    """Any two networks of one figure differ in hue by 20 degrees or in luminance by a third, and in their markers."""
    looks = {id: LOOK[id] for id, spec in TABLE_I.items() if spec.target == target}
    assert len({look.marker for look in looks.values()}) == len(looks)

    def rgb(look):
        assert re.fullmatch(r"#[0-9A-F]{6}", look.colour)
        return [int(look.colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    for a, b in itertools.combinations(looks, 2):
        hue = abs(colorsys.rgb_to_hsv(*rgb(looks[a]))[0] - colorsys.rgb_to_hsv(*rgb(looks[b]))[0])
        hue = 360 * min(hue, 1 - hue)
        ratio = (luminance(rgb(looks[a])) + 0.05) / (luminance(rgb(looks[b])) + 0.05)
        assert hue > 20 or not 3 / 4 < ratio < 4 / 3, (a, b)
    for id, look in looks.items():  # and on white paper
        assert 1.05 / (luminance(rgb(look)) + 0.05) > 1.8, id


def test_corrections_wear_the_colour_of_their_inputs():
    for id in (id for id in TABLE_I if "d" in id):
        look, twin = LOOK[id], LOOK[id.replace("d", "")]
        assert look[:2] == twin[:2]
        assert look.linestyle != twin.linestyle


@pytest.mark.parametrize("things", [FUNCTIONALS, "np", ("kinetic", "interaction", "coulomb", "total")])
def test_what_stands_side_by_side_has_colours_and_names_of_its_own(things):
    assert len({LOOK[thing].colour for thing in things}) == len(things)
    assert len({LOOK[thing].label for thing in things}) == len(things)
    assert all(LOOK[thing].label for thing in things)


def test_the_target_without_a_network_is_black_and_called_by_its_functional():
    assert curve_look("PC-PK1") == LOOK["target"]._replace(label="PC-PK1")
    assert curve_look("NN3-I6dD") == LOOK["NN3-I6dD"]
    with pytest.raises(ValueError, match="unknown network 'NN9'"):
        curve_look("NN9")
