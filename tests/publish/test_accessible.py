"""Names and roles that the pages get beside those of Sphinx and pandas."""

import re

import pandas as pd

from publish.pages.accessible import with_named_folds, without_empty_heads


def test_corners_of_tables_are_no_heads():
    table = pd.DataFrame({"x": [1.0]}, index=pd.Index(["a"], name="row")).style.to_html()
    mended = without_empty_heads(table)
    assert [len(re.findall(r"<th[ >]", each)) for each in (table, mended)] == [5, 3]
    assert ">row</th>" in mended
    assert ">a</th>" in mended
    assert len(re.findall(r"<td[ >]", mended)) == 1 + 2


def test_folds_of_the_contents_say_what_is_below():
    contents = (
        '<li><a class="reference internal" href="x.html">7. Eleven &amp; more</a><details><summary><i></i></summary>'
    )
    assert '<summary aria-label="Pages below 7. Eleven &amp;amp; more">' not in with_named_folds(contents)
    assert '<summary aria-label="Pages below 7. Eleven &amp; more">' in with_named_folds(contents)
    assert with_named_folds("<details><summary>words</summary>") == "<details><summary>words</summary>"
