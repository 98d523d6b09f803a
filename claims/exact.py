"""Energies without a network, beside those that learn the same: what the networks' errors are to be measured against."""

from __future__ import annotations

import pandas as pd

from lib.learning.table_one import CORRECTING, DIRECT
from lib.rmf.functionals import PC_F1, PC_PK1

ON_SHELL, FIRST_ORDER = "on-shell", "first-order"
BESIDE = {ON_SHELL: DIRECT, FIRST_ORDER: CORRECTING}
"""The networks beside which each of the two stands: they have the same targets."""


def prediction(name: str) -> pd.Series:
    """E or delta E, MeV, over (Z, N) of the whole chart of PC-PK1, from its six fields up to 15 fm.

    ``"on-shell"`` is :func:`lib.rmf.virial.on_shell_energies`, ``"first-order"`` towards PC-F1
    :func:`lib.rmf.virial.first_order_energies`.

    Raises
    ------
    ValueError
        for another name.
    """
    if name not in BESIDE:
        raise ValueError(f"unknown prediction {name!r}: choose one of {', '.join(BESIDE)}")
    from lib.rmf.chart import load_chart  # they load compiled code, and every figure has the names above
    from lib.rmf.virial import first_order_energies, on_shell_energies

    chart = load_chart(PC_PK1.name)
    energies = on_shell_energies(chart) if name == ON_SHELL else first_order_energies(chart, PC_F1)
    nuclei = pd.MultiIndex.from_arrays([chart.Z.values, chart.N.values], names=["Z", "N"])
    return pd.Series(energies, nuclei, name=name)
