"""What an unknown nucleus asks of a network that no known nucleus has asked before.

A perceptron interpolates between the inputs it has seen.  An input is called new here if, in one of the principal
directions of the known inputs, it lies outside the range that these fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from lib.learning.errors import DISTANCE_BINS
from lib.learning.networks import EMPTY_FM, network_inputs
from lib.learning.recipes import RECIPES
from lib.learning.table_one import NN1, NN2, NN3, NetworkSpec


@dataclass(frozen=True)
class Novelty:
    """Which inputs of a network are new.

    ``new`` booleans (nucleus, points, direction); ``filled`` booleans (nucleus, points), points where there is a nucleus
    (all of them for NN1 and NN2, which have one point); ``directions`` (direction, inputs), the principal directions of
    the known inputs, in units of their spread.
    """

    new: np.ndarray
    filled: np.ndarray
    directions: np.ndarray

    def share(self, nuclei: np.ndarray) -> float:
        """Share of the filled points of some nuclei, boolean (nucleus,), that are new in any direction; NaN for none."""
        points = self.filled[nuclei]
        new = self.new[nuclei].any(axis=2) & points
        return float(new.sum() / points.sum()) if points.any() else float("nan")

    def touched(self, nuclei: np.ndarray) -> float:
        """Share of some nuclei, boolean (nucleus,), that have at least one new point; NaN for none."""
        new = self.new[nuclei].any(axis=(1, 2))
        return float(new.mean()) if nuclei.any() else float("nan")

    def leading_direction(self, nuclei: np.ndarray) -> int:
        """The direction in which most points of these nuclei are new."""
        return int(self.new[nuclei].sum(axis=(0, 1)).argmax())

    def share_in(self, direction: int, nuclei: np.ndarray) -> float:
        """Share of the new points of some nuclei, boolean (nucleus,), that are new in one of the directions."""
        new = self.new[nuclei]
        return float(new[..., direction].sum() / new.any(axis=2).sum())


def novelty(spec: NetworkSpec, dataset: xr.Dataset, kept: int | None = None) -> Novelty:
    """New inputs among all nuclei of a data set, along principal directions of those of the known ones.

    Parameters
    ----------
    spec
        the network.
    dataset
        of :func:`lib.learning.dataset.load_dataset`.
    kept
        how many directions at most, the widest first; as many as the recipe gives the network, if it is not said.

    Raises
    ------
    ValueError
        for less than one direction.
    """
    kept = RECIPES[spec.id].components if kept is None else kept
    if kept < 1:
        raise ValueError(f"kept = {kept} is out of range: give at least 1")
    inputs = network_inputs(spec, dataset)
    known = dataset.known.values.astype(bool)
    filled = np.ones(inputs.shape[:2], dtype=bool)
    if spec.family == NN3:
        filled = np.abs(dataset.densities.values[..., 1]) > EMPTY_FM
    points = inputs[known][filled[known]]
    centre, spread = points.mean(axis=0), _spread(spec, points)
    directions = np.eye(points.shape[1])
    if spec.family != NN1:
        scaled = (points - centre) / spread
        directions = np.linalg.svd(scaled, full_matrices=False)[2][:kept]
    components = ((inputs - centre) / spread) @ directions.T
    seen = components[known][filled[known]]
    low, high = seen.min(axis=0), seen.max(axis=0)
    # rounding must not make the extremes themselves new
    margin = 1e-9 * (high - low)
    new = (components < low - margin) | (components > high + margin)
    return Novelty(new & filled[..., None], filled, directions)


def _spread(spec: NetworkSpec, points: np.ndarray) -> np.ndarray:
    """Unit of each input: its standard deviation; for NN2 the same at all points of the mesh, since fields have units."""
    spread = points.std(axis=0)
    if spec.family != NN2:
        return spread
    fields = spread.reshape(len(spec.inputs), -1)
    return np.repeat(np.sqrt((fields**2).mean(axis=1)), fields.shape[1])


def novelty_table(found: Mapping[str, Novelty], dataset: xr.Dataset) -> pd.DataFrame:
    """Share of new inputs by distance, over network id, and of the nuclei at d = 22 to 30 that have any: ``touched``."""
    d = dataset.distance.values
    bins = {name: (d >= low) & (d <= high) for name, (low, high) in DISTANCE_BINS.items()}
    rows = {}
    for id, inputs in found.items():
        rows[id] = {name: inputs.share(mask) for name, mask in bins.items()}
        rows[id]["touched"] = inputs.touched(bins["d = 22–30"])
    return pd.DataFrame.from_dict(rows, orient="index")
