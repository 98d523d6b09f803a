"""Pictures without what nobody sees, and sharp where it is seen, as a Sphinx extension.

Plots are opaque, and the channel that says so is a tenth of them.  A screen with more dots than the picture, as that of a phone,
is given the file that a figure links to.
"""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from publish.manuscript import FILE_DPI, PAGE_DPI

_LINKED = re.compile(r'(<a class="[^"]*image-reference" href="([^"]+\.png)"><img [^>]*?src="([^"]+)")')


def sharp(page: str) -> str:
    """HTML of a page in which screens with more dots take the picture that a picture links to."""
    return _LINKED.sub(rf'\1 srcset="\3 1x, \2 {FILE_DPI / PAGE_DPI:.3f}x"', page)


def slim(path: Path) -> None:
    """Write a PNG anew without its transparency, if it has none; every pixel stays what it is."""
    with Image.open(path) as image:
        if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
            image.convert("RGB").save(path, optimize=True)


def connect(app) -> None:
    """Connect to Sphinx: each page, and the pictures of all once these are written."""

    def slim_all(app, error):
        if error is None and app.builder.format == "html":
            for path in (app.outdir / "_images").glob("*.png"):
                slim(path)

    def sharpen(app, pagename, templatename, context, doctree):
        context["body"] = sharp(context.get("body", ""))

    app.connect("build-finished", slim_all)
    app.connect("html-page-context", sharpen)
