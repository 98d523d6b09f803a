"""Figures and tables of the chapters on functionals, on one nucleus and on the chart of nuclides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from claims.words import minus, scientific
from lib.learning.known_region import NEUTRON_MAGIC, PROTON_MAGIC, measured_masses
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import level_name
from lib.rmf.functionals import DensityDependent, Functional, PointCoupling
from publish.show.figures import chart_map, magic_lines, outline
from publish.show.style import BINDING, LOOK

_COUPLINGS = {"alpha": ("α", "MeV⁻²", "MeV fm³"), "beta": ("β", "MeV⁻⁵", "MeV fm⁶"), "gamma": ("γ", "MeV⁻⁸", "MeV fm⁹"), "delta": ("δ", "MeV⁻⁴", "MeV fm⁵")}  # fmt: skip
"""Letter of a coupling, and its unit in powers of MeV and with ħc."""


def couplings_tables(functionals: Sequence[Functional]) -> list[pd.DataFrame]:
    """A table of couplings for each kind of functional there is: constant couplings first, then those that depend on the density."""
    kinds = (PointCoupling, couplings_table), (DensityDependent, density_dependent_table)
    alike = [(draw, [each for each in functionals if isinstance(each, kind)]) for kind, draw in kinds]
    return [draw(same) for draw, same in alike if same]


def couplings_table(functionals: Sequence[PointCoupling]) -> pd.DataFrame:
    """The couplings of point-coupling functionals, in powers of MeV and with ħc to some power in MeV and fm."""
    rows = {}
    for name in PointCoupling.couplings:
        kind, channel = name.split("_")
        letter, *units = _COUPLINGS[kind]
        values = [scientific(getattr(each, name), 6) for each in functionals]
        in_fm = [minus(f"{each.fm(name):.2f}") for each in functionals]
        rows[f"{letter}<sub>{channel}</sub>"] = [*values, units[0], *in_fm, units[1]]
    return _in_both_units(rows, functionals, "powers of MeV")


def density_dependent_table(functionals: Sequence[DensityDependent]) -> pd.DataFrame:
    """The couplings of functionals whose couplings depend on the density, in powers of fm and with ħc in MeV and fm."""
    rows = {}
    for name in DensityDependent.couplings:
        kind, channel = name.split("_")
        values = [getattr(each, name) for each in functionals]
        letter = "δ" if kind == "delta" else kind
        units = {"d": ("", ""), "delta": ("fm⁴", "MeV fm⁵")}.get(kind, ("fm²", "MeV fm³"))
        in_fm = ["–" if kind == "d" else minus(f"{HBARC_MEV_FM * value:.2f}") for value in values]
        rows[f"{letter}<sub>{channel}</sub>"] = [*(minus(f"{v:.4f}") for v in values), units[0], *in_fm, units[1]]
    return _in_both_units(rows, functionals, "powers of fm")


def _in_both_units(rows: dict[str, list[str]], functionals: Sequence[Functional], published: str) -> pd.DataFrame:
    """Rows of couplings as published and in MeV and fm, with those of the strengths of the pairing force."""
    for q in "np":
        strengths = [minus(f"{each.pairing_strength(q):.2f}") for each in functionals]
        rows[f"V<sub>{q}</sub> (pairing)"] = [*["–"] * (len(functionals) + 1), *strengths, "MeV fm³"]
    heads = [*(each.name for each in functionals), "unit"]
    columns = pd.MultiIndex.from_product([[published, "MeV and fm"], heads])
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def matter_figure(curves: Mapping[str, pd.DataFrame], points: Mapping[str, Mapping[str, float]]) -> Figure:
    """Nuclear matter: energy per nucleon, Dirac mass and symmetry energy against the density, with dots at saturation.

    Parameters
    ----------
    curves
        by functional, over the density in fm^-3: ``symmetric_MeV``, ``neutrons_MeV``, ``dirac_mass_over_M`` and
        ``symmetry_energy_MeV``.
    points
        by functional, :func:`lib.rmf.nuclear_matter.saturation`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 3.1))
    for name, curve in curves.items():
        colour = LOOK[name].colour
        axes[0].plot(curve.index, curve.neutrons_MeV, color=colour, ls="--")
        columns = (("symmetric_MeV", "E/A"), ("dirac_mass_over_M", "M*/M"), ("symmetry_energy_MeV", "J"))
        for ax, (column, quantity) in zip(axes, columns, strict=True):
            ax.plot(curve.index, curve[column], color=colour, label=name)
            ax.plot(points[name]["rho_0"], points[name][quantity], "o", color=colour, ms=5)
    labels = "Energy per nucleon $E/A$ (MeV)", "Dirac mass $M^*/M$", "Symmetry energy $J$ (MeV)"
    for ax, letter, label in zip(axes, "abc", labels, strict=True):
        ax.set(xlabel=r"Density $\rho_V$ (fm$^{-3}$)", ylabel=label)
        ax.set_title(f"({letter})", loc="left")
    kinds = [
        axes[0].plot([], [], color="0.4", ls=ls, label=kind)[0] for ls, kind in (("-", "symmetric"), ("--", "neutrons"))
    ]
    axes[0].set_ylim(-20, 60)
    axes[0].legend(handles=kinds, loc="upper left", fontsize=8, handlelength=1.6, borderaxespad=0.2)
    axes[1].legend()
    return figure


def nucleus_table(nucleus: xr.Dataset) -> pd.DataFrame:
    """Energies, radii, central density and last levels of a nucleus of :func:`lib.rmf.solver.solve`: ``value`` and ``unit``."""
    quantities = {
        "kinetic": "kinetic_energy", "interaction": "interaction_energy", "electromagnetic": "coulomb_energy",
        "E<sub>CDFT</sub> (sum of these)": "energy", "pairing": "pairing_energy", "centre of mass": "cm_energy",
        "total energy": "total_energy", "rms radius of the neutrons": "neutron_radius",
        "rms radius of the protons": "proton_radius", "rms radius of the charge": "charge_radius",
    }  # fmt: skip
    rows = {words: (float(nucleus[name]), nucleus[name].units) for words, name in quantities.items()}
    rows["neutron skin"] = float(nucleus.neutron_radius - nucleus.proton_radius), "fm"
    rows["density in the centre"] = float(nucleus.vector_density[0]), "fm⁻³"
    occupied = nucleus.isel(level=nucleus.occupation.values > 0.01)
    for q, word in (("n", "neutron"), ("p", "proton")):
        own = occupied.isel(level=occupied.particle.values == q)
        last = own.isel(level=int(own.level_energy.argmax("level")))
        rows[f"last {word} level, {level_name(int(last.n), int(last.kappa))}"] = float(last.level_energy), "MeV"
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit"])


def convergence_figure(history: Sequence[float], tolerance: float, functional: str) -> Figure:
    """The rms change of the potentials (MeV) in each self-consistent iteration, down to the tolerance.

    In the colour of the functional, black where it has none.
    """
    figure, ax = plt.subplots(figsize=(6, 3.2))
    ax.semilogy(range(1, len(history) + 1), history, "o-", ms=4, color=LOOK.get(functional, LOOK["total"]).colour)
    ax.axhline(tolerance, color="0.5", ls="--", lw=1)
    ax.annotate("tolerance", (1, 1.2 * tolerance), color="0.4")
    ax.set(xlabel="Self-consistent iteration", ylabel="rms change of the potentials (MeV)", xlim=(0, len(history) + 1))
    return figure


def share_figure(
    curve: pd.DataFrame, slope: Callable[[np.ndarray], np.ndarray], split: float, names: Sequence[str], functional: str
) -> Figure:
    """The energy of a nucleus for each split of particles between two levels, and how far the levels are apart.

    Parameters
    ----------
    curve
        over the particles in the second level: ``energy_keV``, counted from the share, and ``splitting_keV``, the energy of
        the second level minus that of the first.
    slope
        derivative of the energy by the particles in the second level, keV.
    split
        particles in the second level of the share.
    names
        of the first and the second level.
    functional
        whose colour it has.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.2))
    colour, other = LOOK[functional].colour, LOOK["coulomb"].colour
    fine = np.linspace(curve.index.min(), curve.index.max(), 200)
    axes[0].plot(curve.index, curve.energy_keV, "o", ms=4, color=colour)
    reach = 0.035 * np.ptp(curve.index)
    for place, row in curve.iterrows():
        ends = np.array([-reach, reach])
        axes[0].plot(place + ends, row.energy_keV + row.splitting_keV * ends, color=other, lw=1.4, zorder=3)
    axes[0].plot([], [], color=other, label="slope: difference of the levels")
    axes[0].set(ylabel="Energy above the share (keV)", title="(a)")
    axes[0].legend(loc="upper center")
    axes[1].plot(fine, slope(fine), color=colour, lw=1.2, label="slope of the energy in (a)")
    axes[1].plot(curve.index, curve.splitting_keV, "o", ms=4, color=other, label="difference of the levels")
    axes[1].axhline(0, color="0.6", lw=0.7, zorder=0)
    first, second = (rf"$\varepsilon$({name})" for name in names[::-1])
    axes[1].set(ylabel=f"{first} − {second} (keV)", title="(b)")
    axes[1].legend(loc="upper left")
    for ax in axes:
        ax.axvline(split, color="0.6", lw=0.7, ls="--", zorder=0)
        ax.set(xlabel=f"Particles in {names[1]}")
        ax.set_title(ax.get_title(), loc="left")
        ax.set_title("")
    return figure


def box_figure(errors: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """How far the energy of nuclei is from that of an infinite box, against the end of the mesh; logarithmic.

    Parameters
    ----------
    errors
        with columns ``nucleus``, ``wall`` (true or false), ``box_fm`` and ``error_keV``; nuclei in the order of their curves.
    labels
        of the nuclei.
    """
    figure, ax = plt.subplots(figsize=(7.2, 4.4))
    nuclei = list(dict.fromkeys(errors.nucleus))
    for place, nucleus in zip(np.linspace(0, 0.85, len(nuclei)), nuclei, strict=True):
        colour = plt.cm.viridis(place)
        for wall, marker, style in ((True, "s", "--"), (False, "o", "-")):
            line = errors[(errors.nucleus == nucleus) & (errors.wall == wall)]
            face = "white" if wall else colour
            ax.plot(line.box_fm, line.error_keV.abs(), marker=marker, ls=style, color=colour, mfc=face, ms=4.5, lw=1.3)
        ax.plot([], [], color=colour, lw=3, label=labels[nucleus])
    handles, names = ax.get_legend_handles_labels()
    for marker, style, face, words in (("s", "--", "white", "wall"), ("o", "-", "0.4", "decaying solution")):
        handles += ax.plot([], [], marker=marker, ls=style, color="0.4", mfc=face, ms=4.5, label=words)
        names.append(words)
    ax.axhline(1, color="0.6", lw=0.7, zorder=0)
    ax.set(xlabel="End of the mesh $R$ (fm)", ylabel=r"$|E(R) - E(\infty)|$ (keV)", yscale="log")
    ax.legend(handles, names, ncols=2)
    return figure


def binding_figure(tables: Mapping[str, pd.DataFrame], shown: str) -> Figure:
    """Binding energy per nucleon of one chart, and the borders of all of them around the measured masses.

    Parameters
    ----------
    tables
        by functional, over (Z, N), with ``energy`` in MeV.
    shown
        the functional whose energies are drawn.
    """
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 8.2))
    Z, N = _numbers(tables[shown])
    chart_map(axes[0], Z, N, -tables[shown].energy / (Z + N), "Binding energy per nucleon (MeV)", **BINDING)
    magic_lines(axes[1])
    for name, table in tables.items():
        _border(axes[1], *_numbers(table), LOOK[name].colour, f"bound by {name}")
    masses = measured_masses()
    _border(axes[1], masses.Z.to_numpy(), masses.N.to_numpy(), "black", "mass measured (AME2020)")
    axes[1].set(xlabel="Neutron number $N$", ylabel="Proton number $Z$", xlim=(4, 160), ylim=(4, 104))
    axes[1].legend(loc="lower right")
    _letter(axes)
    return figure


def separation_figure(table: pd.DataFrame) -> Figure:
    """Two-neutron separation energies along isotopes, two-proton ones along isotones; over (Z, N), MeV."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.8))
    for ax, particle, along, fixed, magic in (
        (axes[0], "neutron", "N", "Z", NEUTRON_MAGIC),
        (axes[1], "proton", "Z", "N", PROTON_MAGIC),
    ):
        energies = table[f"two_{particle}_separation_energy"].dropna()
        last = max(energies.index.get_level_values(along))
        span = max(energies.index.get_level_values(fixed)) - 8
        for number, line in energies.groupby(fixed):
            line = line.droplevel(fixed).sort_index()
            ax.plot(line.index, line, color=plt.cm.viridis((number - 8) / span), lw=0.9)
        for closed in magic:
            if closed <= last:
                ax.axvline(closed, color="0.7", lw=0.7, ls="--", zorder=0)
        ax.set(ylim=(0, 42), ylabel=f"$S_{{2{particle[0]}}}$ (MeV)")
    axes[0].set(xlabel="Neutron number $N$", title="(a) isotopes, dark: light elements")
    axes[1].set(xlabel="Proton number $Z$", title="(b) isotones, dark: few neutrons")
    return figure


def radii_figure(table: pd.DataFrame) -> Figure:
    """Charge radius over A^(1/3), and neutron skin; ``charge_radius``, ``neutron_radius``, ``proton_radius`` over (Z, N), fm."""
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 8.2))
    Z, N = _numbers(table)
    chart_map(axes[0], Z, N, table.charge_radius / (Z + N) ** (1 / 3), r"$r_{\rm ch}/A^{1/3}$ (fm)")
    _signed_map(axes[1], table.neutron_radius - table.proton_radius, "Neutron skin (fm)")
    _letter(axes)
    return figure


def neighbours_figure(tables: Mapping[str, pd.DataFrame], Z: int, N: int) -> Figure:
    """Separation energies of the total energy along the isotopes and isotones of a nucleus, and the measured ones.

    Parameters
    ----------
    tables
        by what they are called, of :func:`lib.mass_table.as_frame`; the first word of their names is the functional.
    Z, N
        of the nucleus, which is marked.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.8))
    for ax, particle, along, fixed, number, place in (
        (axes[0], "neutron", "N", "Z", Z, N),
        (axes[1], "proton", "Z", "N", N, Z),
    ):
        name = f"two_{particle}_separation_energy"
        known = {}
        for label, table in tables.items():
            line = table[table[fixed] == number].set_index(along).sort_index()
            style = "-" if label.endswith("pairing") else "--"
            ax.plot(line.index, line[f"total_{name}"], style, color=LOOK[label.split()[0]].colour, lw=1.2, label=label)
            known |= line[f"measured_{name}"].dropna().to_dict()
        ax.plot(known.keys(), known.values(), "o", color="black", ms=3, label="measured")
        ax.axvline(place, color="0.75", lw=4, alpha=0.5, zorder=0)
        ax.set(ylabel=f"$S_{{2{particle[0]}}}$ (MeV)", title=f"({'ab'[along == 'Z']}) ${fixed}={number}$")
    axes[0].set(xlabel="Neutron number $N$")
    axes[1].set(xlabel="Proton number $Z$")
    axes[0].legend(fontsize=8)
    return figure


def residual_figure(table: pd.DataFrame) -> Figure:
    """Computed minus measured masses on the chart, and the measured ratio of levels that tells which nuclei are deformed.

    ``mass_excess_residual`` (MeV), ``level_ratio`` and ``deformed`` over (Z, N); a green line is around the deformed ones.
    """
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 8.2))
    deformed = table.index[(table.deformed == 1).fillna(False)]
    _signed_map(axes[0], table.mass_excess_residual.dropna(), "Computed − measured mass (MeV)", 0.99)
    ratio = table.level_ratio.dropna()
    chart_map(axes[1], *_numbers(ratio), ratio, "Measured $E(4^+)/E(2^+)$", norm=Normalize(1, 10 / 3))
    for ax in axes:
        outline(ax, *(deformed.get_level_values(name).to_numpy() for name in "ZN"), "#009E73")
    axes[1].plot([], [], color="#009E73", label="deformed")
    axes[1].plot([], [], color="black", label="mass measured")
    axes[1].legend(loc="lower right")
    _letter(axes)
    return figure


def difference_figure(values: pd.Series, label: str, shown: float = 1.0) -> Figure:
    """A quantity of either sign on the chart, red above zero and blue below.

    Parameters
    ----------
    values
        over (Z, N).
    label
        of the colours, with unit.
    shown
        share of the moduli that the colours reach to; what is beyond has the last colour.
    """
    figure, ax = plt.subplots(figsize=(7.2, 4.2))
    _signed_map(ax, values, label, shown)
    return figure


def gain_figure(gains: Mapping[str, pd.Series], tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Where a gain of energy is not zero, by functional, in logarithmic colours on the grey chart of its bound nuclei.

    Parameters
    ----------
    gains
        by functional, over (Z, N), keV.
    tables
        by functional, over the (Z, N) of its chart.
    """
    figure, axes = plt.subplots(len(gains), 1, figsize=(7.2, 4.1 * len(gains)), squeeze=False)
    everywhere = pd.concat(gains.values())
    norm = LogNorm(everywhere.min(), everywhere.max())
    for ax, letter, (name, gain) in zip(axes[:, 0], "abc", gains.items(), strict=False):
        _ground(ax, *_numbers(tables[name]))
        chart_map(ax, *_numbers(gain), gain, "Energy below the even filling (keV)", norm=norm)
        ax.set_title(f"({letter}) {name}", loc="left")
    return figure


def minima_figure(table: pd.DataFrame) -> Figure:
    """How many minima each nucleus has, and how far the second lies above the lowest.

    ``minima`` and ``second_MeV`` (NaN where there is one minimum) over (Z, N).
    """
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 8.2))
    colours = ListedColormap(["0.87", LOOK["n"].colour, LOOK["coulomb"].colour, LOOK["p"].colour])
    bounds = BoundaryNorm([0.5, 1.5, 2.5, 3.5, 4.5], 4)
    image = chart_map(axes[0], *_numbers(table), table.minima.clip(upper=4), "Minima", colours, bounds)
    image.colorbar.set_ticks([1, 2, 3, 4], labels=["1", "2", "3", "4 or more"])
    image.colorbar.ax.minorticks_off()
    second = table.second_MeV.dropna()
    _ground(axes[1], *_numbers(table))
    norm = LogNorm(max(second.min(), 1e-3), second.max())
    chart_map(axes[1], *_numbers(second), second, "Second minimum above the lowest (MeV)", "viridis", norm)
    _letter(axes)
    return figure


def cost_figure(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Computing time of each nucleus against its mass number; by functional, ``seconds`` over (Z, N)."""
    figure, ax = plt.subplots(figsize=(7, 3.6))
    for name, table in tables.items():
        ax.semilogy(sum(_numbers(table)), table.seconds, ".", ms=3, color=LOOK[name].colour, label=name)
    ax.set(xlabel="Mass number $A$", ylabel="Computing time (s)")
    ax.legend()
    return figure


def _numbers(table: pd.DataFrame | pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Z and N of the rows."""
    return tuple(table.index.get_level_values(name).to_numpy() for name in "ZN")


def _border(ax: Axes, Z: np.ndarray, N: np.ndarray, colour: str, label: str) -> None:
    outline(ax, Z, N, colour)
    ax.plot([], [], color=colour, label=label)


def _ground(ax: Axes, Z: np.ndarray, N: np.ndarray) -> None:
    """Grey squares for these nuclei."""
    grid = np.full((max(Z) // 2 + 2, max(N) // 2 + 2), np.nan)
    grid[Z // 2, N // 2] = 1
    edges = (2 * np.arange(size + 1) - 1 for size in grid.shape[::-1])
    ax.pcolormesh(*edges, grid, cmap=ListedColormap(["0.87"]), rasterized=True)


def _signed_map(ax: Axes, values: pd.Series, label: str, shown: float = 1.0) -> None:
    limit = float(values.abs().quantile(shown))
    chart_map(ax, *_numbers(values), values, label, cmap="RdBu_r", norm=TwoSlopeNorm(0, -limit, limit))


def _letter(axes: Sequence[Axes]) -> None:
    for ax, letter in zip(axes, "abc", strict=False):
        ax.set_title(f"({letter})", loc="left")
