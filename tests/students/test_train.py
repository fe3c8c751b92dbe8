import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, pipeline

from impossible.errors import DataError, ModelError
from impossible.models.progress import Progress
from impossible.recipe.distil import Distil
from impossible.students.base_model import contiguous_head
from impossible.students.encode import targets_only
from impossible.students.examples import TrainingExample, make_examples, split_examples, tagged
from impossible.students.prompts import prompt, prompt_ids
from impossible.students.train import CURVE, Trained, train
from tests.students import models

SETTINGS = models.SETTINGS.model_copy(update={"epochs": 2.0, "save_steps": 3})


def split(settings: Distil) -> tuple[list[TrainingExample], list[TrainingExample]]:
    every = tagged(make_examples(models.pairs(), settings.tasks), settings, 7)
    return split_examples(every, settings.validation)


def run(base: Path, out: Path, settings: Distil = SETTINGS, seen: list[Progress] | None = None) -> Trained:
    examples, held_out = split(settings)
    tell = (lambda _: None) if seen is None else seen.append
    return train(examples, held_out, base, out / "student", out / "work", settings, 7, tell)


@pytest.fixture(scope="module", params=models.KINDS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A base of each kind, and what training made of it."""
    folder = tmp_path_factory.mktemp(request.param)
    base = models.KINDS[request.param](folder / "base")
    run(base, folder)
    return base, folder


def equal(a: Path, b: Path) -> bool:
    x, y = load_file(a / "student/model.safetensors"), load_file(b / "student/model.safetensors")
    return x.keys() == y.keys() and all(torch.equal(x[k], y[k]) for k in x)


@pytest.mark.parametrize("step", [3, 6])
def test_killed_training_goes_on_to_the_same_weights(
    trained: tuple[Path, Path], tmp_path: Path, step: int
) -> None:
    base, undisturbed = trained

    # all checkpoints are wanted, not the last two: train once more up to the step, and stop dead there
    class Killed(Exception): ...

    def kill(progress: Progress) -> None:
        if (
            progress.step >= step
            and (tmp_path / f"work/checkpoints/checkpoint-{step}/trainer_state.json").exists()
        ):
            raise Killed

    examples, held_out = split(SETTINGS)
    with pytest.raises(Killed):
        train(examples, held_out, base, tmp_path / "student", tmp_path / "work", SETTINGS, 7, kill)
    assert not (tmp_path / "student").exists()
    # a kill in the middle of the next checkpoint leaves a part of it
    (tmp_path / "work/checkpoints/checkpoint-999").mkdir()
    run(base, tmp_path)
    assert equal(undisturbed, tmp_path)
    assert (tmp_path / "work" / CURVE).read_text().count('"eval_loss"') == (
        undisturbed / "work" / CURVE
    ).read_text().count('"eval_loss"')


def test_the_loss_curve_says_what_validation_saw(trained: tuple[Path, Path]) -> None:
    rows = [json.loads(line) for line in (trained[1] / "work" / CURVE).read_text().splitlines()]
    losses = [row["eval_loss"] for row in rows if "eval_loss" in row]
    assert len(losses) >= 3 and losses[-1] < losses[0]
    assert any("loss" in row and "learning_rate" in row for row in rows)


def test_transformers_alone_loads_the_folder(trained: tuple[Path, Path]) -> None:
    folder = str(trained[1] / "student")
    causal = "llama" in (trained[1] / "student/config.json").read_text().lower()
    from impossible.students.controls import Controls

    text = prompt("summary", "The cat is new and it is quite big.", Controls(), causal)
    if causal:
        [found] = pipeline("text-generation", folder)(text, return_full_text=False, max_new_tokens=8)
        assert isinstance(found["generated_text"], str)
        return
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = AutoModelForSeq2SeqLM.from_pretrained(folder).generate(
        **tokenizer(text, return_tensors="pt"), max_new_tokens=8
    )
    assert ids.shape[0] == 1


def test_a_base_with_a_chat_template_reads_messages(tmp_path: Path) -> None:
    base = models.llama(tmp_path / "base")
    words = AutoTokenizer.from_pretrained(base)
    words.chat_template = "My{% for m in messages %} {{ m.content }}{% endfor %} Our"
    words.save_pretrained(base)
    assert run(base, tmp_path).chat
    student = AutoTokenizer.from_pretrained(tmp_path / "student")
    wrapped = prompt_ids(student, "summary: The cat is new.\n", True)
    assert wrapped == student("My summary: The cat is new. Our", add_special_tokens=False)["input_ids"]
    message = [{"role": "user", "content": "summary: The cat is new."}]
    assert wrapped == student.apply_chat_template(message, add_generation_prompt=True)["input_ids"]


def test_adapters_are_merged_and_learn(tmp_path: Path) -> None:
    base = models.llama(tmp_path / "base")
    seen: list[Progress] = []
    changes = {"epochs": 6.0, "precision": "bfloat16", "patience": 9, "save_steps": 10, "learning_rate": 2e-2}
    done = run(base, tmp_path, SETTINGS.model_copy(update=changes), seen)
    losses = [p.validation_loss for p in seen if p.validation_loss is not None]
    assert done.validation_loss == min(losses) < losses[0] and seen[-1].steps == done.steps
    weights, before = load_file(tmp_path / "student/model.safetensors"), load_file(base / "model.safetensors")
    assert weights.keys() == before.keys() and all(w.dtype == torch.float32 for w in weights.values())
    # merged into the weights as they were, not as bfloat16 rounded them
    assert torch.equal(weights["model.embed_tokens.weight"], before["model.embed_tokens.weight"])
    name = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(weights[name], before[name])


@pytest.mark.parametrize("fast", ["bfloat16", "float32"])
def test_training_takes_the_format_that_is_fast_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: str
) -> None:
    monkeypatch.setattr("impossible.students.train.fastest", lambda: fast)
    base = models.llama(tmp_path / "base")
    done = run(base, tmp_path / "auto", SETTINGS.model_copy(update={"precision": "auto", "epochs": 1.0}))
    run(base, tmp_path / "said", SETTINGS.model_copy(update={"precision": fast, "epochs": 1.0}))
    assert done.precision == fast and equal(tmp_path / "auto", tmp_path / "said")


def test_all_weights_of_a_causal_base(tmp_path: Path) -> None:
    base = models.llama(tmp_path / "base")
    run(base, tmp_path, SETTINGS.model_copy(update={"lora_rank": 0, "accumulate": 2}))
    name = "model.embed_tokens.weight"  # no adapter touches it
    before, after = (load_file(f / "model.safetensors")[name] for f in (base, tmp_path / "student"))
    assert not torch.equal(before, after)


def test_training_stops_when_validation_no_longer_falls(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(
        update={"epochs": 200.0, "patience": 1, "save_steps": 2, "learning_rate": 0.05, "lora_rank": 0}
    )
    base = models.llama(tmp_path / "base")
    done = run(base, tmp_path, settings)
    curve = [json.loads(line) for line in (tmp_path / "work" / CURVE).read_text().splitlines()]
    losses = {row["step"]: row["eval_loss"] for row in curve if "eval_loss" in row}
    assert done.steps == max(losses) < 1000
    assert done.validation_loss == min(losses.values()) < losses[done.steps]
    # killed before its folder was written, it knows that it had stopped
    again = tmp_path / "again"
    shutil.copytree(tmp_path / "work", again / "work")
    assert run(base, again, settings) == done and equal(tmp_path, again)


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    base = models.t5(tmp_path / "base")
    wild = SETTINGS.model_copy(update={"learning_rate": 1e30, "save_steps": 1, "warmup": 0.0})
    with pytest.raises(ModelError, match="not finite in step .*checkpoint-.*lower distil.learning_rate"):
        run(base, tmp_path, wild)
    last = max((tmp_path / "work/checkpoints").glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))
    assert all(torch.isfinite(w).all() for w in load_file(last / "model.safetensors").values())
    assert not (tmp_path / "student").exists()


def test_unusable_bases_and_data(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        run(tmp_path, tmp_path)
    base = models.llama(tmp_path / "base")
    with pytest.raises(DataError, match="max_tokens = 8"):
        run(base, tmp_path, SETTINGS.model_copy(update={"max_tokens": 8}))


def test_only_targets_get_logits_and_the_loss_stays(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(models.llama(tmp_path))
    labels = torch.tensor([[-100, -100, -100, 7, 8, 9], [-100, -100, -100, -100, 6, -100]])
    batch = {"input_ids": torch.tensor([[1, 2, 3, 7, 8, 9], [1, 2, 3, 4, 6, 0]]), "labels": labels}
    cut = targets_only(batch)
    assert cut["logits_to_keep"] == 4 and cut["labels"].shape == (2, 4)
    assert model(**cut).logits.shape[1] == 4
    assert torch.allclose(model(**cut).loss, model(**batch).loss)
    rows: list[bool] = []  # a slice that is not contiguous would make the head's product slow
    contiguous_head(model)
    model.get_output_embeddings().register_forward_pre_hook(lambda _, x: rows.append(x[0].is_contiguous()))
    model(**cut)
    assert rows == [True]
