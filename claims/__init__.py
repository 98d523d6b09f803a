"""The numbers behind the paper's figures, and its fifteen claims on trial.  It draws nothing."""

MAGIC = (50, 82, 126)
"""Neutron numbers behind which the isotopic chains go on into the unknown region."""
