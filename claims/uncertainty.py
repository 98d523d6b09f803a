"""How far a number can be trusted: its error by nuclei and by training, curves over the distance, and their trends.

Every error with a ± comes about in one way: isotopic chains are drawn again, with replacement, and, independently of them,
the splits that the members were trained on.  Bootstrap: B. Efron, Ann. Statist. 7, 1 (1979); of rows and columns at once:
A. B. Owen, Ann. Appl. Stat. 1, 386 (2007).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import t

from claims.words import minus
from lib.learning.errors import Errors, rms

DRAWS = 1000
"""Draws behind every error bar."""
NUCLEI, TRAINING = "nuclei", "training"
"""What is drawn again – whole isotopic chains, since neighbours err alike, and whole splits with their initialisations."""
BOTH = (NUCLEI, TRAINING)
ALL = slice(None)
CHANCE = 0.01
"""The nominal chance below which a rank correlation counts as one."""


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error, in the same unit.

    ``draws``, (1 + draws,), has the number itself and what becomes of it in each draw.  Differences and ratios are taken
    draw by draw, so that they are paired: what moves both numbers alike is not in their error.
    """

    value: float
    error: float
    draws: np.ndarray | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, draws) -> Estimate:
        """From the number itself and what becomes of it in each draw, (1 + draws,); of a number alone, without error."""
        draws = np.atleast_1d(np.asarray(draws, dtype=float))
        drawn = draws[1:][np.isfinite(draws[1:])]
        moves = len(drawn) > 1 and np.ptp(drawn) > 0
        error = float(drawn.std(ddof=1)) if moves else 0.0
        return cls(float(draws[0]), error, draws)

    def __sub__(self, other: Estimate | float) -> Estimate:
        return Estimate.of(self.draws - getattr(other, "draws", other))

    def __rsub__(self, other: float) -> Estimate:
        return Estimate.of(other - self.draws)

    def __truediv__(self, other: Estimate) -> Estimate:
        return Estimate.of(self.draws / other.draws)

    def __str__(self) -> str:
        """Both with as many decimals as the error's two leading digits need, at most four: ``0.644 ± 0.021``."""
        return minus(f"{self.value:.{self.digits}f} ± {self.error:.{self.digits}f}")

    @property
    def digits(self) -> int:
        """Decimals worth printing."""
        if not (np.isfinite(self.error) and self.error > 0):
            return 3
        return int(np.clip(1 - np.floor(np.log10(self.error)), 0, 4))


def least(estimates: Iterable[Estimate]) -> Estimate:
    """The smallest of some estimates, in every draw anew."""
    return _over(np.min, estimates)


def most(estimates: Iterable[Estimate]) -> Estimate:
    """The largest of some estimates, in every draw anew."""
    return _over(np.max, estimates)


def median(estimates: Iterable[Estimate]) -> Estimate:
    """The median of some estimates, in every draw anew."""
    return _over(np.median, estimates)


def _over(function: Callable, estimates: Iterable[Estimate]) -> Estimate:
    return Estimate.of(function(np.broadcast_arrays(*(each.draws for each in estimates)), axis=0))


@functools.cache
def times_drawn(count: int, what: str, draws: int = DRAWS) -> np.ndarray:
    """How often each of some things is taken, (1 + draws, thing): once each, then as drawn with replacement.

    Things of a kind, :data:`NUCLEI` or :data:`TRAINING`, are drawn alike wherever there are as many of them.
    """
    random = np.random.default_rng(BOTH.index(what))
    drawn = random.multinomial(count, np.full(count, 1 / count), draws)
    return np.vstack([np.ones(count), drawn])


def splits_drawn(splits, drawn=BOTH) -> tuple[np.ndarray, np.ndarray]:
    """How often each of the ``splits`` of the members, (member,), is taken, and which members it has.

    (1 + draws, split), or (1, split) where no training is drawn; and (split, member).

    A split is taken with all its initialisations, whose scatter is part of the scatter between the means of the splits.
    """
    names, place = np.unique(splits, return_inverse=True)
    times = times_drawn(len(names), TRAINING)
    belongs = np.arange(len(names))[:, None] == place
    return times if TRAINING in drawn else times[:1], belongs.astype(float)


class Redrawn:
    """The errors of an ensemble's mean, MeV, as they are and in every draw.

    Parameters
    ----------
    errors
        of the ensemble.
    of
        ``"error"``, that of the mean; ``"held_out"``, of the mean of those members that have not learnt the nucleus;
        ``"deviation"``, the standard deviation of the members instead.
    drawn
        what is drawn, of :data:`BOTH`.
    groups
        (nucleus,), such as the proton numbers, by default; nuclei are drawn in such groups.
    names
        of all groups there are, also of those that have no nucleus here.
    """

    def __init__(self, errors: Errors, of="error", drawn=BOTH, groups=None, names=None):
        groups = errors.Z if groups is None else groups
        names = np.unique(groups) if names is None else names
        times = times_drawn(len(names), NUCLEI)
        self._nuclei = times if NUCLEI in drawn else times[:1]
        self._group, self._of = np.searchsorted(names, groups), of
        self._splits, belongs = splits_drawn(errors.ensemble.split.values, drawn)
        single = errors.single
        counted = ~errors.learnt if of == "held_out" else np.ones_like(single)
        # (split, nucleus): how many members count, their errors and the squares of these, added up
        self._sums = [belongs @ each for each in (counted, counted * single, counted * single**2)]

    def times(self, nuclei=ALL) -> np.ndarray:
        """How often each nucleus is drawn, (draw, nucleus); ``nuclei`` are booleans or places, (nucleus,)."""
        return self._nuclei[:, self._group[nuclei]]

    def values(self, nuclei=ALL) -> np.ndarray:
        """The errors by the members drawn, (draw, nucleus); NaN where none of these counts."""
        sums = [each[:, nuclei] for each in self._sums]
        taken, errors, squares = self._splits @ sums
        with np.errstate(invalid="ignore", divide="ignore"):
            if self._of == "deviation":
                variance = (squares - errors**2 / taken) / (taken - 1)
                return np.sqrt(variance)
            return errors / taken

    def rms(self, nuclei=ALL) -> Estimate:
        """Root mean square over some nuclei, booleans or places, MeV.

        Raises
        ------
        ValueError
            if there is no finite value.
        """
        return weighted_rms(self.values(nuclei), self.times(nuclei))

    def rms_by(self, numbers, nuclei=ALL, minimum_nuclei=1) -> pd.DataFrame:
        """Root mean square over the nuclei of each of some ``numbers``, (nucleus,), such as the distances, MeV.

        One row for each draw, one column for each number that has at least ``minimum_nuclei`` of the ``nuclei``.

        Raises
        ------
        ValueError
            for a minimum below one, or one that no number meets.
        """
        numbers = numbers[nuclei]
        names, counts = np.unique(numbers, return_counts=True)
        _check_minimum(minimum_nuclei, counts)
        names = names[counts >= minimum_nuclei]
        here = (numbers[:, None] == names).astype(float)
        values, times = self.values(nuclei), self.times(nuclei)
        finite = np.isfinite(values)
        squares = times * np.where(finite, values, 0) ** 2
        with np.errstate(invalid="ignore"):
            return pd.DataFrame(np.sqrt(squares @ here / (times * finite @ here)), columns=names)


def weighted_rms(values: np.ndarray, times: np.ndarray) -> Estimate:
    """Root mean square in the unit of the values, (draw, nucleus), each of which counts so many ``times``.

    Raises
    ------
    ValueError
        if there is no finite value.
    """
    if not np.isfinite(values[0]).any():
        raise ValueError("no nucleus to draw from: widen the selection")
    return Estimate.of(np.sqrt(weighted_mean(values**2, times)))


def weighted_mean(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Mean of the finite ones of some values, (draw, nucleus), each of which counts so many ``times``; (draw,)."""
    finite = np.isfinite(values)
    sums = (times * np.where(finite, values, 0)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return sums / (times * finite).sum(axis=1)


def weighted_median(values: np.ndarray, times: np.ndarray) -> Estimate:
    """Median of some values, (nucleus,), each of which counts so many ``times``, (draw, nucleus)."""
    order = np.argsort(values)
    below = np.cumsum(times[:, order], axis=1)
    halves = below[:, -1:] / 2
    low, high = ((below < halves).sum(axis=1), (below <= halves).sum(axis=1))
    last = len(values) - 1
    return Estimate.of((values[order[np.minimum(low, last)]] + values[order[np.minimum(high, last)]]) / 2)


def _check_minimum(minimum_nuclei: int, counts: np.ndarray) -> None:
    if minimum_nuclei < 1:
        raise ValueError(f"minimum_nuclei = {minimum_nuclei} is out of range: give at least 1")
    if not (counts >= minimum_nuclei).any():
        raise ValueError(
            f"minimum_nuclei = {minimum_nuclei}: no distance has so many nuclei; give at most {counts.max(initial=0)}"
        )


def curve_table(by: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """A curve over the columns of a :meth:`Redrawn.rms_by`, whose nuclei have these ``numbers``, (nucleus,).

    Over ``distance``: how many ``nuclei``, the ``rms`` and its ``bootstrap_error``, MeV.
    """
    nuclei = [int((numbers == number).sum()) for number in by]
    table = {"nuclei": nuclei, "rms": by.iloc[0], "bootstrap_error": by.iloc[1:].std().fillna(0)}
    return pd.DataFrame(table, index=by.columns).rename_axis("distance")


def rank_correlation(by: pd.DataFrame, numbers=None) -> Estimate:
    """Spearman's rank correlation of each row of a table with the numbers of its columns, or with others, (column,)."""
    numbers = by.columns.to_numpy() if numbers is None else numbers
    ranks = [pd.DataFrame(np.where(by.notna(), each, np.nan)).rank(axis=1) for each in (numbers, by)]
    x, y = (rank.sub(rank.mean(axis=1), axis=0) for rank in ranks)
    with np.errstate(invalid="ignore"):
        return Estimate.of((x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1)))


def chance_correlation(count: int) -> float:
    """The rank correlation of so many pairs above which the nominal chance of one without any trend is below :data:`CHANCE`.

    One-sided, and nominal: it takes the pairs as independent, while neighbouring distances share chains and networks.
    """
    bound = t.ppf(1 - CHANCE, count - 2)
    return float(bound / np.sqrt(count - 2 + bound**2))


def noise_share(errors: Errors, nuclei: np.ndarray) -> float:
    """What part of the mean square error of the mean, over some nuclei, would vanish with ever more splits and members."""
    splits = np.unique(errors.ensemble.split)
    means = [errors.single[errors.ensemble.split.values == split].mean(axis=0)[nuclei] for split in splits]
    return float(np.var(means, axis=0, ddof=1).mean() / len(splits) / errors.rms(nuclei) ** 2)


def error_by_members(errors: Errors, nuclei: np.ndarray, counts: Iterable[int], choices: int = 200) -> pd.Series:
    """rms error of the mean of so many members, over some nuclei, MeV: the mean over random choices of members."""
    single, random = errors.single[:, nuclei], np.random.default_rng(0)
    found = {}
    for count in counts:
        orders = random.permuted(np.tile(np.arange(len(single)), (choices, 1)), axis=1)
        chosen = orders < count
        found[count] = np.mean([rms(row) for row in chosen @ single / count])
    return pd.Series(found)
