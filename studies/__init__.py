"""Runs that were made once, and whose results are kept in ``data``."""

import claims as claims  # refuses another project's lib
