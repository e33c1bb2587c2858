"""Predictions and quizzes, worked in plain Python as a learner works them on the page."""

import re
from pathlib import Path

import pytest

from perm_lab.challenges import Progress, Question
from perm_lab.ui import Prediction, Quiz

REPLIES = {"the role": "yes: `photo-reader` runs", "maya": "the person who calls is not who runs"}


def question(name: str = "", text: str = "Who runs?") -> Question:
    return Question(text, ("the role", "maya"), "the role", REPLIES, name)


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.json")


def test_nothing_is_chosen_at_first_and_commit_is_disabled() -> None:
    prediction = Prediction("Who runs?", ("the role", "maya"), "the role", REPLIES)
    assert prediction.choice is None
    assert prediction.correct is None
    assert prediction.commit_button.disabled
    assert "" == prediction.reply.value


def test_a_choice_enables_commit_and_shows_nothing_yet() -> None:
    prediction = Prediction(question())
    prediction.options.value = "maya"
    assert not prediction.commit_button.disabled
    assert not prediction.committed
    assert "" == prediction.reply.value


@pytest.mark.parametrize(("choice", "right", "says"), [("the role", True, "Right"), ("maya", False, "Not so")])
def test_committing_replies_to_the_option_chosen(choice: str, right: bool, says: str) -> None:
    prediction = Prediction(question())
    prediction.options.value = choice
    prediction.commit_button.click()
    assert prediction.committed
    assert right is prediction.correct
    assert says in prediction.reply.value
    assert ("who calls is not who runs" in prediction.reply.value) is (choice == "maya")
    assert prediction.options.disabled
    assert "Committed" == prediction.commit_button.description


def test_what_is_revealed_shows_only_after_the_commit_and_reaches_python() -> None:
    shown, told = [], []

    def reveal() -> str:
        shown.append(1)
        return "the <verdict>"

    prediction = Prediction(question(), reveal=reveal, on_commit=told.append)
    prediction.options.value = "maya"
    assert [] == shown
    prediction.commit_button.click()
    assert "the &lt;verdict&gt;" in prediction.reply.value
    assert [prediction] == told


def test_an_exception_in_a_callback_is_shown_in_the_panel() -> None:
    def reveal() -> str:
        raise RuntimeError("the lab is <closed>")

    prediction = Prediction(question(), reveal=reveal)
    prediction.options.value = "maya"
    prediction.commit_button.click()
    assert "(RuntimeError: the lab is &lt;closed&gt;). Run the cell again" in prediction.notice.value
    assert prediction.notice.layout.display is None


def test_answering_again_starts_afresh() -> None:
    prediction = Prediction(question())
    prediction.commit("maya")
    prediction.again_button.click()
    assert (None, False, "") == (prediction.choice, prediction.committed, prediction.reply.value)
    assert not prediction.options.disabled
    assert prediction.commit_button.disabled and "Commit" == prediction.commit_button.description
    assert not prediction.again_button.disabled


def test_committing_to_what_is_no_option_names_the_options() -> None:
    with pytest.raises(ValueError, match="`lambda` is not an option; the options are: `the role`, `maya`"):
        Prediction(question()).commit("lambda")
    with pytest.raises(ValueError, match="nothing is chosen yet"):
        Prediction(question()).commit()


def test_a_named_choice_is_there_again_after_a_restart(progress: Progress) -> None:
    Prediction(question("q1"), progress=progress).commit("maya")
    again = Prediction(question("q1"), progress=Progress(progress.path))
    assert ("maya", True, False) == (again.choice, again.committed, again.correct)
    assert "who calls is not who runs" in again.reply.value
    assert Prediction(question("q2"), progress=progress).choice is None


def test_a_kept_choice_that_is_no_longer_an_option_is_forgotten(progress: Progress) -> None:
    progress.put("q1", {"choice": "nobody"})
    assert Prediction(question("q1"), progress=progress).choice is None


def test_the_page_without_a_kernel_has_the_question_and_never_the_answer() -> None:
    prediction = Prediction(question(text="Who `runs` <it>?"))
    bundle = prediction._repr_mimebundle_()
    assert "Who `runs` <it>?\n  ( ) the role\n  ( ) maya" == bundle["text/plain"]
    assert "<code>runs</code> &lt;it&gt;?" in bundle["text/html"]
    assert "photo-reader" not in bundle["text/html"] + bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_quiz_counts_as_it_is_answered() -> None:
    quiz = Quiz(question(), question(text="Who logs?"))
    assert (0, 0) == (quiz.answered, quiz.right)
    assert "none answered yet" in quiz.summary.value
    quiz.predictions[0].commit("the role")
    quiz.predictions[1].commit("maya")
    assert (2, 1) == (quiz.answered, quiz.right)
    assert "2 of 2 answered, 1 right; look again at 2" in quiz.summary.value
    quiz.predictions[1].again_button.click()
    quiz.predictions[1].commit("the role")
    assert "✓ 2 of 2 answered, 2 right" in quiz.summary.value


def test_a_quiz_numbers_its_questions_as_its_last_line_names_them() -> None:
    quiz = Quiz(question(), question(text="Who logs?"))
    shown = [child.value for child in quiz.children if "Question" in getattr(child, "value", "")]
    assert ["Question 1.", "Question 2."] == [re.sub(r"<[^>]+>", "", value) for value in shown]
    assert "Question 2. Who logs?" in quiz.text()
    assert "<b>Question 2.</b> <p>Who logs?" in quiz.static()
