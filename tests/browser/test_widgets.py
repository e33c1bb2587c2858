"""Every widget of every notebook, worked in the page by mouse and by keyboard alone, and what it then says."""

import html
import json
import re
import shutil

import nbformat
import pytest
from playwright.sync_api import expect

from perm_lab.challenges import Question, Task
from perm_lab.cloud import Lab
from perm_lab.iam import aws_message
from perm_lab.scenarios import ExecutionRole, Outcome
from perm_lab.ui.style import prose
from tests.asked import asked
from tests.browser.hands import HANDS, Hand, Mouse, wait_for
from tests.repo import NOTEBOOKS

IDS = {"ids": lambda value: getattr(value, "stem", None) or getattr(value, "__name__", None)}
BROKEN = '{"Version": "2012-10-17",\n "Statement": }'


def widgets(path):
    """Each widget of a notebook that is made from data: its cell, its class and the data."""
    return [(each.cell, each.kind, each.data) for each in asked(path)]


def cells_with(path, words):
    return [n for n, cell in enumerate(nbformat.read(path, as_version=4).cells) if words in cell.source]


SCENARIOS = [path for path in NOTEBOOKS if cells_with(path, "ExecutionRoleWidget()")]


@pytest.fixture
def fresh(lab_page, lab_server, tmp_path_factory):
    """Opens a notebook in a folder of its own, where nobody has answered anything, in a new kernel, and runs it."""

    def run(path):
        folder = tmp_path_factory.mktemp("desk").name
        (lab_server.folder / folder).mkdir()
        shutil.copy(path, lab_server.folder / folder)
        lab_page.open(f"{folder}/{path.name}")
        lab_page.run_all()
        return lab_page

    return run


def words(markdown):
    """Prose from the data as its words stand in the page."""
    return html.unescape(re.sub(r"<[^>]+>", "", prose(markdown)))


# questions


def a_wrong_option(question: Question):
    return next(option for option in question.options if option != question.answer)


def verdict(question: Question, choice):
    """What stands under a question that `choice` was committed to."""
    return ("✓ Right" if question.correct(choice) else "✗ Not so") + words(question.replies[choice])


def answer(hand: Hand, question: Question, choice):
    expect(hand.button("Commit")).to_be_disabled()
    hand.use(hand.option(choice))
    hand.use(hand.button("Commit"))
    hand.says(verdict(question, choice))
    expect(hand.option(choice)).to_be_checked()
    expect(hand.option(choice)).to_be_disabled()


def answer_again(hand: Hand, question: Question, choice):
    hand.use(hand.button("Answer again"))
    expect(hand.part).not_to_contain_text(verdict(question, choice))
    expect(hand.option(choice)).not_to_be_checked()


def predict(hand: Hand, question: Question):
    wrong = a_wrong_option(question)
    answer(hand, question, wrong)
    answer_again(hand, question, wrong)
    answer(hand, question, question.answer)


def take(hand: Hand, questions):
    count, first = len(questions), questions[0]
    summary = hand.whole.locator(".pl-say").last
    wait_for(summary, f"○ {count} questions, none answered yet")
    hand.turn_to(0)
    wrong = a_wrong_option(first)
    answer(hand, first, wrong)
    wait_for(summary, f"… 1 of {count} answered, 0 right; look again at 1")
    answer_again(hand, first, wrong)
    for nth, question in enumerate(questions):
        hand.turn_to(nth)
        answer(hand, question, question.answer)
    wait_for(summary, f"✓ {count} of {count} answered, {count} right")


# tasks


def text(document):
    return document if isinstance(document, str) else json.dumps(document, indent=2)


def check(hand: Hand, task: Task, document):
    """Write `document`, check it, and find the page to say what the task says in plain Python."""
    hand.write(hand.field("Policy:"), text(document))
    hand.use(hand.button("Check"))
    outcome = task.check(text(document))
    slip = f": {outcome.slip}" if outcome.slip else ""
    hand.says(f"{outcome.tone.sign} {outcome.tone.value}{slip}{words(outcome.message)}")
    expect(hand.field("Policy:")).to_have_value(text(document))
    return outcome


def solve(hand: Hand, task: Task):
    hand.use(hand.button("Check"))
    hand.says("○ not yet")
    assert "line 2, column 15" in check(hand, task, BROKEN).message
    slip = next(each for each in task.rejected if each.slip)
    assert slip.slip == check(hand, task, slip.answer).slip
    look_at_the_hints(hand, task)
    assert check(hand, task, task.reference).right


def look_at_the_hints(hand: Hand, task: Task):
    solution = f"one solution{json.dumps(task.reference, indent=2)}"
    for label, hint in zip(["Hint", *["Next hint"] * len(task.hints)], task.hints, strict=False):
        hand.use(hand.button(label))
        hand.says(words(hint))
        expect(hand.part).not_to_contain_text(solution)
    hand.use(hand.button("Show a solution"))
    hand.says(f"{solution}{words(task.reasoning)}")
    hand.use(hand.button("Solution shown"))


def put_in_order(hand: Hand, ordering):
    hand.use(hand.button("Check"))
    hand.says("○ not yet")
    lines = list(ordering.shuffled)
    for place, line in enumerate(ordering.lines):
        while (now := lines.index(line)) > place:
            hand.use(hand.part.get_by_role("button", name="▲").nth(now))
            lines[now - 1 : now + 1] = lines[now], lines[now - 1]
            hand.says(f"{now}. {line}")
    hand.use(hand.button("Check"))
    hand.says(f"✓ right{words(ordering.reply)}")


WORK = {"Prediction": predict, "Quiz": take, "PolicyEditor": solve, "Arrange": put_in_order}


@pytest.mark.parametrize("hand", HANDS, **IDS)
@pytest.mark.parametrize("path", NOTEBOOKS, **IDS)
def test_what_is_asked_can_be_answered(fresh, path, hand):
    page = fresh(path)
    assert set(WORK) == {kind for _, kind, _ in widgets(path)}
    for cell, kind, data in widgets(path):
        WORK[kind](hand(page, cell), data)


# the scenario: what is changed, one after the other, in the widget and in the scenario itself

STEPS = [
    ("switch", "read-bucket"),
    ("handler", "read-secret"),
    ("switch", "deny-private"),
    ("handler", "say-hello"),
    ("switch", "logs"),
    ("switch", "invoke"),
    ("switch", "role-invoke"),
    ("switch", "invoke"),
    ("switch", "trust"),
    ("handler", "copy-photo"),
    ("switch", "trust"),
    ("switch", "execute"),
    ("switch", "person-s3"),
]
SIGNS = ("✓", "✗", "⊘", "○")


def change(hand: Hand, scenario: ExecutionRole, what, key):
    if what == "switch":
        toggle = next(each for each in scenario.toggles if each.key == key)
        hand.use(hand.switch(f"{toggle.label} ({toggle.help})"))
        scenario.set(key, key not in scenario.state)
    else:
        hand.use(hand.option(next(each.label for each in scenario.handlers if each.key == key)))
        scenario.handler = key


def compare(hand: Hand, run):
    """The page says of the run what plain Python says. The program is the last thing that a change sends there."""
    wait_for(hand.part.locator(".widget-tab-contents pre").last, run.boto3_code)
    sign = "✗" if run.outcome is Outcome.FAILED else "✓"
    assert f"{sign} {run.sentence}" == hand.part.locator(".pl-say").first.inner_text()
    drawn = {line.strip() for line in hand.part.locator("svg text").all_text_contents()}
    assert {f"{hop.sign} {hop.word}" for hop in run.hops} == {line for line in drawn if line.startswith(SIGNS)}
    assert {hop.action for hop in run.hops} | {hop.via for hop in run.hops if hop.via} <= drawn


def look_through_the_tabs(hand: Hand, run):
    why = run.decisive or [hop for hop in run.hops if hop.decision][-1]
    shown = {
        "Why": ["This is so because", *([] if why.decision.allowed else [aws_message(why.decision)])],
        "Policies in force": [policy.name for _, policy in run.policies],
        "The same in boto3": [run.boto3_code],
        "Steps": [f"{hop.sign} {hop.word}" for hop in run.hops],
    }
    for name, expected in shown.items():
        hand.open_tab(name)
        page = hand.part.locator(".widget-tab-contents > *").locator("visible=true").first
        for each in expected:
            expect(page).to_contain_text(each)


@pytest.mark.parametrize("hand", HANDS, **IDS)
@pytest.mark.parametrize("path", SCENARIOS, **IDS)
def test_the_scenario_follows_every_change(fresh, path, hand):
    hand = hand(fresh(path), *cells_with(path, "ExecutionRoleWidget()"))
    with Lab() as lab:
        scenario = ExecutionRole(lab)
        compare(hand, run := scenario.run())
        look_through_the_tabs(hand, run)
        for what, key in STEPS:
            change(hand, scenario, what, key)
            compare(hand, run := scenario.run())
        look_through_the_tabs(hand, run)


# what stays, and what it looks like


def begin(page, path):
    """Give each question of a notebook its first wrong answer and each task one that it rejects; what was given."""
    given = []
    for cell, kind, data in widgets(path):
        hand = Mouse(page, cell)
        if kind == "PolicyEditor":
            given.append(next(each for each in data.rejected if each.slip).answer)
            check(hand, data, given[-1])
        elif kind == "Arrange":
            hand.use(hand.part.get_by_role("button", name="▼").first)
            hand.use(hand.button("Check"))
            given.append([data.shuffled[1], data.shuffled[0], *data.shuffled[2:]])
        else:
            question = data[0] if kind == "Quiz" else data
            given.append(a_wrong_option(question))
            if kind == "Quiz":
                hand.turn_to(0)
            answer(hand, question, given[-1])
    return given


@pytest.mark.parametrize("path", NOTEBOOKS[:1], **IDS)
def test_answers_are_there_after_a_restart(fresh, path):
    page = fresh(path)
    given = begin(page, path)
    page.restart_and_run_all()
    for (cell, kind, data), choice in zip(widgets(path), given, strict=True):
        hand = Mouse(page, cell)
        if kind == "PolicyEditor":
            expect(hand.field("Policy:")).to_have_value(text(choice))
        elif kind == "Arrange":
            hand.says(f"1. {choice[0]}")
        else:
            hand.says(verdict(data[0] if kind == "Quiz" else data, choice))
            expect(hand.option(choice).first).to_be_checked()


def views(hand: Hand):
    """The views of a cell's widget, shown one after the other: its tabs, if it has any."""
    names = hand.part.get_by_role("tab").all_inner_texts()
    for name in names:
        hand.open_tab(name)
        yield f"-{name.replace(' ', '-')}"
    if not names:
        yield ""


@pytest.mark.parametrize("path", NOTEBOOKS, **IDS)
def test_pictures_of_every_widget(fresh, path):
    page = fresh(path)
    begin(page, path)
    cells = sorted({cell for cell, *_ in widgets(path)} | set(cells_with(path, "ExecutionRoleWidget()")))
    for width in (800, 1400):
        for theme in ("light", "dark"):
            page.look(width=width, theme=theme)
            for cell in cells:
                for view in views(Mouse(page, cell)):
                    shot = page.screenshot(f"{path.stem}-{cell:02}{view}-{width}-{theme}", page.output(cell))
                    assert shot.stat().st_size > 5_000
                    assert [] == page.cut_off(page.output(cell))
