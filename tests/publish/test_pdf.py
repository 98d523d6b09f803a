"""The PDF: tables, explorers, refusals; and, where XeLaTeX is installed, the whole book set from its pages."""

import re
import shutil
import subprocess

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from lib.learning.table_one import TABLE_I
from publish import manuscript
from publish.pages import latex
from publish.press import book, pdf
from publish.show.embedded import embed

needs_tex = pytest.mark.skipif(not pdf.is_installed(), reason="XeLaTeX or latexmk is not installed")


def parts_of(frame):
    """Size of the letters, and the table."""
    opening, table, closing = latex.html_table(BeautifulSoup(frame.to_html(), "html.parser").table)
    assert (opening.astext()[:2], closing.astext()[-1]) == ("{\\", "}")
    return opening.astext()[2:], table


def texts(group):
    return [[entry.astext() for entry in row.findall(nodes.entry)] for row in group.findall(nodes.row)]


def test_a_table_of_pandas_keeps_rows_columns_and_order():
    size, table = parts_of(pd.DataFrame({"rms": ["0.5", "1.25"], "ℰ": ["a", ""]}, index=["⁷⁸Ge", "⁹⁶Ge"]))
    assert texts(next(table.findall(nodes.thead))) == [["", "rms", "ℰ"]]
    assert texts(next(table.findall(nodes.tbody))) == [["⁷⁸Ge", "0.5", "a"], ["⁹⁶Ge", "1.25", ""]]
    assert next(table.findall(nodes.tgroup))["cols"] == len(list(table.findall(nodes.colspec))) == 3
    assert (size, table["classes"]) == ("normalsize", [])


def test_the_name_of_the_index_stands_in_the_row_of_the_columns():
    frame = pd.DataFrame({"rms": [1]}, index=pd.Index(["NN1"], name="network"))
    assert texts(next(parts_of(frame)[1].findall(nodes.thead))) == [["network", "rms"]]


def test_a_table_with_several_levels_has_cells_that_span():
    index = pd.MultiIndex.from_product([["NN1", "NN3"], ["E", "dE"]])
    columns = pd.MultiIndex.from_product([["rms"], ["known", "all"]])
    _, table = parts_of(pd.DataFrame(1, index, columns))
    [head] = [entry for entry in table.findall(nodes.entry) if entry.astext() == "rms"]
    [family] = [entry for entry in table.findall(nodes.entry) if entry.astext() == "NN3"]
    assert head["morecols"] == 1
    assert family["morerows"] == 1
    assert next(table.findall(nodes.tgroup))["cols"] == 4


def widths(table):
    return [spec["colwidth"] for spec in table.findall(nodes.colspec)]


def test_long_text_is_broken_into_lines_numbers_are_not():
    size, table = parts_of(pd.DataFrame({"claim": ["many words " * 30], "found": ["0.644"]}, index=["1"]))
    assert size == "normalsize"
    assert {"longtable", "colwidths-given"} <= set(table["classes"])
    assert widths(table)[1] > 60
    assert widths(table)[2] >= len("found")


def test_a_long_table_may_be_broken_between_pages():
    assert parts_of(pd.DataFrame({"rms": range(30)}))[1]["classes"] == ["longtable"]
    assert parts_of(pd.DataFrame({"rms": range(3)}))[1]["classes"] == []


def test_many_columns_get_small_letters():
    wide = pd.DataFrame({f"column_{i:02d}": ["0.12345"] for i in range(9)}, index=["NN1"])
    assert parts_of(wide)[0] == "scriptsize"
    assert parts_of(wide.iloc[:, :4])[0] == "normalsize"


def test_on_paper_a_sentence_stands_for_an_explorer():
    [sentence] = latex.OnPaper.paper(None, nodes.raw("", embed("density_explorer", {}).data, format="html"))
    assert sentence.astext() == latex.INTERACTIVE


def test_refusals(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pdf, "PDF", tmp_path / "book.pdf")
    monkeypatch.setattr(pdf.shutil, "which", lambda program: None)
    assert pdf.main([]) == 1
    assert capsys.readouterr().err.startswith(
        "error: xelatex or latexmk is not installed: apt-get install texlive-xetex "
    )
    monkeypatch.setattr(pdf.shutil, "which", lambda program: program)
    monkeypatch.setattr(book, "is_current", lambda: False)
    assert pdf.main([]) == 1
    assert "run `make book` first" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_pdf_is_current_until_something_changes(tmp_path, monkeypatch, capsys):
    state = ["before"]
    monkeypatch.setattr(pdf, "PDF", tmp_path / "book.pdf")
    monkeypatch.setattr(pdf, "_STAMP", tmp_path / ".built")
    monkeypatch.setattr(pdf, "digest", lambda patterns: state[0])
    assert not pdf.is_current()
    pdf.PDF.write_bytes(b"%PDF")
    assert not pdf.is_current()
    pdf._STAMP.write_text("before")
    assert pdf.is_current()
    assert pdf.main([]) == 0
    assert capsys.readouterr().out.strip() == str(pdf.PDF)
    state[0] = "after"
    assert not pdf.is_current()


@needs_tex
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (r"a \undefinedcommand b", "Undefined control sequence"),
        ("龍", "no font has 龍"),
        (r"see \ref{nowhere}", "nowhere is referred to, but not there"),
        (r"\usepackage{x}", "preamble"),
    ],
)
def test_a_document_with_faults_is_refused(tmp_path, body, words):
    source = tmp_path / "small.tex"
    source.write_text(rf"\documentclass{{article}}\begin{{document}}{body}\end{{document}}" + "\n")
    with pytest.raises(RuntimeError, match=words):
        pdf.typeset(source)


@pytest.fixture(scope="module")
def made():
    return pdf.build()


@needs_tex
@pytest.mark.tex
def test_the_whole_book_is_set(made):
    """All chapters are in it, in the order of the pages and under their numbers, and nothing of HTML's is left over."""
    assert made.read_bytes().startswith(b"%PDF")
    entries = (manuscript.BUILD / "latex" / f"{latex.NAME}.toc").read_text()
    parts = re.findall(r"\\contentsline \{part\}\{[IVX]+\\hspace \{1em\}(.*?)\}", entries)
    assert parts == ["The functional and the nuclei", "The networks", "The figures", "On trial", "Appendices"]
    chapters = re.findall(r"\\contentsline \{chapter\}\{(?:\\numberline \{(\w+)\})?(.*?)\}\{", entries)
    assert chapters[0] == ("", "Preface")
    assert chapters[1] == ("1", "The covariant functional")
    assert chapters[-1][1] == "Bibliography"
    assert all(id.split("-")[0] in entries for id in TABLE_I)


@needs_tex
@pytest.mark.tex
def test_text_of_the_pdf(made):
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    text = subprocess.run([program, "-layout", str(made), "-"], capture_output=True, text=True, check=True).stdout
    for symbol in ("ℰ", "δ", "κ", "⁻", "ü", "–"):
        assert symbol in text, symbol
    assert "78" in text
    assert not re.search(r"<IPython|<pandas|VBox\(|object at 0x|Traceback|\{glue:\w+\}`|\?\?", text)
    assert text.count(latex.INTERACTIVE) >= 5
