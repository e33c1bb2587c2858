"""Every widget of every notebook, worked in the page by mouse and by keyboard alone, and what it then says."""

import json
import re
from functools import cache

import nbformat
import pytest

from perm_lab import challenges
from perm_lab.challenges import Question, Task
from perm_lab.cloud import Lab
from perm_lab.scenarios import ExecutionRole, Status
from tests.browser.hands import HANDS
from tests.repo import NOTEBOOKS

IDS = {"ids": lambda value: getattr(value, "stem", None) or getattr(value, "__name__", None)}
NAMED = re.compile(r"\b(Prediction|PolicyEditor|Quiz)\(\*?(\w+)\.(\w+)\)")
PROGRESS = "perm_lab_progress.json"


@cache
def widgets(path):
    """Each widget of a notebook that is made from data: its cell, its class and the data."""
    found = []
    for index, cell in enumerate(nbformat.read(path, as_version=4).cells):
        for kind, module, name in NAMED.findall(cell.source if cell.cell_type == "code" else ""):
            home = __import__(f"{challenges.__name__}.{module}", fromlist=[name])
            found.append((index, kind, getattr(home, name)))
    return found


def scenario_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    return next(n for n, cell in enumerate(cells) if "ExecutionRoleWidget()" in cell.source)


@pytest.fixture
def fresh(lab_page, lab_server):
    """Opens a notebook whose learner has answered nothing yet, and runs it."""

    def run(path):
        (lab_server.folder / PROGRESS).unlink(missing_ok=True)
        lab_page.open(path.name)
        lab_page.run_all()
        return lab_page

    return run


def seen(markdown):
    """The words of a reply up to its first mark-up: as they stand in the page."""
    return re.split(r"[*`_]|\n", markdown.strip())[0].strip()[:60]


def answer(hand, question: Question, choice, nth=0):
    hand.use(hand.option(choice, 0))
    hand.use(hand.button("Commit"))
    verdict = "✓ Right" if question.correct(choice) else "✗ Not so"
    hand.output.get_by_text(verdict).nth(nth).wait_for()
    if words := seen(question.replies[choice]):
        hand.says(words)


def predict(hand, question: Question):
    assert hand.button("Commit").is_disabled()
    answer(hand, question, next(option for option in question.options if option != question.answer))
    hand.use(hand.button("Answer again"))
    hand.output.get_by_text("✗ Not so").wait_for(state="detached")
    answer(hand, question, question.answer)


def take(hand, questions):
    hand.says(f"{len(questions)} questions, none answered yet")
    for nth, question in enumerate(questions):
        answer(hand, question, question.answer, nth)
    hand.says(f"{len(questions)} of {len(questions)} answered, {len(questions)} right")


def solve(hand, task: Task):
    field = hand.output.get_by_label("Policy:")
    hand.write(field, '{"Version": "2012-10-17",\n "Statement": }')
    hand.use(hand.button("Check"))
    hand.says("line 2, column 15")
    wrong = next(each for each in task.rejected if each.slip)
    hand.write(field, text(wrong.answer))
    hand.use(hand.button("Check"))
    hand.says(f"{wrong.tone.sign} {wrong.tone.value}: {wrong.slip}")
    hand.use(hand.button("Hint"))
    hand.says("Hints")
    hand.write(field, text(task.solution))
    hand.use(hand.button("Check"))
    hand.says("✓ right")


def text(document):
    if isinstance(document, str):
        return document
    return json.dumps(document, indent=2)


WORK = {"Prediction": predict, "Quiz": take, "PolicyEditor": solve}


@pytest.mark.parametrize("hand", HANDS, **IDS)
@pytest.mark.parametrize("path", NOTEBOOKS, **IDS)
def test_what_is_asked_can_be_answered(fresh, path, hand):
    page = fresh(path)
    assert widgets(path)
    for cell, kind, data in widgets(path):
        WORK[kind](hand(page, cell), data)


# what is changed, one after the other, in the widget and in the scenario itself
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
WORDS = {Status.ALLOWED: "✓ allowed", Status.DENIED: "denied", Status.NOT_REACHED: "never reached"}


@pytest.mark.parametrize("hand", HANDS, **IDS)
def test_the_scenario_follows_every_change(fresh, hand):
    path = next(path for path in NOTEBOOKS if "execution_role" in path.stem)
    hand = hand(fresh(path), scenario_cell(path))
    with Lab() as lab:
        scenario = ExecutionRole(lab)
        labels = {toggle.key: f"{toggle.label} ({toggle.help})" for toggle in scenario.toggles}
        handlers = {each.key: each.label for each in scenario.handlers}
        for what, key in STEPS:
            if what == "switch":
                hand.use(hand.output.get_by_label(labels[key], exact=True))
                scenario.set(key, key not in scenario.state)
            else:
                hand.use(hand.option(handlers[key]))
                scenario.handler = key
            run = scenario.run()
            hand.says(run.sentence)
            for status in {hop.status for hop in run.hops}:
                hand.output.locator("svg text", has_text=WORDS[status]).first.wait_for()
        look_through_the_tabs(hand, run)


def look_through_the_tabs(hand, run):
    for name, words in {
        "Why": "what would",
        "Policies in force": run.policies[-1][1].name,
        "The same in boto3": "create_function",
        "Steps": run.hops[0].action,
    }.items():
        hand.open_tab(name)
        hand.output.locator(".widget-tab-contents").get_by_text(words).locator("visible=true").first.wait_for()


def test_answers_are_there_after_a_restart(fresh, lab_page):
    path = NOTEBOOKS[-1]
    page = fresh(path)
    cell, _, question = next(each for each in widgets(path) if each[1] == "Prediction")
    mouse = HANDS[0](page, cell)
    answer(mouse, question, question.answer)
    page.restart_and_run_all()
    mouse.says("✓ Right")
    assert mouse.option(question.answer).is_checked()
    assert mouse.option(question.options[0]).is_disabled()


@pytest.mark.parametrize("path", NOTEBOOKS, **IDS)
def test_pictures_of_every_widget(fresh, path):
    page = fresh(path)
    cells = sorted({cell for cell, *_ in widgets(path)} | ({scenario_cell(path)} if "role" in path.stem else set()))
    for width in (800, 1400):
        for theme in ("light", "dark"):
            page.look(width=width, theme=theme)
            for cell in cells:
                shot = page.screenshot(f"{path.stem}-{cell:02}-{width}-{theme}", page.output(cell))
                assert shot.stat().st_size > 5_000
