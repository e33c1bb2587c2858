"""Options that exclude one another, though each is a radio button of its own."""

import pytest

from perm_lab.ui.choice import Choice


@pytest.fixture
def choice() -> Choice:
    return Choice({1: "one", 2: "two", 3: "three"})


def chosen(choice: Choice) -> list[int]:
    return [key for key, radio in choice.radios.items() if radio.index == 0]


def test_nothing_is_chosen_at_first(choice: Choice) -> None:
    assert choice.value is None and [] == chosen(choice)


def test_choosing_one_leaves_the_others(choice: Choice) -> None:
    choice.radios[1].value = 1
    choice.radios[3].value = 3
    assert 3 == choice.value and [3] == chosen(choice)


def test_each_change_is_told_once(choice: Choice) -> None:
    told = []
    choice.observe(lambda change: told.append(change["new"]), "value")
    choice.radios[1].value = 1
    choice.value = 2
    choice.value = None
    assert [1, 2, None] == told
    assert [] == chosen(choice)


def test_every_option_is_disabled_with_the_choice(choice: Choice) -> None:
    choice.disabled = True
    assert all(radio.disabled for radio in choice.radios.values())


def test_every_option_has_a_letter_and_its_words(choice: Choice) -> None:
    assert ["A", "B", "C"] == [radio.description for radio in choice.radios.values()]
    assert [("two", 2)] == list(choice.radios[2].options)


def test_an_unknown_option_is_refused_and_the_choice_stays(choice: Choice) -> None:
    choice.value = 2
    with pytest.raises(ValueError, match="`4` is not an option; the options are: `1`, `2`, `3`"):
        choice.value = 4
    assert 2 == choice.value
