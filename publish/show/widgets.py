"""Explorers in Jupyter: ipywidgets above a picture that is computed anew whenever one of them changes.

Each is a :class:`Live`; :mod:`publish.show.explorers` shows them where a kernel stands behind the page.
What is computed, other modules compute: here stand controls, panels and words.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from claims.evidence import Evidence
from claims.profiles import Profile, profiles
from claims.uncertainty import Estimate, Redrawn, curve_table
from claims.words import minus, nucleus_label
from lib.learning.dataset import INITIALISATIONS, SPLITS
from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors
from lib.learning.known_region import distance
from lib.learning.table_one import CORRECTING, DIRECT, TABLE_I, TARGETS, get_network
from lib.mass_table import COLUMNS, as_frame
from lib.rmf.catalogue import get_functional, known_functionals
from lib.rmf.chart import N_RANGE, Z_RANGE, load_chart
from lib.rmf.functionals import Functional
from lib.rmf.iteration import NoConvergenceError
from lib.rmf.solver import solve
from publish.show.draw_nuclei import neighbours_figure
from publish.show.figures import (
    WIDTH_IN,
    chart_map,
    density_figure,
    draw_densities,
    draw_distance_curves,
    draw_levels,
    draw_profiles,
    nucleus_figure,
    nucleus_text,
)
from publish.show.style import BINDING, curve_look

CHANGE_PERCENT = 10.0
"""How far the sliders go to either side.  Scalar and vector field nearly cancel, so that even this unbinds nuclei."""
END_FM = 12.0
"""Where panels along the radius end."""
MEMBERS = SPLITS * INITIALISATIONS
PLAIN = {"description_width": "initial"}
"""Descriptions as wide as their words."""
STILL = "Below is still the last drawing."
"""Said where a wish cannot be met."""
_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}


def subscripted(text: str) -> str:
    """Text in HTML with the names of energies as on the page: ``E_CDFT`` with a subscript."""
    return re.sub(r"\b([A-Z])_([A-Z]+)\b", r"\1<sub>\2</sub>", text)


def named(coupling: str) -> str:
    """The name of a coupling as on the page, ``alpha_S`` as Greek letter with subscript, in the HTML that widgets allow."""
    letter, index = coupling.split("_")
    return f'{_GREEK.get(letter, letter)}<span style="font-size: 75%; vertical-align: sub">{index}</span>'


class Live:
    """Controls above a picture that is made anew whenever one of them changes; ``view`` is the whole.

    ``words`` says what is shown, or in one line why a wish cannot be met; then the last picture stays.
    Each kind has its own ``draw``, which makes figure and words; what it raises as ``ValueError`` or ``NoConvergenceError``
    is the reason why not.

    Parameters
    ----------
    controls
        by the names of the attributes that they become, in the order in which they stand above the picture, going on
        in the next line where the page is narrow; a mapping of controls has lines of its own.
    """

    def __init__(self, **controls: widgets.Widget | Mapping[str, widgets.Widget]):
        self.words, self.picture, boxes = widgets.HTML(), widgets.HTML(), []
        wrap = {"flex_flow": "row wrap"}
        for name, control in controls.items():
            setattr(self, name, control)
            grouped = isinstance(control, Mapping)
            group = list(control.values()) if grouped else [control]
            for member in group:
                member.observe(self.show, "value")
            boxes.append(widgets.HBox(group, layout=wrap | ({"width": "100%"} if grouped else {})))
        self.view = widgets.VBox([widgets.HBox(boxes, layout=wrap), self.words, self.picture])
        self.show()

    def draw(self) -> tuple[Figure, str]:
        """The figure that the controls ask for, and what it shows in words."""
        raise NotImplementedError

    def show(self, _=None) -> None:
        """Draw what the controls say."""
        self.words.value, picture = "computing …", self.picture.value
        try:
            figure, words = self.draw()
        except (ValueError, NoConvergenceError) as error:
            words = f"{str(error).removesuffix('.')}. {STILL}" if picture else str(error)
        else:
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=110)
            plt.close(figure)
            # not widgets.Image, which has no text for those who do not see it
            picture = (
                f'<img style="max-width: 100%" alt="{escape(words)}" '
                f'src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
            )
        self.words.value, self.picture.value = subscripted(escape(words)), picture


def numbers(first: tuple[int, int], ranges=((2, 300), (2, 300))) -> dict[str, widgets.BoundedIntText]:
    """Fields for Z and N."""
    look = {"layout": {"width": "130px"}, "style": {"description_width": "20px"}}
    return {
        name: widgets.BoundedIntText(value, min=low, max=high, step=2, description=name, **look)
        for name, value, (low, high) in zip("ZN", first, ranges, strict=True)
    }


def choice(options: Sequence, description: str) -> widgets.Dropdown:
    """A list to choose from, as wide as its longest entry."""
    return widgets.Dropdown(options=options, description=description, style=PLAIN, layout={"width": "max-content"})


def tick(description: str, ticked: bool = False) -> widgets.Checkbox:
    """A box to tick."""
    return widgets.Checkbox(ticked, description=description, indent=False, layout={"width": "112px"})


def slider(description: str, value: int, low: int, high: int, step: int = 1) -> widgets.IntSlider:
    """A slider that computes when it is let go."""
    look = {"style": PLAIN, "layout": {"width": "380px"}, "continuous_update": False}
    return widgets.IntSlider(value, min=low, max=high, step=step, description=description, **look)


class Ticks(dict[str, widgets.Checkbox]):
    """A box to tick for each network, by id; ``"PC-PK1"`` is the target without a network."""

    def __init__(self, ids: Sequence[str], ticked: Sequence[str]):
        super().__init__({id: tick(curve_look(id).label, id in ticked) for id in ids})

    @property
    def chosen(self) -> list[str]:
        """Ids of those that are ticked, in the order of Table I; raises ``ValueError`` if there is none."""
        chosen = [id for id, box in self.items() if box.value]
        if not chosen:
            raise ValueError("no network is ticked: tick at least one")
        return chosen


def couplings_of(functional: Functional) -> tuple[str, ...]:
    """The names of its couplings; a learned functional has none of its own, but a network."""
    return getattr(functional, "couplings", ())


class LiveNucleus(Live):
    """Any even-even nucleus and functional, pairing, and a slider for the change of each coupling, with a reset.

    Only couplings of the functional that is chosen are shown, and of these not those that are zero.
    """

    def __init__(self, first: tuple[int, int], functionals: Sequence[str] | None = None):
        functionals = functionals or known_functionals()
        self.reset = widgets.Button(description="reset couplings", tooltip="all changes back to 0 %")
        self.reset.on_click(self._reset)
        look = {
            "readout_format": "+.1f",
            "layout": {"width": "265px"},
            "continuous_update": False,
            "description_allow_html": True,
        }
        super().__init__(
            **numbers(first),
            functional=choice(functionals, "functional"),
            pairing=tick("pairing"),
            heading={"words": widgets.Label("couplings, changed by per cent"), "reset": self.reset},
            couplings={
                name: widgets.FloatSlider(0, min=-CHANGE_PERCENT, max=CHANGE_PERCENT, description=named(name), **look)
                for name in dict.fromkeys(name for each in functionals for name in couplings_of(get_functional(each)))
            },
        )

    def changeable(self) -> dict[str, widgets.FloatSlider]:
        """The sliders of those couplings that the chosen functional has."""
        functional = get_functional(self.functional.value)
        return {
            name: control
            for name, control in self.couplings.items()
            if name in couplings_of(functional) and getattr(functional, name)
        }

    def chosen(self) -> Functional:
        """The functional with the couplings of the sliders."""
        functional = get_functional(self.functional.value)
        changed = {
            name: getattr(functional, name) * (1 + control.value / 100)
            for name, control in self.changeable().items()
            if control.value
        }
        return replace(functional, name=f"{functional.name} changed", **changed) if changed else functional

    def draw(self):
        shown = self.changeable()
        for name, control in self.couplings.items():
            control.layout.display = None if name in shown else "none"
        nucleus = solve(self.Z.value, self.N.value, self.chosen(), self.pairing.value)
        return nucleus_figure(nucleus), nucleus_text(nucleus)

    def _reset(self, _) -> None:
        # all sliders go back, one picture is made
        for control in self.couplings.values():
            control.unobserve(self.show, "value")
            control.value = 0
            control.observe(self.show, "value")
        self.show()


QUANTITIES: dict[str, Callable[[pd.DataFrame, pd.DataFrame, pd.Series], pd.Series]] = {
    "binding energy per nucleon (MeV)": lambda chart, other, measured: -chart.energy / (chart.Z + chart.N),
    "other − this functional (MeV)": lambda chart, other, measured: other.energy - chart.energy,
    "computed − measured energy (MeV)": lambda chart, other, measured: chart.total_energy - measured,
    "two-neutron separation energy (MeV)": lambda chart, other, measured: chart.two_neutron_separation_energy,
    "two-proton separation energy (MeV)": lambda chart, other, measured: chart.two_proton_separation_energy,
    "charge radius (fm)": lambda chart, other, measured: chart.charge_radius,
    "neutron skin (fm)": lambda chart, other, measured: chart.neutron_radius - chart.proton_radius,
}
"""What can colour the chart – functions of the chart, that of the other functional, and the measured energies (MeV)."""


class LiveChart(Live):
    """The chart of nuclides in the colours of some quantity, and in it any even-even nucleus, solved on the spot.

    With pairing both the map and the nucleus are with pairing.  The parameters are those of
    :func:`publish.show.explorers.chart_explorer`, and the nucleus (Z, N) that is solved first.
    """

    def __init__(self, chart: xr.Dataset, other: xr.Dataset, measured: Mapping[tuple[int, int], float], first=(50, 82)):
        self._charts = {(chart.functional, False): chart, (other.functional, False): other}
        places = pd.MultiIndex.from_tuples(measured, names=["Z", "N"])
        self._measured = -pd.Series(list(measured.values()), places, dtype=float)
        super().__init__(
            **numbers(first),
            functional=choice([chart.functional, other.functional], "functional"),
            pairing=tick("pairing"),
            quantity=choice(list(QUANTITIES), "colour"),
        )

    def _chart(self, functional: str) -> pd.DataFrame:
        """The chart of a functional by (Z, N), with pairing if that is ticked; read when it is first asked for."""
        key = functional, self.pairing.value
        if key not in self._charts:
            self._charts[key] = load_chart(functional, pairing=self.pairing.value)
        chart = self._charts[key].drop_dims(set(self._charts[key].dims) - {"nucleus"})
        return chart.to_dataframe().set_index(["Z", "N"], drop=False)

    def _other(self) -> str:
        """The functional that is not chosen."""
        return next(name for name in self.functional.options if name != self.functional.value)

    def coloured(self) -> pd.Series:
        """The values that colour the map, over (Z, N)."""
        charts = self._chart(self.functional.value), self._chart(self._other())
        return QUANTITIES[self.quantity.value](*charts, self._measured).dropna()

    def draw(self):
        Z, N = self.Z.value, self.N.value
        nucleus = solve(Z, N, self.functional.value, self.pairing.value)
        values = self.coloured()
        quantity = self.quantity.value.replace(
            "other − this functional", f"E_CDFT of {self._other()} − {self.functional.value}"
        )
        if (Z, N) in self._measured.index:
            energy = self._measured[Z, N]
            mass = (
                f"Measured (AME2020): {minus(f'{energy:.2f}')} MeV; "
                f"total − measured energy: {minus(f'{nucleus.total_energy - energy:+.2f}')} MeV."
            )
        elif Z_RANGE[0] <= Z <= Z_RANGE[1]:
            mass = f"Mass not measured; distance d = {int(distance(Z, N))}."
        else:
            mass = "Mass not measured."
        value = minus(f"{values[Z, N]:.3f}") if (Z, N) in values.index else "not on the map"
        words = f"{nucleus_text(nucleus)} {mass} In the chart, {quantity}: {value}."
        return self._figure(nucleus, values, quantity), words

    def _figure(self, nucleus: xr.Dataset, values: pd.Series, quantity: str) -> Figure:
        Z, N = int(nucleus.Z), int(nucleus.N)
        figure = plt.figure(figsize=(WIDTH_IN, 7.8))
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.15), height_ratios=(1, 1.1))
        ax = figure.add_subplot(grid[0, :])
        look = BINDING if quantity.startswith("binding energy") else {}
        if values.min() < 0 < values.max():
            limit = float(values.abs().quantile(0.99))
            look = {"cmap": "RdBu_r", "norm": TwoSlopeNorm(0, -limit, limit)}
        places = (values.index.get_level_values(i).to_numpy() for i in range(2))
        chart_map(ax, *places, values.to_numpy(), quantity, **look)
        ax.plot(N, Z, "s", ms=9, mfc="none", mec="white", mew=4.0)
        ax.plot(N, Z, "s", ms=9, mfc="none", mec="#D00000", mew=2.0)
        ax.set(xlim=(min(4, N - 4), max(160, N + 6)), ylim=(min(4, Z - 4), max(104, Z + 6)))
        ax.set_title(f"{self.functional.value}{' with pairing' if nucleus.pairing else ''}, chosen: $Z={Z}$, $N={N}$")
        draw_densities(figure.add_subplot(grid[1, 0]), nucleus)
        draw_levels(figure.add_subplot(grid[1, 1]), nucleus, title="")
        return figure


class LiveMasses(Live):
    """One nucleus in the mass tables, by its numbers, with the separation energies of its isotopes and isotones.

    The parameters are those of :func:`publish.show.explorers.mass_explorer`.
    """

    def __init__(self, tables: Sequence[xr.Dataset], first: tuple[int, int]):
        self._tables = {
            f"{table.functional} {'with' if table.pairing else 'without'} pairing": as_frame(table) for table in tables
        }
        super().__init__(**numbers(first, (Z_RANGE, N_RANGE)))

    def draw(self):
        Z, N = self.Z.value, self.N.value
        found = {name: table[(table.Z == Z) & (table.N == N)] for name, table in self._tables.items()}
        rows = {name: rows.iloc[0].dropna() for name, rows in found.items() if len(rows)}
        if not rows:
            raise ValueError(
                f"Z = {Z}, N = {N} is in none of the {len(found)} mass tables: take a nucleus that is bound"
            )
        measured = ("AME2020", "ENSDF")
        words = [nucleus_label(Z, N)]
        words += [f"{name}: {self._said(row.drop(self._from(row, 'name', *measured)))}" for name, row in rows.items()]
        first = next(iter(rows.values()))
        words.append(self._said(first[self._from(first, *measured)]))
        tables = {name: table for name, table in self._tables.items() if name in rows}
        return neighbours_figure(tables, Z, N), f"{'; '.join(words)}."

    @staticmethod
    def _from(row: pd.Series, *sources: str) -> list[str]:
        return [key for key in row.index if COLUMNS[key].source in sources]

    @staticmethod
    def _said(row: pd.Series) -> str:
        return ", ".join(
            f"{COLUMNS[key].text.split(',')[0]} {minus(f'{value:.7g}')} {COLUMNS[key].unit}".removesuffix(" 1")
            for key, value in row.items()
        )


class LiveDensities(Live):
    """All members of an ensemble for any nucleus of the data set."""

    def __init__(self, networks: Sequence[str], first: tuple[int, int]):
        choices = [(get_network(id).label, id) for id in networks]
        super().__init__(network=choice(choices, "network"), **numbers(first, (Z_RANGE, N_RANGE)))

    def draw(self):
        figure = density_figure(self.network.value, self.Z.value, self.N.value)
        return figure, f"Energy density by the members of the ensemble: {figure.axes[0].get_title()}."


OF_ALL, OUT_OF_SAMPLE = "all members", "members that have not learnt the nucleus"


class LiveDistanceCurves(Live):
    """Figs. 1 and 3 with any of their networks, any number of members, and any least number of nuclei.

    Members are taken split by split, five initialisations of each.  The parameters are those of
    :func:`publish.show.explorers.rms_explorer`: the least number of nuclei and the networks at first, and the distance.
    """

    def __init__(self, evidence: Evidence, networks: Sequence[str], first: int = 10):
        self._evidence, self._curves = evidence, {}
        choices = DIRECT if set(networks) <= set(DIRECT) else ("PC-PK1", *CORRECTING)
        farthest = max(int(ensemble.distance.max()) for ensemble in evidence.ensembles.values())
        super().__init__(
            networks=Ticks([id for id in choices if id in evidence.errors] + [*evidence.beside], networks),
            members=slider("members in the mean", MEMBERS, 1, MEMBERS),
            sample=choice([OF_ALL, OUT_OF_SAMPLE], "mean of"),
            minimum=slider("least nuclei at a distance", evidence.minimum_nuclei, 1, 50),
            distance=slider("values at d =", min(first, farthest), 0, farthest, step=2),
            logarithmic=tick("logarithmic", True),
        )

    def curve(self, id: str) -> pd.DataFrame:
        """:func:`claims.uncertainty.curve_table` of one of the networks, for the members and nuclei that are chosen."""
        key = id, self.members.value, self.sample.value, self.minimum.value
        if key not in self._curves:
            errors = Errors(self._evidence.errors[id].ensemble.isel(member=slice(self.members.value)))
            of = "error" if self.sample.value == OF_ALL else "held_out"
            there = np.isfinite(getattr(errors, of))  # few members may all have learnt a nucleus
            by = Redrawn(errors, of).rms_by(errors.d, there, self.minimum.value)
            self._curves[key] = curve_table(by, errors.d[there])
        return self._curves[key]

    def draw(self):
        curves, d, least = {id: self.curve(id) for id in self.networks.chosen}, self.distance.value, self.minimum.value
        figure, ax = plt.subplots(figsize=(WIDTH_IN, 5))
        draw_distance_curves(ax, curves)
        if not self.logarithmic.value:
            ax.set(yscale="linear", ylim=(0, None))
        ax.axvline(d, color="0.75", lw=4, alpha=0.5, zorder=0)
        ax.legend(ncols=2)

        def said(curve):
            if d not in curve.index:
                return f"has fewer than {least} nuclei"
            here = curve.loc[d]
            return f"{Estimate(here.rms, here.bootstrap_error)} MeV ({here.nuclei:.0f} nuclei)"

        values = "; ".join(f"{curve_look(id).label} {said(curve)}" for id, curve in curves.items())
        few = f", the first {self.members.value} of {MEMBERS}" if self.members.value < MEMBERS else ""
        return figure, (
            f"rms error of the energy against the distance, mean of {self.sample.value}{few}. At d = {d}: {values}."
        )


class LiveProfiles(Live):
    """Fig. 2 for any nucleus of the data set, any networks that return an energy density, any subsections.

    Networks that correct PC-PK1 have the difference of the two functionals as target, drawn grey.  The parameters are what is
    ticked and shown first, as in :func:`publish.show.explorers.profile_explorer`; the bounds of the subsections are in fm.
    """

    def __init__(self, networks: Sequence[str], first: tuple[int, int], bounds: Sequence[float]):
        self._profiles: dict[tuple[str, int, int, int], Profile] = {}
        look = {"style": PLAIN, "layout": {"width": "480px"}, "continuous_update": False}
        given = ", ".join(f"{bound:g}" for bound in bounds)
        super().__init__(
            networks=Ticks([id for id, spec in TABLE_I.items() if spec.output == "energy_density"], networks),
            **numbers(first, (Z_RANGE, N_RANGE)),
            members=slider("members in the mean", MEMBERS, 1, MEMBERS),
            bounds=widgets.Text(given, description="bounds of the subsections (fm)", **look),
        )

    def profile(self, id: str) -> Profile:
        """The profile of the nucleus by a network and as many of its members as are chosen."""
        nucleus = self.Z.value, self.N.value
        key = id, *nucleus, self.members.value
        if key not in self._profiles:
            few = load_ensemble(id).isel(member=slice(self.members.value))
            self._profiles[key] = profiles(id, [nucleus], few)[nucleus]
        return self._profiles[key]

    def chosen_bounds(self) -> list[float]:
        """The bounds in the field, fm.

        Raises
        ------
        ValueError
            if they are not numbers; :meth:`claims.profiles.Profile.subsections` looks at the rest.
        """
        try:
            return [float(bound) for bound in self.bounds.value.split(",")]
        except ValueError:
            raise ValueError(
                f"bounds = {self.bounds.value!r} are not numbers: give radii in fm with commas between, as in 0, 4, 8, 15"
            ) from None

    def draw(self):
        bounds, members = self.chosen_bounds(), self.members.value
        shown = {id: self.profile(id) for id in self.networks.chosen}
        nucleus, d = nucleus_label(self.Z.value, self.N.value), int(distance(self.Z.value, self.N.value))
        words = "; ".join(
            f"{get_network(id).label} {minus(f'{profile.cumulative[-1]:+.2f} MeV, lowest {profile.minimum:+.2f}')} MeV, "
            f"largest subsection {np.abs(profile.subsections(bounds)).max():.2f} MeV"
            for id, profile in shown.items()
        )
        targets = " and ".join(dict.fromkeys(TARGETS[get_network(id).target] for id in shown)).replace(" - ", " − ")
        figure, axes = plt.subplots(2, 2, figsize=(WIDTH_IN, 6), sharex=True)
        draw_profiles(axes.flat, shown, bounds, END_FM)
        for ax in axes[1]:
            ax.set_xlabel("Radius $r$ (fm)")
        axes[0, 0].legend()
        figure.suptitle(
            f"{nucleus}, $d={d}$, mean of {members} of {MEMBERS} members\n"
            r"$\delta\mathcal{E}$ and $E(r)$: target − prediction"
        )
        return figure, (
            f"Energy density of {nucleus}, distance d = {d}, target {targets} minus mean of {members} members; "
            f"cumulative integral E(r) at its end: {words}."
        )
