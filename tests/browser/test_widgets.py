"""Every widget of every notebook, worked in the page by mouse and by keyboard alone, and what it then says."""

import html
import json
import re

import pytest
from playwright.sync_api import expect

from perm_lab.challenges import Question, Task
from perm_lab.ui.style import prose
from tests.asked import asked, panels
from tests.browser.hands import Hand, Keyboard, Mouse, wait_for
from tests.repo import NOTEBOOKS
from tests.tiers import first_of

IDS = {"ids": lambda value: getattr(value, "stem", None) or getattr(value, "__name__", None)}
BROKEN = '{"Version": "2012-10-17",\n "Statement": }'


def widgets(path):
    """Each widget of a notebook that is made from data: its cell, its class and the data."""
    return [(each.cell, each.kind, each.data) for each in asked(path)]


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
    """Write `document`, check it, and find the page to say what the task says in plain Python.

    What is typed travels in its own time: where it came after the press, the page says so, and Check is pressed again.
    """
    hand.write(hand.field("Policy:"), text(document))
    outcome = task.check(text(document))
    slip = f": {outcome.slip}" if outcome.slip else ""
    said = f"{outcome.tone.sign} {outcome.tone.value}{slip}{words(outcome.message)}"
    late = hand.part.locator(".pl-stale .pl-earlier")
    hand.use(hand.button("Check"))
    expect(hand.part.filter(has_text=said).or_(late).first).to_be_attached()
    if late.count():
        hand.use(hand.button("Check"))
    hand.says(said)
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


def is_answered(hand: Hand, question: Question):
    hand.says(verdict(question, question.answer))
    expect(hand.option(question.answer)).to_be_checked()


def is_taken(hand: Hand, questions):
    hand.says(f"✓ {len(questions)} of {len(questions)} answered, {len(questions)} right")


def is_solved(hand: Hand, task: Task):
    expect(hand.field("Policy:")).to_have_value(text(task.reference))


def is_in_order(hand: Hand, ordering):
    hand.says(f"✓ right{words(ordering.reply)}")


STAYS = {"Prediction": is_answered, "Quiz": is_taken, "PolicyEditor": is_solved, "Arrange": is_in_order}
WORK = {"Prediction": predict, "Quiz": take, "PolicyEditor": solve, "Arrange": put_in_order}


# each notebook by mouse; by keyboard those that between them have every kind of answer: one document, and several
PLAYED = [(path, Keyboard) for path in NOTEBOOKS if path.stem[:2] in ("00", "07")]
PLAYED += [(path, Mouse) for path in NOTEBOOKS]


@pytest.mark.parametrize(("path", "hand"), first_of(PLAYED), **IDS)
def test_what_is_asked_can_be_answered_and_is_there_after_a_restart(fresh, path, hand):
    page = fresh(path)
    assert set(WORK) == {kind for _, kind, _ in widgets(path)}
    for cell, kind, data in widgets(path):
        WORK[kind](hand(page, cell), data)
    page.restart_and_run_all()
    for cell, kind, data in widgets(path):
        STAYS[kind](hand(page, cell), data)


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


def views(hand: Hand, most: int):
    """The views of a cell's widget, shown one after the other: its tabs, the first `most`, if it has any."""
    names = hand.part.get_by_role("tab").all_inner_texts()
    for name in names[:most]:
        hand.open_tab(name)
        expect(hand.part.locator(".widget-tab-contents > *").locator("visible=true").first).not_to_have_text("…")
        yield f"-{name.replace(' ', '-')}"
    if not names:
        yield ""


# how each widget is looked at, and how many of its tabs: all of them where it is narrow, and once in each theme
LOOKS = {(800, "light"): 1, (800, "dark"): 9, (1400, "light"): 9, (1400, "dark"): 1}


@pytest.mark.parametrize(("path",), first_of((path,) for path in NOTEBOOKS), **IDS)
def test_pictures_of_every_widget(fresh, path):
    page = fresh(path)
    begin(page, path)
    cells = sorted({cell for cell, *_ in widgets(path)} | {cell for cell, _ in panels(path)})
    for (width, theme), most in LOOKS.items():
        page.look(width=width, theme=theme)
        for cell in cells:
            for view in views(Mouse(page, cell), most):
                shot = page.screenshot(f"{path.stem}-{cell:02}{view}-{width}-{theme}", page.output(cell))
                assert shot.stat().st_size > 5_000
                assert [] == page.cut_off(page.output(cell))
