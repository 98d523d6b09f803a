"""Shared by all tests: the benchmarks' dense reference for the Dirac equation can be imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
