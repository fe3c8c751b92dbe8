"""Both backends on tiny real models, and on each other's text."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from impossible.errors import ModelError
from impossible.recipe import Execution, Teacher
from impossible.teachers import Decoding, Sampler, open_teacher

from .. import tiny

DECODING = Decoding(temperature=0.9, top_p=0.95, top_k=20, max_tokens=20)
PROMPTS = ["The cat sees", "My old laptop was", "She wants"]
BACKENDS = ("ctranslate2", "transformers")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPOSSIBLE_CACHE", str(tmp_path / "cache"))


def teacher(folder: Path, backend: str, threads: int = 0) -> Sampler:
    settings = Teacher.model_validate({"backend": backend, "model": str(folder), "compute_type": "float32"})
    return open_teacher(settings, Execution(threads=threads))


@pytest.mark.parametrize(
    ("make", "backend"),
    [
        *((make, backend) for make in (tiny.llama, tiny.gpt2) for backend in BACKENDS),
        (tiny.biogpt, "transformers"),  # CTranslate2 cannot convert it, and says so
    ],
)
def test_a_context_and_a_seed_give_the_same_candidates_whatever_the_batch(
    tmp_path: Path, backend: str, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path / "m")
    one = teacher(folder, backend)
    together = list(one.sample(PROMPTS, 8, [1, 2, 3], DECODING))
    alone = [next(one.sample([p], 8, [s], DECODING)) for p, s in zip(PROMPTS, [1, 2, 3], strict=True)]
    turned = list(one.sample(PROMPTS[::-1], 8, [3, 2, 1], DECODING))[::-1]
    assert together == alone == turned
    assert len({c.text for group in together for c in group}) > 5


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_seed_gives_other_candidates(tmp_path: Path, backend: str) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), backend)
    assert list(one.sample(PROMPTS[:1], 8, [1], DECODING)) != list(one.sample(PROMPTS[:1], 8, [2], DECODING))


@pytest.mark.parametrize("backend", BACKENDS)
def test_logprob_of_a_continuation_is_that_of_its_text(tmp_path: Path, backend: str) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), backend)
    [drawn] = one.sample(PROMPTS[:1], 40, [5], DECODING)
    # a sequence that an end token stopped has that token's probability too, which its text does not show
    stopped = [c for c in drawn if c.text.endswith((".", "?", "!"))]
    assert stopped
    scored = one.logprobs(PROMPTS[0], [c.text for c in stopped])
    assert [c.logprob for c in stopped] == pytest.approx(scored, abs=1e-3)


@pytest.mark.parametrize("make", [tiny.llama, tiny.gpt2])
def test_the_backends_agree_on_probabilities(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    folder = make(tmp_path / "m")
    one, other = (teacher(folder, backend) for backend in BACKENDS)
    [drawn] = one.sample(PROMPTS[:1], 16, [5], DECODING)
    texts = [c.text for c in drawn]
    ours, theirs = one.logprobs(PROMPTS[0], texts), other.logprobs(PROMPTS[0], texts)
    assert ours == pytest.approx(theirs, abs=1e-3)
    assert all(math.isfinite(x) and x <= 0 for x in ours)


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_trigram_comes_twice(tmp_path: Path, backend: str) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), backend)
    free = replace(DECODING, temperature=0.3, max_tokens=40, sentences=9, min_tokens=40)
    [loose] = one.sample(PROMPTS[:1], 8, [1], free)
    [strict] = one.sample(PROMPTS[:1], 8, [1], replace(free, no_repeat_ngram=3))
    assert any(_repeats(c.text) for c in loose)
    assert not any(_repeats(c.text) for c in strict)


def _repeats(text: str) -> bool:
    words = text.replace(".", " .").replace("?", " ?").replace("!", " !").split()
    trigrams = list(zip(words, words[1:], words[2:], strict=False))
    return len(set(trigrams)) < len(trigrams)


def test_an_unknown_architecture_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="transformers"):
        teacher(tiny.nli(tmp_path / "m"), "ctranslate2")


def test_a_folder_that_is_no_causal_lm_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text('{"model_type": "nonsense"}')
    with pytest.raises(ModelError, match="cannot be loaded"):
        teacher(tmp_path / "m", "transformers")
