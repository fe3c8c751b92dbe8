import nltk
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.metrics.overlap import (
    compression,
    coverage,
    density,
    edit_distance,
    fragments,
    jaccard,
    novel_ngrams,
    repetition,
)
from impossible.text.words import ngrams, words

TOKENS = st.lists(st.sampled_from("abcd"), max_size=10)
SOURCE = "The council, which met late on Tuesday, voted to close the bridge."
OUTPUT = "The council voted to shut the bridge on Tuesday."


def test_words() -> None:
    assert words("It's “naïve”, he said – 3.5 times!") == ["it's", "naïve", "he", "said", "3", "5", "times"]
    assert ngrams(["a", "b", "c"], 2) == [("a", "b"), ("b", "c")]
    assert ngrams(["a"], 2) == []


def test_jaccard_by_hand() -> None:
    # source: the council which met late on tuesday voted to close bridge (11);
    # output: the council voted to shut bridge on tuesday (8); 7 in common, 12 in all
    assert jaccard([SOURCE, "", "a"], [OUTPUT, "", "b"]).tolist() == pytest.approx([7 / 12, 1, 0])


def test_compression_by_hand() -> None:
    found = compression([SOURCE, ""], [OUTPUT, "x"])
    assert found[0] == 9 / 12
    assert np.isnan(found[1])


def test_novel_ngrams_by_hand() -> None:
    # of the output's nine words only "shut" is new; of its eight bigrams these are old:
    # the-council, voted-to, the-bridge, on-tuesday
    assert novel_ngrams([SOURCE], [OUTPUT], 1).value == pytest.approx(1 / 9)
    assert novel_ngrams([SOURCE], [OUTPUT], 2).value == pytest.approx(4 / 8)
    assert np.isnan(novel_ngrams(["a b"], ["a"], 2).value)


def test_fragments_coverage_and_density_by_hand() -> None:
    # the council | voted to | shut is new | the bridge | on tuesday
    assert [" ".join(f) for f in fragments(words(SOURCE), words(OUTPUT))] == [
        "the council",
        "voted to",
        "the bridge",
        "on tuesday",
    ]
    assert coverage([SOURCE], [OUTPUT])[0] == pytest.approx(8 / 9)
    assert density([SOURCE], [OUTPUT])[0] == pytest.approx(4 * 2**2 / 9)


def test_of_two_places_the_longer_run_counts() -> None:
    # "a b" stands first, "a b c" later: the greedy match takes the later one
    assert fragments("a b x a b c".split(), "a b c".split()) == [["a", "b", "c"]]


def by_the_figure(a: list[str], s: list[str]) -> list[list[str]]:
    """Grusky et al. 2018, figure 3, as printed but for 0-based indices."""
    found: list[list[str]] = []
    i = j = 0
    while i < len(s):
        longest: list[str] = []
        while j < len(a):
            if s[i] == a[j]:
                k, m = i, j
                while k < len(s) and m < len(a) and s[k] == a[m]:
                    k, m = k + 1, m + 1
                if len(longest) < k - i:
                    longest = s[i:k]
                j = m
            else:
                j += 1
        i, j = i + max(len(longest), 1), 0
        if longest:
            found.append(longest)
    return found


@given(TOKENS, TOKENS)
def test_fragments_are_as_long_as_those_of_the_paper(a: list[str], s: list[str]) -> None:
    # the figure jumps behind each run that it has seen and may miss a longer one inside, "aab" in "aaab"; so
    # what is covered is the same, and its first fragment is never the longer one
    ours, theirs = fragments(a, s), by_the_figure(a, s)
    assert sum(map(len, ours)) == sum(map(len, theirs))
    assert [len(f) for f in ours[:1]] >= [len(f) for f in theirs[:1]]


@given(TOKENS.filter(bool))
def test_a_copy_is_one_fragment(tokens: list[str]) -> None:
    text = " ".join(tokens)
    assert coverage([text], [text])[0] == 1
    assert density([text], [text])[0] == len(tokens)


def test_repetition_by_hand() -> None:
    # a-b b-a a-b: two of three bigrams are distinct
    assert repetition(["a b a b", "a b c", "a"], 2).tolist() == pytest.approx([1 / 3, 0, 0])


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_edit_distance_is_levenshteins(a: str, b: str) -> None:
    expected = nltk.edit_distance(a, b) / max(len(a), len(b), 1)
    assert edit_distance([a], [b])[0] == pytest.approx(expected)
