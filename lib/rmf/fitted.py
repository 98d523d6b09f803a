"""The file of a functional whose couplings were fitted: a published form with other numbers, of JSON, with origin and checksum.

It is the same kind of file as that of a learned functional (:mod:`lib.rmf.neural`), with couplings in the place of a network's
layers; :func:`read_functional` takes both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.checks import is_real
from lib.rmf import neural
from lib.rmf.functionals import DensityDependent, Functional, PointCoupling

FORMAT = "fitted point-coupling functional, 1"
FORMS = {"powers": PointCoupling, "exponentials": DensityDependent}
"""The forms of couplings there are: powers of the densities, or exponentials of rho_V."""
_PAIRING = ("pairing_strength_n", "pairing_strength_p")
_KEYS = {"format", "name", "form", "units", "nucleon_mass", *_PAIRING, "couplings", "story", "sha256"}
_UNITS = {
    "powers": "alpha MeV-2, beta MeV-5, gamma MeV-8, delta MeV-4; nucleon_mass MeV; pairing strengths MeV fm3",
    "exponentials": "a, b, c fm2, d 1, delta_S fm4, rho_sat fm-3; nucleon_mass MeV; pairing strengths MeV fm3",
}


def write_fitted(functional: PointCoupling | DensityDependent, story: Mapping[str, Any], path: Path) -> None:
    """Write the file of a functional with what it was fitted to and how (``story``, what JSON can hold), in one step."""
    form = next(name for name, kind in FORMS.items() if isinstance(functional, kind))
    numbers = {name: getattr(functional, name) for name in ("name", "nucleon_mass", *_PAIRING)}
    couplings = {name: getattr(functional, name) for name in _coupling_names(form)}
    held = {
        "format": FORMAT,
        "form": form,
        **numbers,
        "units": _UNITS[form],
        "couplings": couplings,
        "story": dict(story),
    }
    neural.write_contents(held, path)


def read_functional(path: Path) -> Functional:
    """The functional of a file, fitted or learnt; raises as :func:`lib.rmf.neural.read_contents`."""
    held = neural.read_contents(path, {FORMAT: (_KEYS, _fault), neural.FORMAT: (neural.KEYS, neural.layer_fault)})
    if held["format"] == neural.FORMAT:
        return neural.functional_of(held)
    numbers = {name: held[name] for name in ("name", "nucleon_mass", *_PAIRING)}
    return FORMS[held["form"]](**numbers, **held["couplings"])


def _coupling_names(form: str) -> tuple[str, ...]:
    return FORMS[form].couplings + (("rho_sat",) if form == "exponentials" else ())


def _fault(held: dict[str, Any]) -> str | None:
    """In what the couplings are none of the form."""
    if held["form"] not in FORMS:
        return f"has couplings of the form {held['form']!r}, not of {', '.join(FORMS)}"
    wanted = {*_coupling_names(held["form"])}
    couplings = held["couplings"] if isinstance(held["couplings"], dict) else {}
    if couplings.keys() != wanted:
        return f"is damaged (wrong or missing couplings: {', '.join(sorted(couplings.keys() ^ wanted))})"
    numbers = couplings | {name: held[name] for name in ("nucleon_mass", *_PAIRING)}
    if not isinstance(held["name"], str):
        return "is damaged (its name is no text)"
    bad = [name for name, value in numbers.items() if not (is_real(value) and math.isfinite(value))]
    return f"is damaged ({', '.join(bad)}: no finite number)" if bad else None
