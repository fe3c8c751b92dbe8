from impossible.text.overlap import Sentences

LONG = "I am in the process of buying a new phone for her."
SHORT = "It’s cold in here."
KEPT = Sentences([LONG, SHORT, "We never saw him at all."])


def test_spelling_makes_no_difference() -> None:
    for text in (
        "I AM in the process of\u00a0buying a new phone for her",
        "\ufeff“I am in\u200b the process of buying a new phone” for her",
        "She said: I am in the process of buy\u00ading a new car.",
    ):
        assert KEPT.repeated([text]) == [LONG]
    assert KEPT.repeated(["It's cold in here!"]) == [SHORT]
    assert KEPT.repeated(["So it's cold in here."]) == []  # four words that anybody says


def test_near_sentences_are_found() -> None:
    for text in (
        "I am in the process of buying an old phone for her.",
        "Well. I was in the process of buying a new phone for him. Good.",
        "I am in process of buying the new phone for her.",
    ):
        assert KEPT.near([text]) == [LONG]
    for text in (
        "I am in the process of selling my car.",
        "They are buying a new phone for her mother in the morning.",
        "It's cold in there.",  # too short to tell
    ):
        assert KEPT.near([text]) == []
