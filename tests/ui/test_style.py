"""The stylesheet: small, readable in both themes, and carried by every fragment."""

import re

import pytest

from perm_lab.iam import Verdict
from perm_lab.ui.style import CSS, DARK, LIGHT, fragment, mark, prose, table


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["fg", "dim", "ok", "no", "accent"])
@pytest.mark.parametrize("paper", ["bg", "soft"])
def test_text_meets_wcag_aa_on_both_papers(theme: dict[str, str], ink: str, paper: str) -> None:
    assert contrast(theme[ink], theme[paper]) >= 4.5


def test_every_rule_is_scoped_to_the_kits_own_class() -> None:
    rules = re.sub(r"@media[^{]*\{", "", CSS)
    selectors = [one for each in re.findall(r"([^{}]+)\{", rules) for one in each.split(",")]
    assert selectors
    assert [] == [one for one in selectors if ".pl" not in one]


def test_a_fragment_carries_its_style_and_the_style_is_small() -> None:
    assert CSS in fragment("<p>x</p>")
    assert len(CSS) < 6000


def test_a_verdict_is_a_sign_and_a_word_before_it_is_a_colour() -> None:
    for verdict in Verdict:
        text = re.sub(r"<[^>]+>", "", mark(verdict).html)
        assert f"{verdict.sign}&nbsp;{verdict.word}" == text


def test_prose_and_tables_escape_what_people_wrote() -> None:
    assert "<p>a <code>&lt;b&gt;</code> &amp; c</p>" == prose("a `<b>` & c")
    assert "&lt;script&gt;" in table(("<script>",), [("x",)])
