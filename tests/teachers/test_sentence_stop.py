from impossible.teachers.sentence_stop import SentenceStop


def stopped(tokens: list[str], sentences: int = 1) -> str | None:
    """Feed tokens; returns the text at the stop, or None if it never stopped."""
    stop = SentenceStop(lambda ids: "".join(tokens[i] for i in ids), sentences)
    for i, token in enumerate(tokens):
        if stop.push(i, token, -1.0):
            assert stop.logprob == -(i + 1)
            return stop.text()
    return None


def test_a_plain_word_before_the_stop_ends_at_once() -> None:
    assert stopped([" The", " dog", " barked", ".", " Then", " it"]) == " The dog barked."


def test_abbreviations_and_decimals_do_not_end() -> None:
    tokens = [
        " Dr",
        ".",
        " Smith",
        " of",
        " the",
        " U",
        ".",
        "S",
        ".",
        " paid",
        " 2",
        ".",
        "5",
        " per",
        " cent",
        ".",
        " He",
    ]
    assert stopped(tokens) == " Dr. Smith of the U.S. paid 2.5 per cent."


def test_what_only_the_next_words_settle_is_settled_by_them() -> None:
    text = stopped([" He", " lives", " in", " the", " U", ".", "S", ".", " They", " left", " early", "."])
    assert text is not None and text.startswith(" He lives in the U.S. They")
    assert "early" not in text


def test_a_new_line_ends_and_several_sentences_can_be_asked_for() -> None:
    assert stopped([" A", " heading", "\n", "More"]) == " A heading\n"
    assert (
        stopped([" The", " dog", " barked", ".", " The", " cat", " slept", ".", " No"], 2)
        == " The dog barked. The cat slept."
    )


def test_unfinished_text_does_not_stop() -> None:
    assert stopped([" The", " dog", " and", " the"]) is None
