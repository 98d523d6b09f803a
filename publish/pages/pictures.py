"""Pictures without what nobody sees, sharp where it is seen, in one column where there is no room for two, as a Sphinx extension.

Plots are opaque, and the channel that says so is a tenth of them.  A screen with more dots than the picture, as that of a phone,
is given the file that a figure links to; a narrow page shows the panels of a figure below each other, from a file of their own
(:mod:`publish.show.narrow`), which the links below the figure name.
"""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from publish.manuscript import FILE_DPI, NARROW_DPI, PAGE_DPI

NARROW_PX = 600
"""Widest page, in CSS pixels, that is narrow; book.css has it too."""
_LINKED = re.compile(r'(<a class="[^"]*image-reference" href="([^"]+)\.png">)(<img [^>]*?src="([^"]+)")([^>]*>)')
_NARROW = re.compile(r'<p class="downloads" data-narrow="([^"]+)-narrow\.png"')


def sharp(page: str) -> str:
    """HTML of a page in which screens with more dots take the picture that a picture links to, and narrow ones the narrow."""
    narrow = set(_NARROW.findall(page))

    def fitting(match: re.Match) -> str:
        link, file, image, source, end = match.groups()
        image = f'{image} srcset="{source} 1x, {file}.png {FILE_DPI / PAGE_DPI:.3f}x"{end}'
        if file not in narrow:
            return link + image
        other = f'<source media="(max-width: {NARROW_PX}px)" srcset="{file}-narrow.png {NARROW_DPI / 96:g}x">'
        return f"{link}<picture>{other}{image}</picture>"

    return _LINKED.sub(fitting, page)


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
