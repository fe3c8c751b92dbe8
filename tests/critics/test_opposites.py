"""Pairs that say the opposite in nearly the same words: a critic by rule rejects each, no model is asked."""

import pytest
from spacy.language import Language

from impossible.critics.numbers import Numbers
from impossible.critics.support import Support

OPPOSITES = [
    ("The shop is open until 6 pm.", "The shop is open from 6 pm."),
    ("You can return it within 14 days.", "You can return it for at least 14 days."),
    ("Almost 300 people came.", "Over 300 people came."),
    ("Tickets cost no more than ten pounds.", "Tickets cost no less than ten pounds."),
    ("The parcel weighs under 3 kg.", "The parcel weighs above 3 kg."),
    ("The lift holds a maximum of eight people.", "The lift holds a minimum of eight people."),
    ("Call us before noon.", "Call us after noon."),
    ("Fewer than 40 members voted.", "More than 40 members voted."),
    ("The fee is due by Friday.", "The fee is due from Friday."),
    ("The bar closes at 9 pm at the latest.", "The bar closes at 9 pm at the earliest."),
    ("The film lasts nearly two hours.", "The film lasts more than two hours."),
    ("The hall seats as many as 50 guests.", "The hall seats as few as 50 guests."),
    ("The boat carries up to six divers.", "The boat carries exactly six divers."),
    ("Applicants must be over 18.", "Applicants must be under 18."),
    ("Repairs take at most a week.", "Repairs take at least a week."),
    ("The offer ends in June.", "The offer begins in June."),
    ("I got a lamp for my birthday.", "I gave a lamp for my birthday."),
    ("I need a new charger.", "I have a new charger."),
    ("The train arrives at 8.", "The train leaves at 8."),
    ("Prices rose by 5 percent.", "Prices fell by 5 percent."),
    ("He sold the house to Ann.", "He bought the house from Ann."),
    ("I agree with the plan.", "I disagree with the plan."),
    ("It is possible to park here.", "It is impossible to park here."),
    ("Anna borrowed a bike from her sister.", "Anna lent a bike to her sister."),
]


@pytest.mark.parametrize(("source", "target"), OPPOSITES)
def test_a_rule_rejects_what_says_the_opposite(nlp: Language, source: str, target: str) -> None:
    both = ([source, target], [target, source])
    lowest = {"numbers": min(Numbers().score(*both)), "support": min(Support(nlp).score(*both))}
    assert lowest["numbers"] < 1 or lowest["support"] < 0.75, lowest
