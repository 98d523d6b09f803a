"""The spherical relativistic mean-field solver, from its equations up to the chart of nuclides.

:func:`lib.rmf.solver.solve` is its door, and ``from lib.rmf import solve`` opens it.
"""

from __future__ import annotations


def __getattr__(name: str):
    # not loaded before it is asked for: whoever needs a constant of the mesh alone need not wait for compiled code
    if name == "solve":
        from lib.rmf.solver import solve

        return solve
    raise AttributeError(f"module 'lib.rmf' has no attribute {name!r}")
