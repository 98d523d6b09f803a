"""Demands on functionals without orbitals, written down before one of them met a nucleus that is held out or not measured.

What had been seen then: the results of an earlier prototype, with which the thresholds of the ladder at true densities were
chosen; those of the minimum are the aims that were set before.
"""

from __future__ import annotations

import pandas as pd

from claims.condition import Condition, errs_less, falls_below
from claims.uncertainty import Estimate

AIM_HELD_OUT_MEV, AIM_FAR_MEV = 2.5, 5.0
"""rms errors of the last rung at true densities: held-out measured nuclei, and each range of distances."""
AIM_MINIMUM_MEV, AIM_MINIMUM_RADIUS_FM, AIM_CONVERGED, AIM_MINIMUM_FAR_MEV = 1.0, 0.02, 0.99, 3.0
"""Of minimised nuclei: rms errors of held-out measured ones, the share that converges, and the error at d up to 30."""


def ladder_demands(table: pd.DataFrame) -> list[Condition]:
    """Of the ladder at true densities: rms errors in MeV over rung, of ``held out`` nuclei and those of each distance.

    The last rung against the aims, and each rung but the first against the one below it, on held-out nuclei.
    """
    last, regions = table.iloc[-1], [name for name in table if name.startswith("d ")]
    steps = zip(table.index[1:], table.index[:-1], strict=True)
    errors = table["held out"]
    return [
        falls_below("true densities, held out:", Estimate.of(last["held out"]), AIM_HELD_OUT_MEV),
        *(falls_below(f"true densities, {name}:", Estimate.of(last[name]), AIM_FAR_MEV) for name in regions),
        *(
            errs_less(
                f"held out: {rung} errs less than {before}",
                Estimate.of(errors[rung]),
                Estimate.of(errors[before]),
                digits=1,
            )
            for rung, before in steps
        ),
    ]


def minimum_demands(held_out: pd.Series, far: pd.Series) -> list[Condition]:
    """Of minimised nuclei of the last rung, held out, and not measured up to d = 30: ``energy``, ``radius`` and ``converged``."""
    return [
        falls_below("minimised, held out:", Estimate.of(held_out["energy"]), AIM_MINIMUM_MEV, digits=2),
        falls_below("minimised, held out, radii:", Estimate.of(held_out["radius"]), AIM_MINIMUM_RADIUS_FM, "fm", 3),
        Condition(
            f"minimised, held out: {100 * AIM_CONVERGED:g} % converge",
            f"{100 * held_out['converged']:.4g} %",
            Estimate.of(held_out["converged"] - AIM_CONVERGED),
        ),
        falls_below("minimised, d = 2–30:", Estimate.of(far["energy"]), AIM_MINIMUM_FAR_MEV, digits=2),
    ]
