"""What a chapter hands from its cells to its text: numbers, words and figures, by name.

The pages show them where the text has them.  A notebook program does not know of that, so the cells show them as well;
a cell that glues is tagged ``remove-output``, which only the pages heed.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import myst_nb
import numpy as np
from matplotlib.figure import Figure


def glue(name: str, value) -> None:
    """Keep a number, a text or a figure under ``name`` for ``{glue:text}`` or ``{glue:figure}``, and show it.

    Numbers of numpy and xarray become Python's, since only those can be formatted in the text; figures are closed.
    """
    if isinstance(value, Figure):
        myst_nb.glue(name, value)
        plt.close(value)
        return
    if isinstance(value, np.generic) or (hasattr(value, "item") and np.ndim(value) == 0):
        value = value.item()
    myst_nb.glue(name, value, display=False)
    print(f"{name}: {value}")
