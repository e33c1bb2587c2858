"""Wildcards: what they match by a table, and against their definition on everything small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perm_lab.iam.pattern import compile_arn, compile_pattern, compile_segments, meet
from perm_lab.iam.variables import Template

MATCHES = [
    ("", ""), ("*", ""), ("*", "a\nb"), ("a", "a"), ("?", "\n"), ("a*", "a"), ("a*", "ab"), ("*a", "a"), ("*a", "ba"),
    ("a*b", "ab"), ("a*b", "axb"), ("a*b*c", "abc"), ("a*b*c", "axbxc"), ("a*b*c", "abbc"), ("a*b*b", "abb"),
    ("*a*", "xax"), ("*ab*ab*", "abab"), ("a?c", "abc"), ("a?*", "ab"), ("*?a", "ba"), ("a*?c", "abc"), ("?*?", "ab"),
    ("a*b?d*e", "axbcdye"), ("*b?*?d", "bccd"), ("**", "x"), ("a**b", "ab"), ("a.c", "a.c"), ("a[b]*", "a[b]c"),
    ("*aab", "aaab"), ("a*?b?c", "axbyc"), ("x*a?a*y", "xabay"),
]  # fmt: skip
DIFFERS = [
    ("", "a"), ("a", ""), ("a", "A"), ("?", ""), ("?", "ab"), ("a*", "ba"), ("*a", "ab"), ("a*b", "a"), ("a*b", "b"),
    ("ab*ba", "aba"), ("a*b*c", "acb"), ("a*b*c", "ac"), ("a*b*b", "ab"), ("*ab*ab*", "abxa"), ("a?c", "ac"),
    ("a?*", "a"), ("*?a", "a"), ("a*?c", "ac"), ("?*?", "a"), ("a*b?d*e", "axbde"), ("*b?*?d", "bcd"), ("a.c", "abc"),
    ("a?b*?b", "axb"), ("a?b*b?c", "axbxc"), ("x*a?a*y", "xaay"), ("ab*", "a"), ("a*bb*b", "abb"), ("?a*a?", "aaa"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text"), MATCHES)
def test_what_matches(pattern, text):
    assert compile_pattern(pattern)(text)


@pytest.mark.parametrize(("pattern", "text"), DIFFERS)
def test_what_does_not(pattern, text):
    assert not compile_pattern(pattern)(text)


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in [*MATCHES, *DIFFERS] if "?" in pattern])
def test_a_character_that_is_given_stands_for_itself_alone(pattern):
    literal = compile_segments([list(part) for part in pattern.split("*")])
    assert literal(pattern.replace("*", "x"))
    assert not literal(pattern.replace("*", "x").replace("?", "y"))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a${k:x}b", "a*?b"),
        ("${k:x}", "*?"),
        ("*${k:x}?", "abc*?d"),
        ("${k:y, 'z'}", "z"),
        ("${ k:x }", "*?"),
        ("${*}${?}${$}", "*?$"),
        ("${k:x", "${k:x"),
        ("${}x", "x"),
    ],
)
def test_a_text_with_variables(written, text):
    template = Template(written)
    matcher = template.matcher({"k:x": ("*?",), "": ("",)})
    assert matcher(text)
    assert not matcher(text + "!")
    assert not matcher("!" + text) or written.startswith("*")


SHAPES = {
    "bucket": "arn:${Partition}:s3:::${BucketName}",
    "object": "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
    "function": "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}",
}


@pytest.mark.parametrize(
    ("pattern", "shapes"),
    [
        ("*", {"bucket", "object", "function"}),
        ("arn:aws:s3:::photos", {"bucket"}),
        ("arn:aws:s3:::photos/a", {"object"}),
        ("arn:aws:s3:::photos/*", {"object"}),
        ("arn:aws:s3:::photos*", {"bucket", "object"}),
        ("arn:aws:s3:::*", {"bucket", "object"}),
        ("arn:aws:s3:::a?b", {"bucket", "object"}),
        ("arn:aws:s3:::?", {"bucket"}),
        ("arn:aws:s3:::/", set()),
        ("arn:aws:s3:::/key", set()),
        ("arn:aws:s3:::???", {"bucket", "object"}),
        ("arn:aws:lambda:us-east-1:111111111111:function:", set()),
        ("arn:*:*:*:*:*", {"bucket", "object", "function"}),
        ("arn:aws:lambda:us-east-1:111111111111:function:*", {"function"}),
        ("arn:aws:lambda:us-east-1:111111111111:fun?tion:f:prod", {"function"}),
        ("arn:aws:lambda:us-east-1:111111111111:layer:*", set()),
        ("arn:aws:lambda:us-east-1:111111111111:functions", set()),
        ("arn:aws:sqs:us-east-1:111111111111:q", set()),
        ("arn:aws:s3", set()),
    ],
)
def test_which_kinds_of_resource_a_pattern_may_name(pattern, shapes):
    assert shapes == {name for name, shape in SHAPES.items() if meet(pattern, shape)}


def slowly(pattern, text):
    """Wildcard matching by its definition."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slowly(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and slowly(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=7), st.text("ab*?", max_size=8))
def test_wildcards_match_as_their_definition_says(pattern, text):
    assert slowly(pattern, text) == compile_pattern(pattern)(text)


@given(st.text("ab:*?", max_size=12), st.text("ab:", max_size=12))
def test_an_arn_matches_part_by_part(pattern, text):
    wanted, found = pattern.split(":", 5), text.split(":", 5)
    parts = len(wanted) == len(found) == 6 and all(map(slowly, wanted, found))
    assert (pattern == "*" or parts) == compile_arn(pattern)(text)
