"""The rule by which the paper's fifteen claims are judged: conditions that our ensembles meet, do not meet, or leave open.

A condition has a *margin*, by how much its demand is met – a bound minus an error, or the errors of two networks, one minus
the other – and this margin has a standard error, by everything that was drawn (:mod:`claims.uncertainty`).  The condition
is *met* if the margin is above zero by more than its error, *not met* if it is below by more, and else *undecided*.

A claim *holds* if all its conditions are met, *does not hold* if none is, and *holds partly* if some are met and some are
not; an undecided condition leaves it *undecided* unless the outcome is the same whichever way it may turn out.

Most conditions, with their thresholds, were written into the docstrings of the claims before the ensembles existed; those
that were added or changed after the first ensembles had been seen say so (:attr:`Condition.written`), and none of them
takes a threshold from the ensembles.  That a margin must exceed its error came later, too, for all of them alike.  A number
that had a part in a choice, of a recipe or of a convention, is no test of it (:attr:`Condition.chosen`).

A threshold is the paper's own number where it gives one.  Accuracies of the networks are read as upper bounds, whether
the paper says "approximately 5 MeV", "around 6 MeV" or a number alone: a network that errs less does what is claimed.  It
does not reproduce the number, though: where it errs less by more than a quarter and more than its error, the condition is
*bettered*.  Where "approximately" is the paper's word, the other reading, within a factor :data:`ABOUT` either way, is
judged beside it and printed, but does not count.  Where the paper uses words ("much better", "generally"), the docstring
says how they are read.

``python -m studies.judged_again COMMIT`` judges the ensembles of another commit and keeps the outcomes.

Claims: W. F. Li et al., "Construction of Nuclear Covariant Energy Density Functional from A Physics-Guaranteed Neural
Network Approach"; the numbering is this book's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from claims.uncertainty import Estimate, chance_correlation, least, most, rank_correlation
from claims.words import decimals, label, listed, minus
from lib.learning.recipes import FROM_FIRST_SEARCH

BEFORE, AFTER = "before", "after"
"""When a condition was written, or last changed – before or after the first ensembles had been seen."""
HOLDS, PARTLY, FAILS, UNDECIDED = "holds", "holds partly", "does not hold", "undecided"
MET, MISSED = "yes", "no"
"""Whether a condition is met, unless it is :data:`UNDECIDED`."""
RECIPE, CONVENTION = "a recipe", "a convention"
"""In whose choice a number had a part.

Recipes of the first search were chosen among those that reach the paper's number in the known region (:func:`of_recipe`), the
convention of no pairing by what the paper says of the two functionals.
"""
BETTERED = 0.75
"""The factor below which an error is no longer the paper's, but better."""
ABOUT = 1.5
"""The factor within which a number is approximately another."""
GROWING = 0.8
"""Rank correlation from which a curve "generally" increases."""
ALIKE = 2.0
"""The factor within which errors are comparable."""


@dataclass(frozen=True)
class Condition:
    """What a claim demands, what is found, and by how much that meets the demand.

    ``margin``: positive where the demand is met.  ``written``: :data:`BEFORE` or :data:`AFTER` the first ensembles had
    been seen.  ``otherwise``: the outcome under another reading, where there is one; it does not count.  ``chosen``:
    :data:`RECIPE` or :data:`CONVENTION`, if what is found had a part in the choice of one.  ``bettered``: whether an error
    is far below the paper's.
    """

    demand: str
    found: str
    margin: Estimate
    written: str = BEFORE
    otherwise: str = ""
    chosen: str = ""
    bettered: bool = False

    @property
    def state(self) -> str:
        """``"yes"``, ``"no"`` or ``"undecided"`` – whether it is met, by more than the error of the margin."""
        if self.margin.value > self.margin.error:
            return MET
        if self.margin.value < -self.margin.error:
            return MISSED
        return UNDECIDED


@dataclass(frozen=True)
class Verdict:
    """One claim with the paper's number, ours, and the conditions on which it is judged; which of them is the ``headline``.

    That is the condition closest to what the claim says first, from 1: of several networks that of NN3-I6ℰ or NN3-I6δℰ,
    unless one is about all of them, of several nuclei the first.  It decides nothing.
    """

    number: int
    where: str
    claim: str
    paper: str
    ours: str
    conditions: tuple[Condition, ...]
    headline: int = 1

    @property
    def share(self) -> float:
        """The share of the conditions that are met."""
        return self.count(MET) / len(self.conditions)

    def count(self, state: str) -> int:
        """How many conditions are in a state, such as :data:`MET`."""
        return sum(condition.state == state for condition in self.conditions)

    @property
    def outcome(self) -> str:
        """``"holds"``, ``"holds partly"``, ``"does not hold"`` or ``"undecided"``."""
        states = {condition.state for condition in self.conditions}
        if {MET, MISSED} <= states:
            return PARTLY
        if UNDECIDED in states:
            return UNDECIDED
        return HOLDS if MET in states else FAILS

    @property
    def tally(self) -> str:
        """How many conditions are met of all, how many of these are bettered, how many undecided, how many by a choice."""
        met = [condition for condition in self.conditions if condition.state == MET]
        more = {
            "bettered": sum(condition.bettered for condition in met),
            "undecided": self.count(UNDECIDED),
            "had a part in a choice": sum(bool(condition.chosen) for condition in self.conditions),
        }
        words = [f"{len(met)} of {len(self.conditions)}", *(f"{count} {name}" for name, count in more.items() if count)]
        return "; ".join(words)


Finding = tuple[str, list[Condition]]
"""What is found about a claim – our number, in words, and the conditions."""


def claim(
    number: int, where: str, paper: str, headline: int = 1
) -> Callable[[Callable[..., Finding]], Callable[..., Verdict]]:
    """A claim of the paper: its number in this book, where it stands, the paper's number, and its headline condition.

    Decorates the function that judges it by the evidence, whose docstring begins with what is claimed, in short, and
    which gives a :data:`Finding`; the function that comes of it gives a :class:`Verdict`.
    """

    def decorate(function: Callable[..., Finding]) -> Callable[..., Verdict]:
        short = inspect.getdoc(function).split("\n\n")[0].replace("\n", " ").removesuffix(".")

        @functools.wraps(function)
        def judged(evidence) -> Verdict:
            ours, conditions = function(evidence)
            return Verdict(number, where, short, paper, ours, tuple(conditions), headline)

        return judged

    return decorate


# --- demands that several claims make; further words go to Condition: written, otherwise, chosen ----------------------


def of_recipe(id: str) -> str:
    """:data:`RECIPE`, if the paper's number, where it quotes one, had a part in the choice of the recipe of a network; else nothing."""
    return RECIPE if id in FROM_FIRST_SEARCH else ""


def reaches(what, found, bound, unit="MeV", at="", **more) -> Condition:
    """An error (:class:`Estimate`) is at most the paper's.

    The demand is "``what`` reaches ``bound`` ``unit`` ``at``"; ``more`` goes to :class:`Condition`.
    """
    demand = " ".join(filter(None, (what, "reaches", str(bound), unit, at)))
    margin = bound - found
    far = max(margin.error, (1 - BETTERED) * bound)
    better = margin.value > far
    words = f"{found} {unit}".strip()
    return Condition(demand, words, margin, bettered=better, **more)


def about(found: Estimate, paper: float) -> str:
    """Whether a number is within a factor :data:`ABOUT` of the paper's, for :attr:`Condition.otherwise`."""
    inside = paper / ABOUT <= found.value <= paper * ABOUT
    return f"within a factor {ABOUT:g}: {'yes' if inside else 'no'}"


def exceeds(what, found, bound, behind="", **more) -> Condition:
    """A number in MeV (:class:`Estimate`) is above a bound; ``behind`` is said after it."""
    demand = f"{what} above {bound} MeV".strip()
    return Condition(demand, f"{said(found)} MeV{behind}", found - bound, **more)


def falls_below(what, found, bound, unit="MeV", digits=1, **more) -> Condition:
    """A number (:class:`Estimate`) is below a bound; with ``digits`` decimals, if it has no error."""
    demand = f"{what} below {minus(str(bound))} {unit}"
    return Condition(demand, f"{said(found, digits)} {unit}", bound - found, **more)


def said(found: Estimate, digits: int = 1) -> str:
    """A number with its error, where it has one."""
    return str(found) if found.error else decimals(found.value, digits)


def errs_less(demand, found, than, unit="MeV", digits=3, **more) -> Condition:
    """One rms error (:class:`Estimate`) is smaller than another, paired; with ``digits`` decimals, if they have no error."""
    words = f"{said(found, digits)} against {said(than, digits)} {unit}"
    return Condition(demand, words, than - found, **more)


def is_lowest(demand, values, found, id="NN3-I6D") -> Condition:
    """A network has the lowest of some values by network, paired; ``found`` is what to say of them."""
    others = [values[other] for other in values if other != id]
    return Condition(demand, found, least(others) - values[id])


def more_than_half(demand: str, share: Estimate, of: int) -> Condition:
    """Something is so in more than half of so many cases."""
    found = f"at {round(share.value * of)} of {of}"
    return Condition(demand, found, share - 0.5)


def share_at_least(bound: float, what: str, share: Estimate) -> Condition:
    """A share is not below the least one that will do."""
    demand = f"{100 * bound:.0f} % {what}"
    return Condition(demand, f"{100 * share.value:.1f} %", share - bound)


def within_factor(what, errors, **more) -> Condition:
    """Errors in MeV by name are comparable: the largest at most :data:`ALIKE` times the smallest."""
    values = list(errors.values())
    times = most(values) / least(values)
    demand = f"{what} within a factor {ALIKE:g}"
    found = listed(errors, 2, "MeV")
    return Condition(demand, found, ALIKE - times, **more)


def grows(what: str, by: pd.DataFrame) -> Condition:
    """A curve over d, one row for each draw, has a rank correlation with d that is no chance; d = 0 is included."""
    found = rank_correlation(by)
    words = f"rank correlation {found}, d = 0 included"
    return Condition(f"{what} grows with d", words, found - chance_correlation(by.shape[1]))


def growth(what: str, curves: Mapping[str, pd.DataFrame]) -> Finding:
    """Whether curves over d grow: one condition each, and one for all of them over d > 0 alone."""
    each = [grows(f"{label(id)}: {what}", curves[id]) for id in curves]
    everywhere = least(rank_correlation(by) for by in curves.values())
    beyond = {id: rank_correlation(by.drop(columns=0, errors="ignore")) for id, by in curves.items()}
    worst, outside = min(beyond, key=lambda id: beyond[id].value), least(beyond.values())
    demand = f"rank correlation {GROWING:g} or more"
    together = Condition(
        f"outside the known region the {what} of all grows with d: {demand}",
        f"lowest {outside} ({label(worst)})",
        outside - GROWING,
        AFTER,
    )
    lowest = f"{everywhere} with d = 0, {outside} without"
    met = f"{sum(one.state == MET for one in each)} of {len(each)}"
    return f"{met}; lowest rank correlation {lowest}", [*each, together]
