"""Numbers and names as they are written: lists that may be empty, elements without a name, numbers that would look like zero."""

import pytest

from claims.words import at_least, enumerated, nuclide, symbol
from lib.learning.known_region import measured_masses


def test_lists_as_one_says_them():
    assert enumerated([]) == "none"
    assert enumerated(["A"]) == "A"
    assert enumerated(iter(["A", "B"])) == "A and B"
    assert enumerated(["A", "B", "C"]) == "A, B and C"


def test_every_nucleus_has_a_name():
    table = measured_masses()
    assert [symbol(Z) for Z in table.Z] == table.element.tolist()
    assert [symbol(Z) for Z in (2, 102, 114, 118, 120, 300)] == ["He", "No", "Fl", "Og", "Ubn", "Tnn"]
    assert nuclide((114, 184)) == "²⁹⁸Fl"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0.000"), (2e-4, "< 0.001"), (-2e-4, "> −0.001"), (6e-4, "0.001"), (-1.2346, "−1.235"), (float("nan"), "–")],
)
def test_what_is_not_zero_does_not_look_so(value, written):
    assert at_least(value, 3) == written


def test_a_sign_is_kept():
    assert at_least(1.5, 1, "+") == "+1.5"
