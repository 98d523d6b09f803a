"""Constants of nature that the functionals need."""

from __future__ import annotations

HBARC_MEV_FM = 197.3269804
"""hbar c in MeV fm (CODATA 2018)."""
FINE_STRUCTURE = 1.0 / 137.035999
"""Fine-structure constant; e^2 = FINE_STRUCTURE * hbar c = 1.43996 MeV fm."""
