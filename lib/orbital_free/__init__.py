"""Nuclei without orbitals: functionals f[rho, S] of the density of one species in a scalar potential, and their minimum."""
