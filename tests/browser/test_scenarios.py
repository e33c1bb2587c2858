"""Every scenario, the board and the browsers, worked in the page: what it then says is what plain Python says."""

import pytest
from playwright.sync_api import expect

from perm_lab import scenarios
from perm_lab.cloud import Lab
from perm_lab.iam import aws_message
from perm_lab.scenarios import RunOutcome, Scenario, managed_policies
from perm_lab.scenarios.across import board
from perm_lab.scenarios.board import MISTAKES, SIDES, title
from tests.asked import panels
from tests.browser.hands import HANDS, Hand, Mouse, wait_for
from tests.repo import NOTEBOOKS
from tests.tiers import first_of

SIGNS = ("✓", "✗", "⊘", "○")
ALL = [(path, cell, name) for path in NOTEBOOKS for cell, name in panels(path)]
BY_EACH_HAND = first_of((hand,) for hand in HANDS)
SCENARIOS = [(path, cell, getattr(scenarios, name)) for path, cell, name in ALL if name in scenarios.__all__]


def named(value):
    return getattr(value, "__name__", None)


def place_of(name):
    """The notebook and the cell in which a widget is made."""
    return next((path, cell) for path, cell, made in ALL if made == name)


# scenarios: what is changed, one after the other, in the widget and in the scenario itself


def steps(scenario: Scenario):
    """Every switch turned once and every handler chosen once, by turns."""
    switches, handlers = [each.key for each in scenario.toggles], [each.key for each in scenario.handlers]
    for n in range(max(len(switches), len(handlers))):
        yield from (("switch", key) for key in switches[n : n + 1])
        yield from (("handler", key) for key in handlers[n + 1 : n + 2])


def change(hand: Hand, scenario: Scenario, what, key):
    if what == "switch":
        toggle = next(each for each in scenario.toggles if each.key == key)
        hand.use(hand.switch(f"{toggle.label} ({toggle.help})"))
        scenario.set(key, key not in scenario.state)
    else:
        hand.use(hand.option(next(each.label for each in scenario.handlers if each.key == key)))
        scenario.handler = key


def verdict(run):
    sign = {RunOutcome.FAILED: "✗", RunOutcome.EXPOSED: "!"}.get(run.outcome, "✓")
    return f"{sign} {run.sentence}"


def compare(hand: Hand, run):
    """The page says of the run what plain Python says. The open tab, with the program, is the last to be told."""
    wait_for(hand.part.locator("textarea.pl-code"), run.boto3_code)
    assert verdict(run) == hand.part.locator(".pl-say").first.inner_text()
    drawn = {line.strip() for line in hand.part.locator("svg text").all_text_contents()}
    assert {f"{hop.sign} {hop.word}" for hop in run.hops} == {line for line in drawn if line.startswith(SIGNS)}
    assert {hop.action for hop in run.hops} <= drawn


def look_through_the_tabs(hand: Hand, run):
    decided = run.decisive or next((hop for hop in reversed(run.hops) if hop.decision), None)
    refused = decided and not decided.decision.allowed
    shown = {
        "Why": [aws_message(decided.decision)] if refused else [],
        "Policies in force": [policy.name for _, policy in run.policies],
        "Steps": [f"{hop.sign} {hop.word}" for hop in run.hops],
        "AWS CLI": [run.equivalents.cli_code],
        "CloudFormation": [str(each) for each in run.equivalents.cloudformation],
        "boto3": [run.boto3_code],
    }
    for name, expected in shown.items():
        hand.open_tab(name)
        page = hand.part.locator(".widget-tab-contents > *").locator("visible=true").first
        for each in expected:
            expect(page).to_contain_text(each)


@pytest.mark.parametrize(
    ("path", "cell", "kind", "hand"),
    first_of((*each, hand) for each in SCENARIOS for hand in HANDS if hand is Mouse or each == SCENARIOS[0]),
    ids=named,
)
def test_a_scenario_follows_every_change(fresh, path, cell, kind, hand):
    hand = hand(fresh(path), cell)
    with Lab() as lab:
        for other in (each[2] for each in SCENARIOS if each[0] == path and each[1] < cell):
            other(lab)  # the accounts are numbered one after the other
        scenario = kind(lab)
        run = scenario.run()
        assert verdict(run) == hand.part.locator(".pl-say").first.inner_text()
        look_through_the_tabs(hand, run)
        for what, key in steps(scenario):
            change(hand, scenario, what, key)
            compare(hand, run := scenario.run())
        look_through_the_tabs(hand, run)


@pytest.mark.parametrize(("hand",), BY_EACH_HAND, ids=named)
def test_a_scenario_that_asks_first_runs_when_it_is_told_what_will_happen(fresh, hand):
    path, cell, kind = SCENARIOS[0]
    hand = hand(fresh(path), cell)
    with Lab() as lab:
        scenario = kind(lab)
        before = verdict(scenario.run())
        hand.use(hand.switch("Ask me first what will happen"))
        expect(hand.button("Evaluate")).to_be_disabled()
        change(hand, scenario, "switch", scenario.toggles[0].key)
        expect(hand.part.locator(".pl-earlier").locator("visible=true").first).to_be_visible()
        assert before == hand.part.locator(".pl-say").first.inner_text()
        hand.use(hand.option("it works"))
        expect(hand.button("Evaluate")).to_be_enabled()
        hand.use(hand.button("Evaluate"))
        run = scenario.run()
        hand.says("✗ Not so: it fails" if run.outcome is RunOutcome.FAILED else "✓ Right: it works")
        expect(hand.part.locator(".pl-say").first).to_have_text(verdict(run))
        expect(hand.part.locator(".pl-earlier").locator("visible=true")).to_have_count(0)


# the others


@pytest.mark.parametrize(("hand",), BY_EACH_HAND, ids=named)
def test_on_the_board_a_wrong_place_is_answered_and_a_right_one_stays(fresh, hand):
    path, cell = place_of("BoardWidget")
    page = fresh(path)
    hand = hand(page, cell)
    belief, _ = MISTAKES["function policy", "execution role"]
    hand.use(hand.option(SIDES["execution role"]))
    hand.use(hand.button("Place and run"))
    hand.says(belief)
    hand.use(hand.option(SIDES["function policy"]))
    hand.use(hand.button("Place and run"))
    hand.says(f"✓ it works: {title('s3')}, {SIDES['function policy']}")
    hand.says("1 of 40 sources in their place, 0 at the first try")
    hand.use(hand.button("Next source"))
    expect(hand.button("Place and run")).to_be_disabled()
    page.restart_and_run_all()
    Mouse(page, cell).says("1 of 40 sources in their place, 0 at the first try")


@pytest.mark.parametrize(("hand",), BY_EACH_HAND, ids=named)
def test_on_the_board_of_both_sides_each_combination_is_decided(fresh, hand):
    path, cell = place_of("BothSides")
    hand = hand(fresh(path), cell)
    expect(hand.button("Commit")).to_be_disabled()
    first = board()[0]
    hand.use(hand.option("The caller gets in"))
    hand.use(hand.button("Commit"))
    right = "✓ Right" if first.decision.allowed else "✗ Not so"
    hand.says(f"{right}: {first.decision.verdict.sign} {first.decision.verdict.word}")
    hand.says("1 of 30 combinations tried")


def test_the_browser_of_managed_policies_follows_both_lists(fresh):
    path, cell = place_of("PolicyBrowser")
    hand = Mouse(fresh(path), cell)
    policy, need = list(managed_policies.policies())[-1], managed_policies.needs()[-1]
    hand.part.get_by_label("Policy:").select_option(policy)
    hand.part.get_by_label("Function:").select_option(f"a function that {need.label}")
    hand.says(managed_policies.fit(policy, need.key).sentence)


def test_progress_shows_and_is_taken_along_and_restored(fresh, tmp_path):
    page = fresh(NOTEBOOKS[0])
    [cell] = [n for n, name in panels(NOTEBOOKS[0]) if name == "progress"]
    hand = Mouse(page, cell)
    hand.says("nothing is answered yet")
    with page.page.expect_download() as download:
        hand.part.get_by_role("link", name="Download perm_lab_progress.json").click()
    kept = tmp_path / "kept.json"
    download.value.save_as(kept)
    assert '"format": 1' in kept.read_text("utf-8")
    with page.page.expect_file_chooser() as chooser:
        hand.part.get_by_role("button", name="Restore a file").click()
    chooser.value.set_files(kept)
    hand.says("✓ answers restored: 0")
