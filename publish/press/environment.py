"""What the programs and kernels of a build are given of the user's environment: what changes no page.

Kernels read settings from many places: a backend of figures, other kernels named python3, code that IPython runs first, the
encoding of the language, packages that lie before ours.  A page must not depend on who has built it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from lib.provenance import ROOT

_OF_THE_USER = ("MPLBACKEND", "MATPLOTLIBRC", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONSTARTUP")
_FAMILIES = ("JUPYTER_", "IPYTHON")
"""Of programs that a build starts; those of a cluster's software, such as PATH, stay."""


@contextmanager
def environment(**settings: str) -> Iterator[dict[str, str]]:
    """The variables for a process of a build, and a folder in place of the user's for Jupyter and IPython meanwhile.

    The book's folder comes first among packages, and text is UTF-8 whatever the language.

    Parameters
    ----------
    settings
        further variables.
    """
    kept = {
        name: value for name, value in os.environ.items() if name not in _OF_THE_USER and not name.startswith(_FAMILIES)
    }
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield kept | {
            "PYTHONPATH": path,
            "PYTHONUTF8": "1",
            "IPYTHONDIR": f"{folder}/ipython",
            "JUPYTER_CONFIG_DIR": f"{folder}/jupyter",
            "JUPYTER_DATA_DIR": f"{folder}/data",
            "JUPYTER_PREFER_ENV_PATH": "1",
        } | settings  # fmt: skip


@contextmanager
def taken_on(**settings: str) -> Iterator[None]:
    """This process itself has :func:`environment` meanwhile, and kernels that it starts."""
    before = dict(os.environ)
    with environment(**settings) as variables:
        os.environ.clear()
        os.environ.update(variables)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
