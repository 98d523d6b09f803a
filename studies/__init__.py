"""Runs that were made once, and whose results are kept in ``data``."""
