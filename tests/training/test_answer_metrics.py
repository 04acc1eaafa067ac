"""Answers are marked by what they say, beside those of whoever does not look."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.training import chips, telling_settings, tokeniser

from sargeo_training.answer_metrics import (
    BLIND,
    RIGHT,
    Commonest,
    Marked,
    answer_figures,
    asked_of,
    commonest_answers,
    mark,
)
from sargeo_training.engine.answering import answer_chips
from sargeo_training.engine.networks import new_network
from sargeo_training.hcot.questions import answers_to
from sargeo_training.hcot.writing import Application, Claim, Question, Writing


def question(value: str | int, **changes: object) -> Question:
    """How many ships there are, or which class is the main one."""
    counting = isinstance(value, int)
    fact = "objects.count:ship" if counting else "landcover.main"
    given = {
        "application": "counting" if counting else "classification",
        "question": "How many ships are there?" if counting else "What is the main land cover?",
        "answer": str(value),
        "claims": (Claim(fact=fact, value=value),),
    }
    return Question.model_validate({**given, **changes})


def writing(*questions: Question) -> Writing:
    return Writing(writer="me", clauses=(), concise="", detailed="", questions=questions)


@pytest.mark.parametrize("said", ["open water", "Open  water.", "water"])
def test_every_way_to_say_it_is_right(said: str) -> None:
    assert mark(question("open water"), said, {}).right


@pytest.mark.parametrize("said", ["trees", "", "no open water"])
def test_anything_else_is_wrong(said: str) -> None:
    assert not mark(question("open water"), said, {}).right


def test_numbers_have_to_be_exact() -> None:
    assert [mark(question(12), said, {}).right for said in ("12", "1", "112")] == [
        True,
        False,
        False,
    ]


def test_of_what_no_pattern_words_only_the_answer_given_is_right() -> None:
    free = question("a sandbank", claims=(Claim(fact="landcover.main", value="trees"),))
    odd = free.model_copy(update={"application": "positioning"})
    assert answers_to(odd) == {"a sandbank"}
    assert {"a sandbank", "trees"} <= answers_to(free)


def test_descriptions_are_not_asked_for() -> None:
    described = question("open water", application="description")
    assert asked_of(writing(described, question(3))) == (question(3),)


def test_blind_gives_what_chips_answer_most_often_to_the_same_words() -> None:
    known = commonest_answers([writing(question(n)) for n in (2, 3, 3)])
    assert mark(question(3), "7", known) == Marked("counting", right=False, blind=True)
    assert not mark(question(2), "2", known).blind
    other_words = question(3, question="Count the ships in the image.")
    assert not mark(other_words, "3", known).blind


def test_figures_are_shares_of_questions() -> None:
    def marked(application: Application, right: bool) -> Marked:
        return Marked(application, right=right, blind=not right)

    shown = [
        [marked("counting", True), marked("counting", True), marked("others", False)],
        [marked("counting", False)],
        [marked("others", True)],
    ]
    found = {(f.data, f.measure): f for f in answer_figures(shown, np.arange(3))}
    assert found["all applications; 5 questions", RIGHT].value == pytest.approx(3 / 5)
    assert found["counting; 3 questions", RIGHT].value == pytest.approx(2 / 3)
    assert found["counting; 3 questions", BLIND].value == pytest.approx(1 / 3)
    assert found["counting; 3 questions", BLIND].images == 2
    assert {data.partition(";")[0] for data, _ in found} == {
        "all applications",
        "counting",
        "others",
    }


def test_questions_asked_together_are_answered_as_alone() -> None:
    config, shown = telling_settings(), chips(2)
    torch.manual_seed(0)
    network = new_network(config, tokeniser(config)).eval()
    asked = ["How many ships are there?", "Where?", "What is the main land cover?"]
    together = list(answer_chips(network, config, shown, {0: asked, 1: asked[:1]}))
    for words, said in zip(asked, together[0], strict=True):
        (alone,) = answer_chips(network, config, shown, {0: [words]})
        assert said
        assert alone[0].startswith(said)  # alone, it may have more room
    assert [len(said) for said in together] == [3, 1]


def test_what_is_asked_of_real_chips_is_worded_by_a_pattern() -> None:
    """A right answer of the grounded writer is marked right, whatever is asked."""
    nobody: Commonest = {}
    for chip in chips(8):
        for one in asked_of(chip.record.writings[0]):
            assert mark(one, one.answer, nobody).right
            assert len(answers_to(one)) < 20
