"""Code on the page: out of the source, as the kernel runs it, without docstrings."""

import ast
import inspect

import pytest
from numba import njit

from lib.learning import losses
from publish.show import source as source_module
from publish.show.source import source


@njit
def doubled(depth):
    """Twice the depth, MeV."""
    return 2 * depth  # compiled


class Well:
    """A square one."""

    @property
    def depth(self):
        """MeV."""

        return 50.0


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(source_module, "ROOT", source_module.Path(__file__).resolve().parent)


def lines_of(*definitions):
    return source(*definitions).data.split("\n")


def test_code_without_docstrings_and_where_it_stands():
    assert lines_of(doubled) == [
        "```python", "# test_source.py", "@njit", "def doubled(depth):", "    return 2 * depth  # compiled", "```"
    ]  # fmt: skip
    assert lines_of(Well)[1:-1] == [
        "# test_source.py", "class Well:", "    @property", "    def depth(self):", "        return 50.0"
    ]  # fmt: skip
    assert lines_of(Well.depth)[2:-1] == ["@property", "def depth(self):", "    return 50.0"]


def test_several_stand_one_below_the_other(monkeypatch):
    monkeypatch.setattr(source_module, "ROOT", source_module.Path(losses.__file__).resolve().parents[2])
    text = source(losses.energy_loss, losses.density_loss).data
    assert text.count("# lib/learning/losses.py") == 2
    shown = ast.parse("\n".join(text.split("\n")[1:-1]))
    assert [node.name for node in shown.body] == ["energy_loss", "density_loss"]
    for loss in (losses.energy_loss, losses.density_loss):
        assert inspect.getsource(loss).rstrip().split("\n")[-1] in text


def test_what_a_page_has_no_room_for_is_refused(monkeypatch):
    monkeypatch.setattr(source_module, "LENGTH", 2)
    with pytest.raises(ValueError, match=r"doubled has 3 lines of up to 32 columns, a page has room for 2 of 80"):
        source(doubled)
    monkeypatch.setattr(source_module, "LENGTH", 25)
    monkeypatch.setattr(source_module, "WIDTH", 30)
    with pytest.raises(ValueError, match="25 of 30: show a part of it"):
        source(doubled)
