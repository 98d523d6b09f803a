"""Explorers in Jupyter: ipywidgets above a picture that is computed anew whenever one of them changes.

Each is a :class:`Live`; :mod:`publish.show.explorers` and :mod:`publish.show.explorers` show them where a kernel stands behind the page.
What is computed, other modules compute: here stand controls, panels and words.
"""

from __future__ import annotations

import base64
import io
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
from claims.uncertainty import Estimate, distance_curve
from claims.words import minus, nucleus_label
from lib.learning.dataset import INITIALISATIONS, SPLITS
from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors
from lib.learning.known_region import distance
from lib.learning.table_one import CORRECTING, DIRECT, TABLE_I, TARGETS, get_network
from lib.rmf.chart import N_RANGE, Z_RANGE, load_chart
from lib.rmf.functionals import FUNCTIONALS, Functional, get_functional
from lib.rmf.iteration import NoConvergenceError
from lib.rmf.solver import solve
from publish.show.figures import (
    chart_map,
    density_figure,
    draw_distance_curves,
    draw_levels,
    draw_profiles,
    nucleus_figure,
    nucleus_text,
)
from publish.show.style import PARTICLE_COLOURS

COUPLINGS = ("alpha_S", "beta_S", "gamma_S", "delta_S", "alpha_V", "gamma_V", "delta_V", "alpha_TV", "delta_TV")
"""The couplings of the mean field, each with a slider in the live explorer of a nucleus."""
CHANGE_PERCENT = 10.0
"""How far the sliders go to either side.  Scalar and vector field nearly cancel, so that even this unbinds nuclei."""
END_FM = 12.0
"""Where panels along the radius end."""
MEMBERS = SPLITS * INITIALISATIONS
PLAIN = {"description_width": "initial"}
"""Descriptions as wide as their words."""


def png(figure: Figure) -> bytes:
    """A figure as the picture of an explorer; it is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    plt.close(figure)
    return buffer.getvalue()


class Live:
    """Controls above a picture that is made anew whenever one of them changes; ``view`` is the whole.

    ``words`` says what is shown, or in one line why a wish cannot be met; then there is no picture.

    Parameters
    ----------
    controls : widgets that are observed.
    draw : makes the figure and the words; what it raises as ``ValueError`` or ``NoConvergenceError`` is the reason why not.
    above : rows of widgets as they stand above the picture; one row of ``controls`` by default.
    """

    def __init__(
        self,
        controls: Sequence[widgets.Widget],
        draw: Callable[[], tuple[Figure, str]],
        above: Sequence[widgets.Widget] | None = None,
    ):
        self._draw, self.words, self.picture = draw, widgets.HTML(), widgets.HTML()
        for control in controls:
            control.observe(self.show, "value")
        self.view = widgets.VBox([*(above or [_row(*controls)]), self.words, self.picture])
        self.show()

    def show(self, _=None) -> None:
        """Draw what the controls say."""
        self.words.value = "computing …"
        try:
            figure, words = self._draw()
        except (ValueError, NoConvergenceError) as error:
            words, picture = str(error), ""
        else:
            # not widgets.Image, which has no text for those who do not see it
            picture = (
                f'<img style="max-width: 100%" alt="{escape(words)}" '
                f'src="data:image/png;base64,{base64.b64encode(png(figure)).decode()}">'
            )
        self.words.value, self.picture.value = escape(words), picture


def _row(*controls: widgets.Widget) -> widgets.Box:
    """Controls side by side, in a second line where the page is narrow."""
    return widgets.HBox(controls, layout=widgets.Layout(flex_flow="row wrap"))


def _numbers(first: tuple[int, int], Z_range=(2, 300), N_range=(2, 300)) -> tuple[widgets.BoundedIntText, ...]:
    """Fields for Z and N."""
    return tuple(
        widgets.BoundedIntText(
            value, min=low, max=high, step=2, description=name, layout=widgets.Layout(width="130px"),
            style={"description_width": "20px"},
        )
        for name, value, (low, high) in zip("ZN", first, (Z_range, N_range), strict=True)
    )  # fmt: skip


def _members_slider() -> widgets.IntSlider:
    """How many members are averaged."""
    return widgets.IntSlider(
        MEMBERS, min=1, max=MEMBERS, description="members in the mean", continuous_update=False, style=PLAIN,
        layout=widgets.Layout(width="380px"),
    )  # fmt: skip


class _Ticks:
    """A box to tick for each network, by id; ``chosen`` are those that are ticked.

    ``"PC-PK1"`` stands for the functional without a network.
    """

    def __init__(self, ids: Sequence[str], ticked: Sequence[str]):
        self.boxes = {
            id: widgets.Checkbox(
                id in ticked, description="PC-PK1" if id == "PC-PK1" else get_network(id).label, indent=False,
                layout=widgets.Layout(width="112px"),
            )
            for id in ids
        }  # fmt: skip
        self.row = _row(*self.boxes.values())

    @property
    def chosen(self) -> list[str]:
        """Ids in the order of Table I; raises ``ValueError`` if nothing is ticked."""
        chosen = [id for id, box in self.boxes.items() if box.value]
        if not chosen:
            raise ValueError("no network is ticked: tick at least one")
        return chosen


class LiveNucleus(Live):
    """Any even-even nucleus, either functional, pairing, and a slider for the change of each coupling, with a reset."""

    def __init__(self, first: tuple[int, int], functionals: Sequence[str] = tuple(FUNCTIONALS)):
        self.Z, self.N = _numbers(first)
        self.functional = widgets.Dropdown(options=list(functionals), description="functional")
        self.pairing = widgets.Checkbox(False, description="pairing", indent=False)
        self.couplings = {
            name: widgets.FloatSlider(
                0.0, min=-CHANGE_PERCENT, max=CHANGE_PERCENT, step=0.1, description=name, readout_format="+.1f",
                continuous_update=False, layout=widgets.Layout(width="265px"),
            )
            for name in COUPLINGS
        }  # fmt: skip
        self.reset = widgets.Button(description="reset couplings", tooltip="all changes back to 0 %")
        self.reset.on_click(self._reset)
        self._resetting = False
        choice = [self.Z, self.N, self.functional, self.pairing]
        sliders = widgets.VBox(
            [
                widgets.HBox([widgets.Label("couplings, changed by per cent"), self.reset]),
                widgets.GridBox(
                    list(self.couplings.values()),
                    layout=widgets.Layout(grid_template_columns="repeat(auto-fill, 270px)"),
                ),
            ]
        )
        super().__init__([*choice, *self.couplings.values()], self._solve, [_row(*choice), sliders])

    def chosen(self) -> Functional:
        """The functional with the couplings of the sliders."""
        functional = get_functional(self.functional.value)
        changes = {name: slider.value for name, slider in self.couplings.items() if slider.value}
        if not changes:
            return functional
        changed = {name: getattr(functional, name) * (1 + change / 100) for name, change in changes.items()}
        return replace(functional, name=f"{functional.name} changed", **changed)

    def _solve(self):
        nucleus = solve(self.Z.value, self.N.value, self.chosen(), self.pairing.value)
        return nucleus_figure(nucleus), nucleus_text(nucleus)

    def _reset(self, _) -> None:
        # nine sliders go back, one picture is made
        self._resetting = True
        for slider in self.couplings.values():
            slider.value = 0.0
        self._resetting = False
        self.show()

    def show(self, _=None) -> None:
        """Draw what the controls say, unless they are just being reset."""
        if not self._resetting:
            super().show()


def _series(chart: xr.Dataset, values) -> pd.Series:
    """Values of a chart over (Z, N), so that two charts can be subtracted where both bind the nucleus."""
    return pd.Series(np.asarray(values), pd.MultiIndex.from_arrays([chart.Z.values, chart.N.values]))


QUANTITIES: dict[str, Callable[[xr.Dataset, xr.Dataset, pd.Series], pd.Series]] = {
    "binding energy per nucleon (MeV)": lambda own, other, measured: _series(own, -own.energy / (own.Z + own.N)),
    "other − this functional (MeV)": lambda own, other, measured: (
        _series(other, other.energy) - _series(own, own.energy)
    ),
    "computed − measured energy (MeV)": lambda own, other, measured: _series(own, own.total_energy) - measured,
    "two-neutron separation energy (MeV)": lambda own, other, measured: _series(own, own.two_neutron_separation_energy),
    "two-proton separation energy (MeV)": lambda own, other, measured: _series(own, own.two_proton_separation_energy),
    "charge radius (fm)": lambda own, other, measured: _series(own, own.charge_radius),
    "neutron skin (fm)": lambda own, other, measured: _series(own, own.neutron_radius - own.proton_radius),
}
"""What can colour the chart: functions of the chart, that of the other functional, and the measured energies (MeV)."""


class LiveChart(Live):
    """The chart of nuclides in the colours of some quantity, and in it any even-even nucleus, solved on the spot.

    With pairing both the map and the nucleus are with pairing.

    Parameters
    ----------
    chart, other : the charts without pairing of the functional shown first, and of the other.
    measured : binding energies in MeV by (Z, N).
    first : the nucleus (Z, N) that is solved first.
    """

    def __init__(
        self,
        chart: xr.Dataset,
        other: xr.Dataset,
        measured: Mapping[tuple[int, int], float],
        first: tuple[int, int] = (50, 82),
    ):
        self._charts = {(own.functional, False): own for own in (chart, other)}
        self._measured = -pd.Series(measured, dtype=float)
        self.Z, self.N = _numbers(first)
        self.functional = widgets.Dropdown(
            options=[chart.functional, other.functional], description="functional", style=PLAIN,
            layout=widgets.Layout(width="170px"),
        )  # fmt: skip
        self.pairing = widgets.Checkbox(False, description="pairing", indent=False, layout=widgets.Layout(width="90px"))
        self.quantity = widgets.Dropdown(
            options=list(QUANTITIES), description="colour", style=PLAIN, layout=widgets.Layout(width="340px")
        )
        super().__init__([self.Z, self.N, self.functional, self.pairing, self.quantity], self._solve)

    def chart(self, functional: str) -> xr.Dataset:
        """The chart of a functional, with pairing if that is ticked; read when it is first asked for."""
        key = functional, self.pairing.value
        if key not in self._charts:
            self._charts[key] = load_chart(functional, pairing=self.pairing.value)
        return self._charts[key]

    def coloured(self) -> pd.Series:
        """The values that colour the map, over (Z, N)."""
        functional = self.functional.value
        [other] = set(self.functional.options) - {functional}
        own = QUANTITIES[self.quantity.value](self.chart(functional), self.chart(other), self._measured)
        return own.dropna()

    def _named_quantity(self) -> str:
        """The quantity, with the functionals by name."""
        this = self.functional.value
        [other] = set(self.functional.options) - {this}
        return self.quantity.value.replace("other − this functional", f"E_CDFT of {other} − {this}")

    def _solve(self):
        Z, N = self.Z.value, self.N.value
        nucleus = solve(Z, N, self.functional.value, self.pairing.value)
        values = self.coloured()
        words = [nucleus_text(nucleus)]
        if (Z, N) in self._measured.index:
            energy = self._measured[Z, N]
            words.append(
                f"Measured (AME2020): {minus(f'{energy:.2f}')} MeV; "
                f"total − measured energy: {minus(f'{nucleus.total_energy - energy:+.2f}')} MeV."
            )
        elif Z_RANGE[0] <= Z <= Z_RANGE[1]:
            words.append(f"Mass not measured; distance d = {int(distance(Z, N))}.")
        else:
            words.append("Mass not measured.")
        found = minus(f"{values[Z, N]:.3f}") if (Z, N) in values.index else "not on the map"
        words.append(f"In the chart, {self._named_quantity()}: {found}.")
        return self._figure(nucleus, values), " ".join(words)

    def _figure(self, nucleus: xr.Dataset, values: pd.Series) -> Figure:
        Z, N = int(nucleus.Z), int(nucleus.N)
        figure = plt.figure(figsize=(11.4, 5.6))
        grid = figure.add_gridspec(2, 2, width_ratios=(1.75, 1), height_ratios=(1, 1.7))
        ax = figure.add_subplot(grid[:, 0])
        look = {}
        if values.min() < 0 < values.max():
            limit = float(values.abs().quantile(0.99))
            look = {"cmap": "RdBu_r", "norm": TwoSlopeNorm(0, -limit, limit)}
        places = (values.index.get_level_values(i).to_numpy() for i in range(2))
        chart_map(ax, *places, values.to_numpy(), self._named_quantity(), **look)
        ax.plot(N, Z, "s", ms=9, mfc="none", mec="white", mew=4.0)
        ax.plot(N, Z, "s", ms=9, mfc="none", mec="#D00000", mew=2.0)
        ax.set(xlim=(min(4, N - 4), max(160, N + 6)), ylim=(min(4, Z - 4), max(104, Z + 6)))
        ax.set_title(f"{self.functional.value}{' with pairing' if nucleus.pairing else ''}, chosen: $Z={Z}$, $N={N}$")
        ax = figure.add_subplot(grid[0, 1])
        ax.plot(nucleus.r, nucleus.neutron_density, color=PARTICLE_COLOURS["n"], label=r"$\rho_n$")
        ax.plot(nucleus.r, nucleus.proton_density, color=PARTICLE_COLOURS["p"], ls="--", label=r"$\rho_p$")
        ax.set(xlabel="Radius $r$ (fm)", ylabel=r"Density (fm$^{-3}$)", xlim=(0, END_FM), ylim=(0, None))
        ax.legend()
        draw_levels(figure.add_subplot(grid[1, 1]), nucleus, title="")
        return figure


class LiveDensities(Live):
    """All members of an ensemble for any nucleus of the data set."""

    def __init__(self, networks: Sequence[str], first: tuple[int, int]):
        self.network = widgets.Dropdown(
            options=[(get_network(id).label, id) for id in networks], description="network", style=PLAIN,
            layout=widgets.Layout(width="200px"),
        )  # fmt: skip
        self.Z, self.N = _numbers(first, Z_RANGE, N_RANGE)
        super().__init__([self.network, self.Z, self.N], self._densities)

    def _densities(self):
        figure = density_figure(self.network.value, self.Z.value, self.N.value)
        return figure, f"Energy density by the members of the ensemble: {figure.axes[0].get_title()}."


OF_ALL, OUT_OF_SAMPLE = "all members", "members that have not learnt the nucleus"


class LiveDistanceCurves(Live):
    """Figs. 1 and 3 with any of their networks, any number of members, and any least number of nuclei.

    Members are taken split by split, five initialisations of each.

    Parameters
    ----------
    evidence : the ensembles, and the least number of nuclei that is shown first.
    networks : ids that are ticked first, all of one target; ``"PC-PK1"`` is the bare difference of the functionals.
    first : distance whose values are said first.
    """

    def __init__(self, evidence: Evidence, networks: Sequence[str], first: int = 10):
        self._evidence, self._curves = evidence, {}
        choices = DIRECT if set(networks) <= set(DIRECT) else ("PC-PK1", *CORRECTING)
        self.networks = _Ticks([id for id in choices if id == "PC-PK1" or id in evidence.ensembles], networks)
        self.members = _members_slider()
        self.sample = widgets.Dropdown(
            options=[OF_ALL, OUT_OF_SAMPLE], description="mean of", style=PLAIN, layout=widgets.Layout(width="350px")
        )
        self.minimum = widgets.IntSlider(
            evidence.minimum_nuclei, min=1, max=50, description="least nuclei at a distance", continuous_update=False,
            style=PLAIN, layout=widgets.Layout(width="370px"),
        )  # fmt: skip
        farthest = max(int(ensemble.distance.max()) for ensemble in evidence.ensembles.values())
        self.distance = widgets.IntSlider(
            min(first, farthest), min=0, max=farthest, step=2, description="values at d =", continuous_update=False,
            style=PLAIN, layout=widgets.Layout(width="330px"),
        )  # fmt: skip
        self.logarithmic = widgets.Checkbox(
            True, description="logarithmic", indent=False, layout=widgets.Layout(width="112px")
        )
        rows = [[self.members, self.sample], [self.minimum, self.distance, self.logarithmic]]
        controls = [*self.networks.boxes.values(), *(control for row in rows for control in row)]
        super().__init__(controls, self._draw_curves, [self.networks.row, *(_row(*row) for row in rows)])

    def curve(self, id: str) -> pd.DataFrame:
        """:func:`claims.uncertainty.distance_curve` of one of the networks, for the members and nuclei that are chosen."""
        key = id, self.members.value, self.sample.value, self.minimum.value
        if key not in self._curves:
            errors = self._evidence.errors[id]
            if id != "PC-PK1":
                errors = Errors(self._evidence.ensembles[id].isel(member=slice(self.members.value)))
            error = errors.error if self.sample.value == OF_ALL else errors.held_out
            there = np.isfinite(error)  # few members may all have learnt a nucleus
            self._curves[key] = distance_curve(error[there], errors.d[there], self.minimum.value, errors.Z[there])
        return self._curves[key]

    def _draw_curves(self):
        curves = {id: self.curve(id) for id in self.networks.chosen}
        figure, ax = plt.subplots(figsize=(8.6, 5.2))
        draw_distance_curves(ax, curves)
        if not self.logarithmic.value:
            ax.set(yscale="linear", ylim=(0, None))
        d = self.distance.value
        ax.axvline(d, color="0.75", lw=4, alpha=0.5, zorder=0)
        ax.legend(ncols=2)
        values = []
        for id, curve in curves.items():
            label = "PC-PK1" if id == "PC-PK1" else get_network(id).label
            if d in curve.index:
                here = curve.loc[d]
                values.append(f"{label} {Estimate(here.rms, here.bootstrap_error)} MeV ({here.nuclei:.0f} nuclei)")
            else:
                values.append(f"{label} has fewer than {self.minimum.value} nuclei")
        few = f", the first {self.members.value} of {MEMBERS}" if self.members.value < MEMBERS else ""
        words = (
            f"rms error of the energy against the distance, mean of {self.sample.value}{few}. "
            f"At d = {d}: {'; '.join(values)}."
        )
        return figure, words


class LiveProfiles(Live):
    """Fig. 2 for any nucleus of the data set, any networks that return an energy density, any subsections.

    Networks that correct PC-PK1 have the difference of the two functionals as target, drawn grey.

    Parameters
    ----------
    networks : ids that are ticked first.
    first : nucleus (Z, N) that is shown first.
    bounds : of the subsections at first, fm.
    """

    def __init__(self, networks: Sequence[str], first: tuple[int, int], bounds: Sequence[float]):
        self._profiles: dict[tuple[str, int, int, int], Profile] = {}
        self.Z, self.N = _numbers(first, Z_RANGE, N_RANGE)
        self.networks = _Ticks([id for id, spec in TABLE_I.items() if spec.output == "energy_density"], networks)
        self.members = _members_slider()
        self.bounds = widgets.Text(
            ", ".join(f"{bound:g}" for bound in bounds), description="bounds of the subsections (fm)",
            continuous_update=False, style=PLAIN, layout=widgets.Layout(width="480px"),
        )  # fmt: skip
        rows = [[self.Z, self.N, self.members], [self.bounds]]
        controls = [*self.networks.boxes.values(), *(control for row in rows for control in row)]
        super().__init__(controls, self._draw_profiles, [self.networks.row, *(_row(*row) for row in rows)])

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

    def _draw_profiles(self):
        Z, N, bounds = self.Z.value, self.N.value, self.chosen_bounds()
        found = {id: self.profile(id) for id in self.networks.chosen}
        pieces = {id: profile.subsections(bounds) for id, profile in found.items()}
        figure, axes = plt.subplots(2, 2, figsize=(11, 7), sharex=True)
        draw_profiles(axes.flat, found, bounds, END_FM)
        for ax in axes[1]:
            ax.set_xlabel("Radius $r$ (fm)")
        axes[0, 0].legend()
        d = int(distance(Z, N))
        figure.suptitle(
            f"{nucleus_label(Z, N)}, $d={d}$, mean of {self.members.value} of {MEMBERS} members; "
            r"$\delta\mathcal{E}$ and $E(r)$: target − prediction"
        )
        words = "; ".join(
            f"{get_network(id).label} {minus(f'{profile.cumulative[-1]:+.2f}')} MeV, lowest {minus(f'{profile.minimum:+.2f}')} MeV, "
            f"largest subsection {np.abs(pieces[id]).max():.2f} MeV"
            for id, profile in found.items()
        )
        targets = " and ".join(dict.fromkeys(TARGETS[get_network(id).target] for id in found)).replace(" - ", " − ")
        return figure, (
            f"Energy density of {nucleus_label(Z, N)}, distance d = {d}, target {targets} minus mean of {self.members.value} "
            f"members; cumulative integral E(r) at its end: {words}."
        )
