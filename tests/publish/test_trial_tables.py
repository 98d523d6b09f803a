"""The verdict at a glance: what its figure and tables show of made-up verdicts."""

from itertools import pairwise

import matplotlib.pyplot as plt
import pandas as pd
from bs4 import BeautifulSoup
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from claims.condition import MET, MISSED, Condition, Verdict
from claims.uncertainty import Estimate
from publish.show.trial_tables import COLOURS, beside_shown, claims_shown, conditions_shown, verdict_figure

MARGINS = {MET: 1.0, MISSED: -1.0}


def verdict(number, states, headline=1):
    conditions = (Condition(f"{number}.{i}", "5 MeV", Estimate.of(MARGINS[state])) for i, state in enumerate(states))
    return Verdict(number, "Fig. 1", f"it does {number} " * 30, "4", "5", tuple(conditions), headline)


VERDICTS = {
    1: verdict(1, [MET, MISSED, MISSED, MISSED], headline=2),
    2: verdict(2, [MET, MET, MISSED]),
    3: verdict(3, [MET]),
}


def squares(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_a_square_for_each_condition_and_a_frame_for_each_headline():
    figure = verdict_figure(VERDICTS)
    found = squares(figure)
    assert len(found) == 8
    framed = {round(patch.get_y() + 0.3): patch for patch in found if to_hex(patch.get_edgecolor()) == "#000000"}
    assert {row: to_hex(patch.get_facecolor()) for row, patch in framed.items()} == {
        0: COLOURS[MISSED], 1: COLOURS[MET], 2: COLOURS[MET],
    }  # fmt: skip
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("×") == 4, "who sees no colours sees the marks"
    assert [text for text in texts if text.startswith("hold")] == ["holds partly", "holds partly", "holds"]
    figure.canvas.draw()
    words = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text().startswith("it does")]
    assert max(box.x1 for box in words) < min(patch.get_window_extent().x0 for patch in found)
    assert all(low.y1 <= high.y0 for high, low in pairwise(words)), "no text runs into the next"
    plt.close(figure)


def test_two_that_hold_partly_do_not_look_alike():
    table = BeautifulSoup(claims_shown(VERDICTS).to_html(), "html.parser")
    heads = [cell.text for cell in table.select("thead tr:first-child th")]
    assert heads[-2:] == ["headline met", "conditions met"]
    rows = [[cell.text for cell in row.select("td")] for row in table.select("tbody tr")]
    assert [row[-2] for row in rows] == ["no", "yes", "yes"]
    css = claims_shown(VERDICTS)._repr_html_()
    shades = {one.share for one in VERDICTS.values()}
    assert len(shades) == 3
    assert len({line for line in css.split("background: ") if "font-weight: bold" in line}) >= 3


def test_the_headline_is_named_among_the_conditions():
    table = BeautifulSoup(conditions_shown(VERDICTS).to_html(), "html.parser")
    text = [cell.text for cell in table.select("td.col0")]
    assert text == ["1.0", "headline: 1.1", "1.2", "1.3", "headline: 2.0", "2.1", "2.2", "headline: 3.0"]
    assert "headline" not in [cell.text for cell in table.select("thead th")]


def test_ensembles_beside_others_have_a_row_each():
    """Worse by twice the error in one region, better by half of it in the other."""
    table = pd.DataFrame([
        {"network": "NN2-I6dE", "recipe_of": whose, "region": region, "rms": rms, "beside_rms": 1.0,
         "behind": rms - 1.0, "behind_error": 0.1}
        for whose in ("first search", "runner-up")
        for region, rms in (("known", 1.2), ("d = 12–20", 7.0), ("d = 22–30", 0.95))
    ])  # fmt: skip
    shown = beside_shown(table, ["network", "recipe_of"], "other", "in use").data
    assert shown.index.tolist() == [("NN2-I6δE", "first search"), ("NN2-I6δE", "runner-up")]
    assert shown.iloc[0].tolist() == ["1.200", "1.000", "+2.0", "0.95", "1.00", "−0.5"]
    alone = beside_shown(table[table.recipe_of == "runner-up"], ["network"], "without", "with r²").data
    assert alone["known region", "without"].tolist() == ["1.200"]
