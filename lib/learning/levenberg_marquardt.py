"""Levenberg-Marquardt steps for sums of squares, of networks or of anything else.

What is fitted is a :class:`Problem`.  For a few thousand parameters a linear system per step replaces hundreds of epochs.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

MAX_TRIALS = 8
"""Dampings that are tried before a step is given up."""
MIN_DAMPING = 1e-7
GRAM_BLOCKS = 8


class Linear(NamedTuple):
    """Residuals rho of a problem, to first order in the parameters."""

    rows: Tensor
    """J, (residuals, parameters), single or double precision; or any matrix whose J^T J stands for the curvature"""
    gradient: Tensor
    """J^T rho, exact, (parameters,), double precision"""
    residual: Tensor
    """rho, (residuals,), double precision"""


class Problem(Protocol):
    """A sum of squares ``|rho(theta)|^2`` that is to become small."""

    theta: Tensor
    """parameters, (parameters,), at which the problem stands; a step that is taken sets them"""

    def linearise(self) -> Linear:
        """The residuals around theta; a problem of several sums may weigh them anew."""

    def cost(self, theta: Tensor) -> float:
        """The sum of squares at any parameters, weighed as in the last :meth:`linearise`."""


class LevenbergMarquardt:
    """Steps of a problem, each of which lowers ``|rho|^2 + decay |theta|^2``.

    Its ``damping`` is mu in units of the mean diagonal element of J^T J (D. W. Marquardt, SIAM J. 11, 431 (1963)).

    Parameters
    ----------
    problem
        what is fitted; it holds the parameters.
    decay
        strength alpha of the prior on the parameters.
    """

    def __init__(self, problem: Problem, decay: float):
        self.problem, self.decay = problem, decay
        self.damping = 0.1

    def cost(self, theta: Tensor) -> float:
        """What a step must lower, at any parameters."""
        prior = float(theta.double().square().sum())
        return self.problem.cost(theta) + self.decay * prior

    def step(self) -> bool:
        """Take one step; False, with the parameters as they were, if no damping gives one that lowers the cost."""
        problem, theta = self.problem, self.problem.theta
        equations = NormalEquations(problem.linearise(), theta, self.decay)
        cost = self.cost(theta)
        for _ in range(MAX_TRIALS):
            change = equations.solve(self.damping)
            if change is not None:
                new = theta + change.to(theta.dtype)
                if self.cost(new) < cost:
                    problem.theta = new
                    self.damping = max(self.damping / 3, MIN_DAMPING)
                    return True
            self.damping *= 4
        problem.theta = theta
        return False


class NormalEquations:
    """(J^T J + (alpha + mu) 1) change = -(J^T rho + alpha theta), to be solved for several mu.

    Where the rows are the residuals' own Jacobian and fewer than the parameters, the system is that of the rows:
    change = -J^T (J J^T + (alpha + mu) 1)^-1 (rho - c J theta) - c theta with c = alpha / (alpha + mu) (Woodbury).
    """

    def __init__(self, linear: Linear, theta: Tensor, alpha: float):
        self.rows, gradient, self.residual = linear
        self.theta, self.alpha = theta.double(), alpha
        count, parameters = self.rows.shape
        self.of_rows = count == len(self.residual) < parameters
        self.gradient = gradient + alpha * self.theta
        self.matrix = gram(self.rows.T if self.of_rows else self.rows).double()
        self.mean_diagonal = float(self.matrix.trace()) / parameters
        if self.of_rows:
            self.image = (self.rows @ theta).double()

    def solve(self, damping: float) -> Tensor | None:
        """The change for mu = damping x mean diagonal; None where the matrix is numerically not positive definite."""
        shift = self.alpha + damping * self.mean_diagonal
        matrix = self.matrix.clone()
        matrix.diagonal().add_(shift)
        factor, failure = torch.linalg.cholesky_ex(matrix)
        if failure:
            return None
        if not self.of_rows:
            return -torch.cholesky_solve(self.gradient[:, None], factor)[:, 0]
        share = self.alpha / shift
        right = self.residual - share * self.image
        solution = torch.cholesky_solve(right[:, None], factor)[:, 0]
        change = self.rows.T @ solution.to(self.rows.dtype)
        return -change.double() - share * self.theta


def gram(columns: Tensor) -> Tensor:
    """Lower triangle of columns^T columns, all that a Cholesky factorisation reads, block column by block column."""
    size = columns.shape[1]
    matrix = columns.new_zeros(size, size)
    width = -(-size // GRAM_BLOCKS)
    for start in range(0, size, width):
        torch.mm(columns[:, start:].T, columns[:, start : start + width], out=matrix[start:, start : start + width])
    return matrix
