"""Labels of the bibliography: the words of the text, each work with its own."""

import re

import pytest
import yaml
from pybtex.database import parse_file, parse_string
from sphinxcontrib.bibtex.style.referencing import format_references
from sphinxcontrib.bibtex.style.template import SphinxReferenceInfo

from lib.provenance import ROOT
from publish.pages.author_year import NAME, AuthorYear, InText, label

BIBLIOGRAPHY = ROOT / "book" / "references.bib"


def entry(people, year="1964", kind="author"):
    return parse_string(f"@article{{key, {kind}={{{people}}}, title={{T}}, year={{{year}}}}}", "bibtex").entries["key"]


def test_labels_are_authors_and_year():
    assert label(entry("Marquardt, Donald W.")) == "Marquardt, 1964"
    assert label(entry("Kohn, W. and Sham, L. J.")) == "Kohn and Sham, 1964"
    assert label(entry(r"B{\"u}rvenich, T. and Madland, D. G. and Maruhn, J. A.")) == "Bürvenich et al., 1964"
    assert label(entry("Meng, Jie", kind="editor")) == "Meng, 1964"


def test_each_work_has_its_own_label_and_the_list_is_sorted_by_them():
    made = [each.label for each in AuthorYear().format_bibliography(parse_file(BIBLIOGRAPHY))]
    assert len(set(made)) == len(made) == len(parse_file(BIBLIOGRAPHY).entries)
    assert made == sorted(made, key=str.lower)
    assert not [each for each in made if "others" in each]
    assert {"Bender et al., 2000a", "Bender et al., 2000b", "Li et al., 2026"} <= set(made)


@pytest.mark.parametrize(("role", "words"), [("p", "[Bender et al., 2000b]"), ("t", "Bender et al. [2000b]")])
def test_the_text_has_the_letters_of_the_list(role, words):
    works = parse_file(BIBLIOGRAPHY)
    listed = {each.key: each for each in AuthorYear().format_bibliography(works)}
    info = SphinxReferenceInfo(None, "here", "bibliography", "id", None, "", "")
    references = [(works.entries["Bender2000pairing"], listed["Bender2000pairing"], info)]
    assert str(format_references(InText(), role, references)) == words
    assert works.entries["Bender2000pairing"].fields["year"] == "2000", "the entry itself is left alone"


def test_years_are_plain_and_preprints_have_their_address():
    for work in parse_file(BIBLIOGRAPHY).entries.values():
        assert re.fullmatch(r"[12]\d{3}", work.fields["year"]), work.key
        if work.fields.get("journal") == "preprint":
            assert work.fields["url"] == f"https://arxiv.org/abs/{work.fields['eprint']}"
            assert work.fields["archivePrefix"] == "arXiv"


def test_every_work_is_cited_and_every_citation_is_a_work():
    text = "\n".join(path.read_text() for path in (ROOT / "book").glob("[!.]*.md"))
    cited = {key.strip() for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text) for key in keys.split(",")}
    assert cited == set(parse_file(BIBLIOGRAPHY).entries)


def test_the_book_uses_them():
    sphinx = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]
    assert sphinx["config"]["bibtex_default_style"] == sphinx["config"]["bibtex_reference_style"] == NAME


def test_the_paper_is_the_same_in_the_citation_file_and_in_the_bibliography():
    [paper] = yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]
    work = parse_file(BIBLIOGRAPHY).entries["Li2026"]
    assert re.sub("[{}]", "", work.fields["title"]) == paper["title"]
    assert work.fields["year"] == str(paper["year"])
    assert work.fields["journal"] == paper["status"]
    assert work.fields["url"] == paper["url"]
    assert [each["value"] for each in paper["identifiers"]] == [f"arXiv:{work.fields['eprint']}"]
    people = [f"{each['family-names']}, {each['given-names']}" for each in paper["authors"]]
    assert [str(person) for person in work.persons["author"]] == people
