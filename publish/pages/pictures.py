"""Pictures without what nobody sees, as a Sphinx extension: plots are opaque, and the channel that says so is a tenth of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def slim(path: Path) -> None:
    """Write a PNG anew without its transparency, if it has none; every pixel stays what it is."""
    with Image.open(path) as image:
        if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
            image.convert("RGB").save(path, optimize=True)


def connect(app) -> None:
    """Connect to Sphinx: the pictures of all pages once these are written."""

    def slim_all(app, error):
        if error is None and app.builder.format == "html":
            for path in (app.outdir / "_images").glob("*.png"):
                slim(path)

    app.connect("build-finished", slim_all)
