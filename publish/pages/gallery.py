"""The figures of the book on one page, small, each with its number, a sentence and a link, as a Sphinx extension.

Only when all pages are written it is known what stands on them; then ``book/figures.md`` gets what it has a place for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, SoupStrainer, Tag
from PIL import Image

PAGE = "book/figures"
PLACE = re.compile(r'(<div class="gallery">).*?(</div><!-- gallery -->)', re.S)
"""Where they go, in the page."""
FOLDER = "_static/thumbnails"
WIDTH_PX = 320
"""Width of a small picture, two dots for each of the page."""


def connect(app) -> None:
    """Connect to Sphinx."""

    def fill(app, error):
        if error is None and app.builder.format == "html" and PAGE in app.env.found_docs:
            hang(Path(app.outdir), list(reading_order(app.env.toctree_includes, app.config.root_doc)))

    app.connect("build-finished", fill)


def reading_order(children: dict[str, list[str]], root: str) -> Iterator[str]:
    """Names of all pages, from what the table of contents of each page includes."""
    yield root
    for child in children.get(root, ()):
        yield from reading_order(children, child)


def hang(folder: Path, pages: list[str]) -> None:
    """Write the figures of the pages that are in ``folder`` into the gallery there, and their small pictures beside it.

    Raises
    ------
    ValueError
        if the gallery has no place for them.
    """
    rooms = [room for name in pages if (folder / f"{name}.html").exists() and (room := _room(folder, name))]
    path = folder / f"{PAGE}.html"
    page, places = PLACE.subn(lambda place: place[1] + "".join(rooms) + place[2], path.read_text(encoding="utf-8"))
    if places != 1:
        raise ValueError(f"{path} has {places} places for figures: one is needed, {PLACE.pattern}")
    path.write_text(page, encoding="utf-8")


def _room(folder: Path, name: str) -> str:
    """The figures of one page, below its title."""
    text = (folder / f"{name}.html").read_text(encoding="utf-8")
    page = BeautifulSoup(text, "html.parser", parse_only=SoupStrainer(["h1", "figure"]))
    frames = [
        _frame(folder, name, figure)
        for figure in page.select("figure[id]")
        if figure.select_one("a.image-reference img") and figure.select_one(".caption-number")
    ]
    if not frames:
        return ""
    title = page.select_one("h1:has(.headerlink)")
    for link in title.select("a.headerlink"):
        link.decompose()
    return f"<h2>{title.decode_contents()}</h2><ul>{''.join(frames)}</ul>"


def _frame(folder: Path, name: str, figure: Tag) -> str:
    picture, caption = figure.select_one("a.image-reference img"), figure.select_one(".caption-text")
    source = (folder / name).parent / unquote(picture["src"])
    small = folder / FOLDER / f"{source.stem}.webp"
    if not small.exists():
        small.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(source) as image:
            height = round(image.height * WIDTH_PX / image.width)
            image.convert("RGB").resize((WIDTH_PX, height), Image.Resampling.LANCZOS).save(small, quality=80)
    for link in caption.select("a"):  # within its page
        link.unwrap()
    sentence = re.split(r"(?<=[.;])\s", caption.decode_contents().strip(), maxsplit=1)[0].rstrip(";")
    number = figure.select_one(".caption-number").get_text().strip()
    up = "../" * PAGE.count("/")
    return (
        f'<li><a href="{up}{name}.html#{figure["id"]}"><img loading="lazy" alt="{escape(picture.get("alt", ""))}" '
        f'src="{up}{FOLDER}/{small.name}" width="{WIDTH_PX // 2}"/>'
        f"<strong>{number}</strong></a> {sentence}</li>"
    )
