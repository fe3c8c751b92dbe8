import numpy as np

from impossible.critics.length_ratio import LengthRatio


def test_characters_of_the_target_per_character_of_the_source() -> None:
    scores = LengthRatio().score(["four", "four", "", "", "four"], ["fo", "fourfour", "", "four", ""])
    assert scores.tolist() == [0.5, 2.0, 1.0, np.inf, 0.0]
    assert scores.dtype == np.float32


def test_no_pairs() -> None:
    assert LengthRatio().score([], []).shape == (0,)
