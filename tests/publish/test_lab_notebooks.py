"""Notebooks for JupyterLab: values in sentences, and a kernel in which sentences, figures and tables follow them."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from publish.manuscript import BOOK
from publish.pages.lab import EXPLORER, code_cell, escaped, prose_cell
from publish.prose import NOT_YET, figure_place, filled, names, parts, place, shown


def test_values_are_written_as_on_the_pages():
    text = f"From {place('low:.2f')} to {place('high')} MeV, {place('who')}; {place('none:.1f')}."
    values = {"low": "-1.2345", "high": "7", "who": "'NN3-I6ℰ'"}
    assert filled(text, values) == f"From −1.23 to 7 MeV, NN3-I6ℰ; {NOT_YET}."
    assert names(text) == {"low", "high", "who", "none"}


def test_a_text_is_taken_apart_at_its_figures():
    figure = figure_place("map", "A map.", f"**Fig. 1** Of {place('n')} nuclei.")
    text = f"Before.\n\n{figure}\n\nBehind {place('n')}."
    assert parts(text) == [
        "Before.\n\n",
        ("map", "A map.", f"**Fig. 1** Of {place('n')} nuclei."),
        f"\n\nBehind {place('n')}.",
    ]
    assert names(text) == {"map", "n"}
    assert parts(figure_place("tab", "", "**Table 1**")) == [("tab", "", "**Table 1**")]


def test_pictures_keep_their_words_and_tables_get_minus_signs():
    assert shown({"image/png": "QQ==\n", "text/plain": "Figure"}, 'an "x" & y') == {
        "text/html": '<img style="max-width: 100%" alt="an &quot;x&quot; &amp; y" src="data:image/png;base64,QQ==">'
    }
    assert shown({"text/html": "<td>-1.5</td><td>a-1</td>"}, "") == {"text/html": "<td>−1.5</td><td>a-1</td>"}


def test_marks_of_markdown_in_a_text_stay_what_they_are():
    assert escaped("N_1 * <b> $x$ [a] `c`") == r"N\_1 \* &lt;b> \$x\$ \[a\] \`c\`"


@pytest.mark.parametrize(
    ("tags", "folded"),
    [([], False), (["hide-input"], True), (["remove-input", "ranges"], True), (["remove-input", "parameters"], False)],
)
def test_cells_are_folded_as_on_the_page_but_not_the_parameters(tags, folded):
    made = code_cell(new_code_cell("x = 1", metadata={"tags": tags}))
    assert made.metadata.get("jupyter", {}).get("source_hidden", False) == folded


def test_an_explorer_is_computed_first_and_what_a_page_hides_is_hidden():
    explorer = nbformat.v4.new_output("display_data", {"text/html": '<div class="explorer x"><script></script></div>'})
    assert code_cell(new_code_cell("e()", outputs=[explorer])).outputs[0].data == {"text/markdown": EXPLORER}
    assert code_cell(new_code_cell("e()", outputs=[explorer], metadata={"tags": ["remove-output"]})).outputs == []


def test_a_sentence_shows_what_it_showed_when_the_book_was_built():
    cell = prose_cell(
        f"It is {place('x:.1f')}.\n\n{figure_place('t', '', 'Table.')}",
        {"x": {"text/plain": "2.25"}, "t": {"text/html": "<td>1</td>"}},
    )
    assert [output.data for output in cell.outputs] == [
        {"text/markdown": "It is 2.2."}, {"text/html": "<td>1</td>"}, {"text/markdown": "Table."}
    ]  # fmt: skip
    assert cell.source.startswith("%%prose\n")


def test_sentences_above_and_below_follow_the_cells_that_glue():
    table = figure_place("table", "", "For {glue:text}`x:.0f`.")
    sentence = "%%prose\nIt is {glue:text}`x:.1f` MeV.\n\n" + table
    cells = [
        "%load_ext publish.show.lab",
        sentence,
        "import pandas as pd\nfrom publish.show.glue import glue\nglue('x', 1.25)\nglue('table', pd.DataFrame({'a': [-1.5]}))",
        "glue('x', -3.0)",
        sentence + "\n",
        "%unload_ext publish.show.lab\nglue('x', 5.0)",
    ]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    seen = []
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(BOOK)}})
    with client.setup_kernel():
        for i, cell in enumerate(notebook.cells):
            client.execute_cell(cell, i)
            seen.append(
                [
                    "".join(output.data.get("text/markdown", output.data.get("text/html", "")))
                    for output in notebook.cells[1].outputs
                ]
            )
    assert seen[1][0].startswith(f"It is {NOT_YET} MeV.")
    assert NOT_YET in seen[1][1]
    assert seen[2][0].strip() == "It is 1.2 MeV."
    assert "−1.5" in seen[2][1]
    assert seen[2][2] == "For 1."
    assert seen[3][0].strip() == "It is −3.0 MeV."
    assert notebook.cells[2].outputs == notebook.cells[3].outputs == [], "what is glued is shown where the text has it"
    assert notebook.cells[4].outputs[0].data["text/markdown"].strip() == "It is −3.0 MeV."
    assert notebook.cells[5].outputs[-1].text == "x: 5.0\n", "elsewhere the cells show it"
