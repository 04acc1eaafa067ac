"""Answers are marked by what they say, beside those of whoever does not look."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.told_chips import told_chip
from support.training import chips, telling_settings, tokeniser

from sargeo_training.data.facts import ObjectFact, ObjectFacts
from sargeo_training.data.target_text import Application, Claim, Question, TargetText
from sargeo_training.engine.networks import new_network
from sargeo_training.evaluation.answer_metrics import (
    BLIND,
    RIGHT,
    Marked,
    answer_figures,
    asked_of,
    commonest_answers,
    mark,
)
from sargeo_training.evaluation.answering import answer_chips
from sargeo_training.text.claims import Findings, findings
from sargeo_training.text.grounded import write
from sargeo_training.text.questions import answers_to


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


def writing(*questions: Question) -> TargetText:
    return TargetText(writer="me", clauses=(), concise="", detailed="", questions=questions)


NO_FACTS: Findings = {}


def right(asked: Question, said: str, facts: Findings = NO_FACTS) -> bool:
    return mark(asked, said, facts, {}).right


@pytest.mark.parametrize("said", ["open water", "Open  water.", "water"])
def test_every_way_to_say_it_is_right(said: str) -> None:
    assert right(question("open water"), said)


@pytest.mark.parametrize("said", ["trees", "", "no open water", "open water and trees"])
def test_anything_else_is_wrong(said: str) -> None:
    assert not right(question("open water"), said)


def test_numbers_have_to_be_exact() -> None:
    said = ("12", "1", "112", "1 2")
    assert [right(question(12), text) for text in said] == [True, False, False, False]


def test_things_may_be_listed_in_any_order() -> None:
    claims = tuple(
        Claim(fact=f"landcover.among:{k}", value=name)
        for k, name in enumerate(("trees", "built-up", "open water"), start=1)
    )
    asked = question("trees, built-up and open water", application="identification", claims=claims)
    assert right(asked, "open water, trees and built-up")
    assert not right(asked, "open water and trees")


def test_accents_and_spaces_that_a_tokeniser_loses_do_not_count() -> None:
    asked = question("Côte d'Ivoire", application="others", claims=())
    assert right(asked, "cote d ' ivoire")


def test_each_of_several_answers_that_the_facts_make_true_is_right() -> None:
    ships = ObjectFacts(
        layer="boxes",
        searched=1,
        items=tuple(
            ObjectFact(kind="ship", row=0.1, col=0.1, length_m=120, category=category)
            for category in ("cargo", "tanker")
        ),
    )
    claim = Claim(fact="objects.category:ship", value="cargo")
    asked = question("cargo", claims=(claim,), question="Name a kind of ship here.")
    facts = findings(told_chip(ships=ships).record)
    tanker = claim.model_copy(update={"value": "tanker"})
    tankers = asked.model_copy(update={"claims": (tanker,), "answer": "a tanker"})
    for said in answers_to(tankers, NO_FACTS):
        assert right(asked, said, facts), said
        assert not right(asked, said), said


def test_of_what_no_pattern_words_only_the_answer_given_is_right() -> None:
    free = question("a sandbank", claims=(Claim(fact="landcover.main", value="trees"),))
    odd = free.model_copy(update={"application": "positioning"})
    assert answers_to(odd, NO_FACTS) == {"a sandbank"}
    assert {"a sandbank", "trees"} <= answers_to(free, NO_FACTS)


def test_descriptions_are_not_asked_for() -> None:
    described = question("open water", application="description")
    assert asked_of(writing(described, question(3))) == (question(3),)


def test_blind_gives_what_is_answered_most_often_however_it_is_asked() -> None:
    known = commonest_answers([writing(question(n)) for n in (2, 3, 3)])
    other_words = question(3, question="Count the ships in the image.")
    for asked in (question(3), other_words):
        assert mark(asked, "7", NO_FACTS, known) == Marked("counting", right=False, blind=True)
    assert not mark(question(2), "2", NO_FACTS, known).blind
    assert not mark(question("trees"), "trees", NO_FACTS, known).blind


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


def test_what_the_writer_answers_is_among_the_ways_to_answer() -> None:
    """Nothing that a pattern words is marked wrong, whatever words were drawn for it."""
    record = told_chip().record
    for seed in range(8):
        for one in asked_of(write(record, np.random.default_rng(seed))):
            unsaid = one.model_copy(update={"answer": "?"})
            assert one.answer in answers_to(unsaid, NO_FACTS)
