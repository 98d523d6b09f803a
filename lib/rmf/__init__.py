"""The spherical relativistic mean-field solver, from its equations up to the chart of nuclides.

:func:`lib.rmf.solver.solve` is its door, and ``from lib.rmf import solve`` opens it.  Read from below, a functional
(``functionals``; what it says of infinite matter in ``nuclear_matter``) makes potentials of densities on a ``mesh``, the
Dirac equation (``dirac``) makes levels of potentials, nucleons occupy them (``occupation``, ``pairing``), and occupied levels
make densities (``field``); round and round until nothing changes (``iteration``), from several starts and in several orders
of the levels for the one of least energy (``lowest``).  Numbers are read off in ``observables``, and what mesh and box
change in them in ``accuracy``; ``chart`` goes through all nuclei.
"""

from __future__ import annotations


def __getattr__(name: str):
    # not loaded before it is asked for: whoever needs a constant of the mesh alone need not wait for compiled code
    if name == "solve":
        from lib.rmf.solver import solve

        return solve
    raise AttributeError(f"module 'lib.rmf' has no attribute {name!r}")
