"""What a learner reads without any widget: verdicts, trails, policies, runs, pictures."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from perm_lab.cloud import Lab
from perm_lab.display import html
from perm_lab.iam import Policy, PolicySet, Principal, Request, evaluate
from perm_lab.scenarios import ExecutionRole
from perm_lab.ui import diagram
from perm_lab.ui.drawing import svg

MAYA = Principal.user("arn:aws:iam::111111111111:user/maya")
PHOTO = "arn:aws:s3:::album/private/passport.jpg"
READ = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::album/public/*"}],
    },
    name="read <b>photos</b>",
)
DENY = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Unrelated", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
            {"Sid": "KeepPrivate", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::album/private/*"},
        ],
    },
    name="keep-private",
)
LOGS = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}, name="logs"
)


class Page(HTMLParser):
    """The text of a fragment, its tags checked for being closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(source)
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def text(value: object) -> str:
    return re.sub(r"\s+", " ", Page(html(value)).text)


@pytest.fixture
def world() -> Iterator[ExecutionRole]:
    with Lab() as lab:
        yield ExecutionRole(lab)


def decide(*policies: Policy) -> object:
    return evaluate(Request(MAYA, "s3:GetObject", PHOTO, "111111111111"), PolicySet(identity=policies))


def test_the_verdict_comes_first_as_a_sign_and_a_word() -> None:
    assert text(decide(READ)).startswith("✗ implicitly denied: maya → s3:GetObject → album/private/passport.jpg")
    assert text(decide(READ, DENY)).startswith("⊘ explicitly denied: maya")


def test_a_denial_quotes_aws_and_says_which_element_failed() -> None:
    shown = text(decide(READ))
    assert "is not authorized to perform: s3:GetObject" in shown
    assert f"Resource names something else: written arn:aws:s3:::album/public/*, asked {PHOTO}" in shown


def test_the_deciding_statement_is_marked_and_named() -> None:
    shown = html(decide(DENY))
    rows = re.findall(r"<tr.*?</tr>", shown, re.DOTALL)
    marked = [row for row in rows if "pl-decides" in row]
    assert 1 == len(marked)
    assert "KeepPrivate" in marked[0] and "decides" in marked[0]


def test_policies_without_a_say_are_folded() -> None:
    shown = html(decide(READ, LOGS))
    before, _, folded = shown.partition("<details")
    assert "logs" in folded and "logs:*" not in before
    assert "read &lt;b&gt;photos&lt;/b&gt;" in before


def test_what_people_wrote_is_escaped_everywhere() -> None:
    for value in (READ, decide(READ)):
        assert "<b>photos</b>" not in html(value)


def test_a_decision_without_any_policy_says_so() -> None:
    assert "No policy has anything to say" in text(decide())


def test_a_policy_numbers_its_statements() -> None:
    shown = text(DENY)
    assert "keep-private" in shown and "Version 2012-10-17" in shown
    assert shown.index("1") < shown.index("Unrelated") < shown.index("KeepPrivate")


def test_the_trail_shows_each_call_under_what_caused_it(world: ExecutionRole) -> None:
    run = world.run()
    trail = world.lab.trail[-len(run.records) :]
    shown = text(trail)
    assert "lambda:Invoke" in shown and "needs lambda:InvokeFunction" in shown
    assert "↳ photo-reader/read-photo" in shown and "code of read-photo" in shown
    assert "✗ implicitly denied" in shown and "AccessDenied" in shown
    assert "no calls yet" in text(world.lab.trail[:0])


def test_of_a_long_trail_the_earlier_part_is_folded(world: ExecutionRole) -> None:
    while len(world.lab.trail) < 60:
        world.run()
    shown = html(world.lab.trail)
    assert f"{len(world.lab.trail) - 40} earlier calls</summary>" in shown
    assert text(world.lab.trail)


def test_every_record_shows_its_verdict_and_its_event(world: ExecutionRole) -> None:
    for record in world.run().records:
        assert "the event as CloudTrail writes it" in text(record)
        assert record.event["eventName"] in text(record)


def test_a_run_has_words_and_a_picture_of_every_step(world: ExecutionRole) -> None:
    run = world.run()
    shown = html(run)
    assert "<svg" in shown and 'role="img"' in shown
    assert text(run).startswith("✗ fails: the code runs as photo-reader")
    for hop in run.hops:
        assert hop.action in shown
    assert run.sentence in str(run)


def test_a_picture_tells_allowed_denied_and_never_reached_apart_by_words(world: ExecutionRole) -> None:
    assert "✗ implicitly denied" in diagram(world.run()).dot and "pl-no" in diagram(world.run()).dot
    world.set("trust", False)
    dot = diagram(world.run()).dot
    assert "○ never reached" in dot and "pl-idle" in dot and "dashed" in dot
    assert "✓ allowed" in dot and "pl-ok" in dot


def test_a_picture_of_calls_draws_the_service_from_what_it_acts_for(world: ExecutionRole) -> None:
    run = world.run()
    from_run, from_trail = diagram(run), diagram(world.lab.trail[-len(run.records) :])
    assert "by lambda.amazonaws.com" in from_trail.dot
    assert [hop.action for hop in from_run.hops][:3] == [hop.action for hop in from_trail.hops][:3]
    assert diagram(run.records[0]).hops == from_trail.hops[:1]


def test_where_nothing_can_draw_the_picture_is_a_list(world: ExecutionRole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perm_lab.ui.pictures.svg", lambda *_: None)
    picture = diagram(world.run())
    assert "<ol><li>✓ allowed: maya" in html(picture)
    assert str(picture).startswith("✓ allowed: maya")


def test_hostile_names_do_not_break_the_picture() -> None:
    assert "&lt;b&gt;&quot;x&quot;" in str(svg('digraph{a [label="<b>\\"x\\""]}', '<b>"x"'))
