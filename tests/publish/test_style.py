"""One look for each network, on every page."""

import colorsys
import itertools
import re

import numpy as np
import pytest

from lib.learning.table_one import TABLE_I
from publish.show.style import LOOK


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
    for id, look in LOOK.items():
        if "d" in id:
            twin = LOOK[id.replace("d", "")]
            assert look[:2] == twin[:2]
            assert look.linestyle != twin.linestyle
