"""Both backends on tiny real models, and on each other's text."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from impossible.errors import ModelError
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Teacher
from impossible.teachers import open_teacher
from impossible.teachers.base import Continuation, Decoding, Sampler
from impossible.teachers.tokens import open_tokens
from tests import tiny

DECODING = Decoding(temperature=0.9, top_p=0.95, top_k=20, max_tokens=20)
PROMPTS = ["The cat sees", "My old laptop was", "She wants"]
BACKENDS = ("ctranslate2", "transformers", "tree")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPOSSIBLE_CACHE", str(tmp_path / "cache"))


def teacher(folder: Path, backend: str, threads: int = 0) -> Sampler:
    settings = Teacher.model_validate({"backend": backend, "model": str(folder), "compute_type": "float32"})
    return open_teacher(settings, Execution(threads=threads))


@pytest.mark.parametrize(
    ("make", "backend"),
    [
        *((make, backend) for make in (tiny.llama, tiny.gpt2) for backend in BACKENDS[:2]),
        (tiny.llama, "tree"),
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


@pytest.mark.parametrize(
    ("make", "backend"), [(tiny.llama, "ctranslate2"), (tiny.gpt2, "ctranslate2"), (tiny.llama, "tree")]
)
def test_the_backends_agree_on_probabilities(
    tmp_path: Path, make: Callable[[Path], Path], backend: str
) -> None:
    folder = make(tmp_path / "m")
    one, other = (teacher(folder, name) for name in (backend, "transformers"))
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


@pytest.mark.parametrize("backend", ["ctranslate2", "tree"])
def test_a_sequence_under_the_least_log_probability_is_left(tmp_path: Path, backend: str) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), backend)
    long = replace(DECODING, sentences=9, min_tokens=20)
    [whole] = one.sample(PROMPTS[:1], 8, [1], long)
    bound = sum(c.logprob for c in whole) / 8
    [cut] = one.sample(PROMPTS[:1], 8, [1], replace(long, min_logprob=bound))
    improbable = [c for c in cut if c.logprob < bound]
    assert improbable and min(c.logprob for c in improbable) > min(c.logprob for c in whole) - 9
    assert all(len(c.text.split()) < 20 for c in improbable)


def test_each_continuation_of_a_tree_has_its_own_random_numbers(tmp_path: Path) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), "tree")
    [few], [many] = (one.sample(PROMPTS[:1], n, [1], DECODING) for n in (8, 40))
    assert [c.text for c in few] == [c.text for c in many[:8]]


def test_int8_is_near_float32(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path / "m")
    settings = Teacher(backend="tree", model=str(folder))
    small = open_teacher(settings, Execution())
    exact = teacher(folder, "tree")
    [drawn] = exact.sample(PROMPTS[:1], 16, [5], DECODING)
    texts = [c.text for c in drawn]
    assert small.logprobs(PROMPTS[0], texts) == pytest.approx(exact.logprobs(PROMPTS[0], texts), rel=0.05)


@pytest.mark.parametrize("backend", ["ctranslate2", "tree"])
def test_an_unknown_architecture_names_the_way_out(tmp_path: Path, backend: str) -> None:
    with pytest.raises(ModelError, match="use teacher.backend"):
        teacher(tiny.nli(tmp_path / "m"), backend)


def test_a_folder_that_is_no_causal_lm_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text('{"model_type": "nonsense"}')
    with pytest.raises(ModelError, match="cannot be loaded"):
        teacher(tmp_path / "m", "transformers")


@pytest.mark.parametrize("backend", BACKENDS)
def test_prefix_prompt_and_suffix_are_read_as_one_text(tmp_path: Path, backend: str) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), backend)
    framed = replace(DECODING, prefix="A dog ran.\n\nSo, it ran.\n\n", suffix="\n\nSo,")
    whole = [framed.framed(prompt) for prompt in PROMPTS]
    separate = list(one.sample(PROMPTS, 8, [1, 2, 3], framed))
    together = list(one.sample(whole, 8, [1, 2, 3], DECODING))
    assert [[c.text for c in group] for group in separate] == [[c.text for c in g] for g in together]
    # a prefix that was computed before gives the same bytes
    assert list(one.sample(PROMPTS[1:], 8, [2, 3], framed)) == separate[1:]


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_a_bonus_makes_words_of_the_prompt_likelier_and_leaves_logprobs_alone(
    tmp_path: Path, backend: str
) -> None:
    one = teacher(tiny.llama(tmp_path / "m"), backend)
    prompt = "The cat sees a dog"
    [plain] = one.sample([prompt], 40, [1], DECODING)
    [favoured] = one.sample([prompt], 40, [1], replace(DECODING, bonus=4.0))

    def said(drawn: list[Continuation]) -> int:
        return sum("cat" in c.text or "dog" in c.text or "sees" in c.text for c in drawn)

    assert said(favoured) > said(plain) + 5
    stopped = [c for c in favoured if c.text.endswith((".", "?", "!"))]
    assert stopped
    scored = one.logprobs(prompt, [c.text for c in stopped])
    assert [c.logprob for c in stopped] == pytest.approx(scored, abs=1e-3)


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_a_continuation_copies_no_more_than_allowed(tmp_path: Path, backend: str) -> None:
    folder = tiny.llama(tmp_path / "m")
    one = teacher(folder, backend)
    tokens = open_tokens(str(folder))
    prompt = "The cat sees a dog"
    decoding = replace(DECODING, sentences=0, bonus=20.0, top_k=0)
    limit = 1
    runs = {tuple(tokens.continuation(f" {prompt}")[i : i + limit + 1]) for i in range(20)}
    runs = {run for run in runs if len(run) == limit + 1}

    def copies(how: Decoding) -> int:
        [drawn] = one.sample([prompt], 40, [1], how)
        ids = [tokens.continuation(c.text) for c in drawn]
        return sum(tuple(row[i : i + limit + 1]) in runs for row in ids for i in range(len(row)))

    assert copies(decoding) > 0
    assert copies(replace(decoding, copied=limit)) == 0
