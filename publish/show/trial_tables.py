"""The verdict at a glance: its tables and its figure, in colours of how much of a claim holds.

Blue is met and orange is not, with black letters on them; who sees no colours has the words, and in the figure the marks.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from claims.condition import AFTER, MET, MISSED, UNDECIDED, Verdict
from claims.trial import condition_table, verdict_table
from claims.words import decimals, label, minus
from publish.show.figures import WIDTH_IN

COLOURS = {MET: "#9ecae1", UNDECIDED: "#e3e3e3", MISSED: "#fdd0a2"}
"""The colour of a condition by what has become of it."""
_MARKS = {MET: "", UNDECIDED: "?", MISSED: "×"}
_SHADES = LinearSegmentedColormap.from_list("share", ["#ffffff", "#6baed6"])
LOOKS = {"text-align": "left", "vertical-align": "top", "padding": "5px 8px", "font-size": "0.85em"}
"""How cells of much text are set."""
_HEADS = [
    {"selector": "th.col_heading", "props": "text-align: left !important"},
    {"selector": "th.row_heading", "props": "vertical-align: top; padding: 5px 8px"},
]


def claims_shown(verdicts: Mapping[int, Verdict]) -> Styler:
    """The claims with their outcomes, shaded by the share of their conditions that are met, and their headline conditions."""
    table = verdict_table(verdicts).rename(columns={"where": "in the paper"})
    heads = {number: one.conditions[one.headline - 1].state for number, one in verdicts.items()}
    table.insert(len(table.columns) - 1, "headline met", heads)
    shades = {number: to_hex(_SHADES(one.share)) for number, one in verdicts.items()}
    shown = table.style.format(_chapter, subset=["in the paper"])
    shown = shown.apply(
        lambda column: [f"color:#000;background:{shades[n]};font-weight:bold" for n in column.index], subset=["outcome"]
    )
    shown = shown.map(_coloured, subset=["headline met"])
    return shown.set_properties(**LOOKS).set_table_styles(_HEADS)


def conditions_shown(verdicts: Mapping[int, Verdict]) -> Styler:
    """The conditions of some claims, coloured by whether they are met; the headline of each claim is named so, and bold.

    Notes say which were written after the first ensembles had been seen.
    """
    table = condition_table(verdicts)
    table["notes"] = [_notes(row) for row in table.to_dict("records")]
    table = table.drop(columns=["written", "other reading", "had a part in choosing"], errors="ignore")
    headlines = [place for place, head in table.pop("headline").items() if head]
    table.loc[headlines, "demanded"] = "headline: " + table.demanded[headlines]
    shown = table.style.map(_coloured, subset=["met"]).set_properties(**LOOKS).set_table_styles(_HEADS)
    return shown.set_properties(subset=(headlines, ["demanded"]), **{"font-weight": "bold"})


def beside_shown(table: pd.DataFrame, keys: Sequence[str], one: str, other: str) -> Styler:
    """Ensembles beside others of the same networks, in the known region and at d = 22 to 30.

    ``table`` as :func:`studies.other_recipes.compare` makes it; a row for each of the ``keys``.  Under the words ``one`` and
    ``other`` stand the rms errors in MeV of the former and of those beside them, then by how many standard errors the former
    are worse.
    """
    rows = {}
    for region, head, digits in (("known", "known region", 3), ("d = 22–30", "d = 22–30", 2)):
        for row in table[table.region == region].to_dict("records"):
            words = {
                one: decimals(row["rms"], digits),
                other: decimals(row["beside_rms"], digits),
                "worse by": minus(f"{row['behind'] / row['behind_error']:+.1f}"),
            }
            place = rows.setdefault(tuple(row[key] for key in keys), {})
            place |= {(head, word): found for word, found in words.items()}
    index = pd.MultiIndex.from_tuples(rows)
    shown = pd.DataFrame([*rows.values()], index=index)
    shown.columns = pd.MultiIndex.from_tuples(shown.columns)
    return shown.rename(label, level=0).style


def _chapter(where: str) -> str:
    """The place of a claim in the paper, as a link to the chapter of the figure if it is one."""
    return f'<a href="fig{where[-1]}.html">{where}</a>' if where.startswith("Fig.") else where


def _notes(condition: Mapping[str, str]) -> str:
    """What there is to say of few conditions, by column of :func:`claims.trial.condition_table`; when, if it was late."""
    found = {name: condition.get(name) for name in ("written", "had a part in choosing", "other reading")}
    if not found["written"].startswith(AFTER):
        del found["written"]
    return "; ".join(f"{name} {text}" for name, text in found.items() if text)


def _coloured(state: str) -> str:
    return f"color:#000;background:{COLOURS[state.split(',')[0]]}"


def verdict_figure(verdicts: Mapping[int, Verdict]) -> Figure:
    """A row for each claim: what it says, a square for each condition, the headline in a frame, and the outcome."""
    figure, ax = plt.subplots(figsize=(WIDTH_IN, 0.44 * len(verdicts) + 0.3))
    start, most = 9.2, max(len(one.conditions) for one in verdicts.values())
    for row, one in enumerate(verdicts.values()):
        ax.text(0, row, f"{one.number}", ha="right", va="center", fontsize=8, weight="bold")
        ax.text(0.3, row, textwrap.fill(one.claim, 58, max_lines=2, placeholder=" …"), va="center", fontsize=7)
        # the headline last, so that its frame lies over the neighbours
        for place, condition in sorted(enumerate(one.conditions, start=1), key=lambda each: each[0] == one.headline):
            head = place == one.headline
            left = start + 0.5 * (place - 1)
            ax.add_patch(plt.Rectangle(
                (left, row - 0.3), 0.5, 0.6, fc=COLOURS[condition.state], ec="black" if head else "white", lw=1.6 if head else 1
            ))  # fmt: skip
            ax.text(left + 0.25, row, _MARKS[condition.state], ha="center", va="center", fontsize=8)
        ax.text(start + 0.5 * most + 0.2, row, one.outcome, va="center", fontsize=8)
    ax.set(xlim=(-0.5, start + 0.5 * most + 2.4), ylim=(len(verdicts) - 0.5, -0.5))
    ax.axis("off")
    return figure
