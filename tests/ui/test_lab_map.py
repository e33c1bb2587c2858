"""A lab as a picture: frames, links with their words, the last run lit, and words where there is too much of it."""

from perm_lab.cloud import Lab
from perm_lab.cloud.survey import Link, Survey
from perm_lab.ui import lab_html
from perm_lab.ui.lab_map import MOST, dot

SHOP = "111111111111"
FUNCTION, ROLE = f"arn:aws:lambda:us-east-1:{SHOP}:function:f", f"arn:aws:iam::{SHOP}:role/r"


def test_accounts_are_frames_and_links_say_what_they_are():
    found = Survey(
        ((SHOP, "shop <1>"),),
        (
            Link(FUNCTION, ROLE, "runs as", lit=True),
            Link("arn:aws:s3:::photos", FUNCTION, "sends events", "grant in the function policy"),
            Link("s3.amazonaws.com", FUNCTION, "let in"),
        ),
    )
    source = dot(found)
    assert f"subgraph cluster_{SHOP}" in source
    assert "shop <1>" in source
    assert "✓ runs as" in source and "penwidth=2.4" in source
    assert "✗ sends events" in source and 'class="pl-no"' in source
    frame = source[source.index("subgraph") : source.index("}")]
    assert "bucket" in frame and "amazonaws" not in frame


def test_a_lab_shows_its_picture_with_the_words_beside_it():
    with Lab() as lab:
        lab.account(SHOP, name="shop").admin().client("s3").create_bucket(Bucket="photos")
        shown = lab._repr_mimebundle_()
        assert "<pre>" in shown["text/html"] and f"shop ({SHOP})" in shown["text/plain"]
        assert lab_html(lab) == shown["text/html"]
    assert "Lab closed" in lab._repr_mimebundle_()["text/html"]


def test_too_much_for_a_picture_is_told_in_words(monkeypatch):
    links = tuple(Link(f"{FUNCTION}{n}", ROLE, "runs as", lit=n == 0) for n in range(MOST + 1))
    with Lab() as lab:
        monkeypatch.setattr(Lab, "survey", lambda _: Survey(((SHOP, "shop"),), links))
        html = lab_html(lab)
    assert f"{MOST + 2} things are too many for a picture: it shows the last run." in html
    assert html.count("<svg") == 1 and html.split("<svg")[1].split("</svg>")[0].count('<g id="edge') <= 1
