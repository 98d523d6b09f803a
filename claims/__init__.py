"""The numbers behind the paper's figures, and its fifteen claims on trial.  It draws nothing."""

from pathlib import Path

import lib

# packages of other projects are called lib, too; whichever lies first among the places of packages is imported
_OWN, _FOUND = Path(__file__).resolve().parent.parent / "lib", Path(lib.__file__).resolve()
if _FOUND.parent != _OWN:
    raise ImportError(
        f"the package `lib` that was imported is {_FOUND}, and not the book's own, {_OWN}: "
        f"take its folder out of PYTHONPATH, or put {_OWN.parent} before it"
    )
