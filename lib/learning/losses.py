"""The losses of the paper, Eqs. (3)-(5), and the balance between them."""

from __future__ import annotations

import torch
from torch import Tensor


def energy_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L_E, Eq. (4): mean square of the error of the energy, MeV^2; both (nuclei,), in MeV.

    Raises
    ------
    ValueError
        if the shapes differ (torch would broadcast them) or are not one-dimensional.
    """
    _check(predicted, target, 1)
    return torch.mean((target - predicted) ** 2)


def density_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L_ℰ, Eq. (5): mean square over nuclei and mesh points of the error of r^2 energy density, (MeV/fm)^2.

    Both (nuclei, r), in MeV/fm, already multiplied by r^2.

    Raises
    ------
    ValueError
        if the shapes differ or are not two-dimensional.
    """
    _check(predicted, target, 2)
    return torch.mean((target - predicted) ** 2)


def balance(
    energy_loss: Tensor,
    density_loss: Tensor,
    energy_weight: float = 1.0,
    floor: float = 0.0,
) -> Tensor:
    """The weight a of Eq. (3), fm^-2, that makes a L_E ``energy_weight`` times L_ℰ; a constant for the gradient.

    With ``a`` kept balanced, each step descends energy_weight * log L_E + log L_ℰ, whose gradient is the same up to a
    factor.  Once L_E is below ``floor`` (MeV^2), ``a`` grows no more.
    """
    a = energy_weight * density_loss / energy_loss.clamp(min=floor)
    return a.detach()


def total_loss(energy_loss: Tensor, density_loss: Tensor, a: Tensor) -> Tensor:
    """L_total = a L_E + L_ℰ, Eq. (3), (MeV/fm)^2."""
    return a * energy_loss + density_loss


def _check(predicted: Tensor, target: Tensor, dimensions: int) -> None:
    if predicted.shape != target.shape or predicted.dim() != dimensions:
        wanted = "(nuclei,)" if dimensions == 1 else "(nuclei, r)"
        raise ValueError(
            f"predicted {tuple(predicted.shape)} and target {tuple(target.shape)}: give two arrays {wanted} of one shape"
        )
