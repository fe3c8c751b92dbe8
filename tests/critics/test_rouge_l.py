import random
import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from impossible.critics.rouge_l import RougeL

REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)
WORDS = ["the", "The", "cat", "Sat", "on", "2", "2nd", "e-mail", "U.S.", "İs", "naïve", "ß", ""]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join))


def reference(source: str, target: str) -> float:
    return float(REFERENCE.score(source, target)["rougeL"].fmeasure)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_equals_rouge_score(pairs: list[tuple[str, str]]) -> None:
    scores = RougeL().score([a for a, _ in pairs], [b for _, b in pairs])
    np.testing.assert_allclose(scores, [reference(a, b) for a, b in pairs], atol=1e-6)


def test_more_tokens_than_there_are_code_points_before_the_surrogates() -> None:
    words = [f"w{i}" for i in range(60_000)]
    sources = [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)]
    targets = [" ".join(source.split()[10:] + ["end"] * 10) for source in sources]
    np.testing.assert_allclose(RougeL().score(sources, targets), 0.5)


@given(TEXTS, TEXTS)
def test_symmetric(a: str, b: str) -> None:
    forward, backward = RougeL().score([a, b], [b, a])
    assert forward == backward


def test_all_pairs_of_a_group_are_fast() -> None:
    draw = random.Random(0)
    group = [" ".join(draw.choices([f"w{i}" for i in range(300)], k=20)) for _ in range(100)]
    sources = [a for i, a in enumerate(group) for _ in group[:i]]
    targets = [b for i in range(len(group)) for b in group[:i]]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        RougeL().score(sources, targets)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # 4 ms on an idle core


def test_no_pairs() -> None:
    assert RougeL().score([], []).shape == (0,)
