"""Numbers of figures on pages below a chapter."""

from types import SimpleNamespace

from publish.pages.numbers import count_by_page


def test_a_page_below_a_chapter_counts_its_own_figures():
    env = SimpleNamespace(
        toc_secnumbers={"chapter": {"": (7,), "#a": (7, 1)}, "page": {"": (7, 5)}, "preface": {}},
        toc_fignumbers={
            "chapter": {"figure": {"a": (7, 1)}},
            "page": {"figure": {"b": (7, 2), "c": (7, 3)}, "table": {"d": (7, 1)}},
            "preface": {"figure": {"e": (1,)}},
        },
    )
    assert set(count_by_page(env)) == {"page"}
    assert env.toc_fignumbers == {
        "chapter": {"figure": {"a": (7, 1)}},
        "page": {"figure": {"b": (7, 5, 1), "c": (7, 5, 2)}, "table": {"d": (7, 5, 1)}},
        "preface": {"figure": {"e": (1,)}},
    }
    assert count_by_page(env) == [], "they stay what they are"
