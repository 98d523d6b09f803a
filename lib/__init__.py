"""The code behind the neural covariant functional book.

Small flat modules, one direction of dependence::

    functionals -> dirac, pairing -> rmf -> chart -> dataset -> networks, losses -> training -> search -> ensemble
                                                    -> verdict, figures, explorers -> the chapters in book/

The physics modules know nothing of torch; the networks know nothing of the RMF solver.
"""
