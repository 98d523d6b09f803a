"""Numbers and names as they are written in the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from lib.learning.table_one import TABLE_I

ELEMENTS = {
    8: "oxygen", 10: "neon", 12: "magnesium", 14: "silicon", 16: "sulfur", 18: "argon", 20: "calcium", 22: "titanium",
    24: "chromium", 26: "iron", 28: "nickel", 30: "zinc", 32: "germanium", 34: "selenium", 36: "krypton", 38: "strontium",
    40: "zirconium", 42: "molybdenum", 44: "ruthenium", 46: "palladium", 48: "cadmium", 50: "tin", 52: "tellurium",
    54: "xenon", 56: "barium", 58: "cerium", 60: "neodymium", 62: "samarium", 64: "gadolinium", 66: "dysprosium",
    68: "erbium", 70: "ytterbium", 72: "hafnium", 74: "tungsten", 76: "osmium", 78: "platinum", 80: "mercury", 82: "lead",
    84: "polonium", 86: "radon", 88: "radium", 90: "thorium", 92: "uranium", 94: "plutonium", 96: "curium",
    98: "californium", 100: "fermium",
}  # fmt: skip
"""Names of the elements of the window by their proton number."""

_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru "
    "Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At "
    "Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split()


def symbol(Z: int) -> str:
    """Symbol of any element; of one without a name the systematic one, a letter for each digit, as in Ubn for Z = 120."""
    if Z <= len(_SYMBOLS):
        return _SYMBOLS[Z - 1]
    return "".join("nubtqphsoe"[int(digit)] for digit in str(Z)).capitalize()


def label(id: str) -> str:
    """Name of a network as it is printed, as in NN3-I6δℰ; of what is no network, such as ``"PC-PK1"``, itself."""
    return TABLE_I[id].label if id in TABLE_I else id


def nuclide(nucleus: tuple[int, int]) -> str:
    """Name of a nucleus (Z, N), like ⁷⁸Ge."""
    return str(sum(nucleus)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")) + symbol(nucleus[0])


def nucleus_label(Z: int, N: int) -> str:
    """Name of a nucleus to choose it by, e.g. ``78Ge (Z=32, N=46)``."""
    return f"{Z + N}{symbol(Z)} (Z={Z}, N={N})"


def minus(number: str) -> str:
    """A formatted number with a minus sign where Python writes a hyphen."""
    return number.replace("-", "−")


def decimals(value: float, digits: int) -> str:
    """A number to so many decimals, with a minus sign where it is negative."""
    return minus(f"{value:.{digits}f}")


def at_least(value: float, digits: int, sign: str = "") -> str:
    """A number to so many decimals; one that is not zero but would look so as smaller than the last of them, ``< 0.001``."""
    least = 10.0**-digits
    if 0 < abs(value) < least / 2:
        return f"{'< ' if value > 0 else '> −'}{least:.{digits}f}"
    return "–" if np.isnan(value) else minus(f"{value:{sign}.{digits}f}")


def scientific(value: float, digits: int = 1) -> str:
    """A number to so many significant digits, as one writes it: 0.25, 12300, and 2×10⁻⁶ where zeros would be counted.

    A dash stands for what is no number.
    """
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 < power < 5:
        return minus(f"{float(mantissa) * 10.0**power:.{max(0, digits - 1 - power)}f}")
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return minus(f"{mantissa}×10{raised}")


def enumerated(names: Iterable[str]) -> str:
    """Names as one says them, ``A, B and C``; ``none`` if there is no name."""
    *others, last = list(names) or ["none"]
    return f"{', '.join(others)} and {last}" if others else last


def listed(values: Mapping[str, object], digits: int = 2, unit: str = "") -> str:
    """Values by network or name, as in ``NN2-I3ℰ 0.15, NN2-I6ℰ 0.13 MeV``; ``digits`` for those that are plain numbers."""
    written = {id: decimals(value, digits) if isinstance(value, float) else str(value) for id, value in values.items()}
    return f"{', '.join(f'{label(id)} {value}' for id, value in written.items())} {unit}".strip()
