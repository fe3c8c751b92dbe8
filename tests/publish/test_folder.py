import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from impossible.data import dataset
from impossible.data.judgements import label
from impossible.data.rounds import Round, write_rounds
from impossible.data.run_folder import RunFolder
from impossible.errors import DataError, StoreError
from impossible.publish.folder import CHOICES, Refused, publish, split_by_context
from impossible.publish.gate import check
from impossible.recipe.load import load
from impossible.recipe.write import dump
from impossible.report.page import write_report
from impossible.students.distil import make_student
from tests import tiny
from tests.planted import BOUNDS, GATES, UNUSED, plant, recipe, row
from tests.students import models

LICENCES = {"dataset": "cc-by-4.0", "a/model": "mit"}
CLEAN = [
    row(f"Context number {i}.", f"It is {w} today.", f"Today it is {w} | <b>{w}</b>.", 0.5, 0.9, 0.9)
    for i, w in enumerate(["cold", "warm", "wet", "dry", "dark", "bright", "calm", "windy", "late", "early"])
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return plant(tmp_path / "run", CLEAN, recipe(), per_shard=4)


def kinds(run: Path, **given: Any) -> list[str]:
    options = {"against": [], "corpora": [], "licences": LICENCES} | given
    return [finding.kind for finding in check(run, dataset.read(run), **options)]


def test_a_clean_run_passes_and_loads_with_datasets(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = publish(run, out, licences=LICENCES)
    assert made.findings == [] and made.splits == {"train": 8, "validation": 1, "test": 1}
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "croissant.json", "data", "recipe.toml"]
    for arguments in ((), ("paraphrase",)):
        loaded = load_dataset(str(out), *arguments, cache_dir=str(tmp_path / "cache"))
        assert {name: split.num_rows for name, split in loaded.items()} == made.splits
    kept = {r["pair_id"]: r["target"] for split in loaded.values() for r in split}
    assert kept == {r["pair_id"]: r["target"] for r in dataset.read(run).to_pylist()}


def test_openings_of_the_users_documents_are_found_and_can_be_left_out(tmp_path: Path) -> None:
    corpus = tmp_path / "letters.txt"
    corpus.write_text("A letter that somebody wrote.\n")
    contexts = {"corpus": str(corpus), "sentences": [1, 1]}
    run = plant(tmp_path / "run", CLEAN, recipe(preset="continuation", contexts=contexts))
    licences = LICENCES | {"corpus": "mine"}
    with pytest.raises(Refused) as refused:
        publish(run, tmp_path / "out", licences=licences)
    assert [f.kind for f in refused.value.findings] == ["contexts"]
    publish(run, tmp_path / "out", licences=licences, contexts=False)
    loaded = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {r["context"] for split in loaded.values() for r in split} == {""}
    assert 'corpus = "letters.txt"' in (tmp_path / "out/recipe.toml").read_text()


def test_its_croissant_metadata_holds_and_reads_its_pairs(run: Path, tmp_path: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    out = tmp_path / "out"
    publish(run, out, licences=LICENCES, name="me/pairs", home="https://example.org/datasets/me/pairs")
    described = croissant.Dataset(jsonld=str(out / "croissant.json"))
    assert not described.metadata.issues.errors
    said = json.loads((out / "croissant.json").read_text())
    assert said["license"] == "cc-by-4.0" and "2305.16635" in said["citeAs"] and said["name"] == "me/pairs"
    read = [r["paraphrase-train/target"].decode() for r in described.records("paraphrase-train")]
    assert sorted(read) == sorted(pq.read_table(out / "data/paraphrase-train.parquet")["target"].to_pylist())


def test_a_student_goes_with_it_and_loads_with_transformers(run: Path, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard
    from transformers import pipeline

    base = models.llama(tmp_path / "base")
    settings = models.SETTINGS.model_copy(update={"base": str(base), "epochs": 1.0, "save_steps": 4})
    make_student(models.pairs(8), run / "round-0/student", settings, 7)
    write_rounds(run, [Round(0, 0, 10, 10, accepted=0.5, quality=0.25)])
    assert kinds(run) == ["unverified", "licence"]  # no student of the recipe; its base
    given = {**LICENCES, "base": "mit"}
    assert publish(run, tmp_path / "out", licences=given, allow=["unverified"]).student
    student = tmp_path / "out/student"
    card = ModelCard.load(student / "README.md")
    assert card.data.license == "mit" and card.data.pipeline_tag == "text-generation"
    for part in ("50 %", "2305.16635", "cc-by-4.0", "Bias, safety", "have not been judged", "test split"):
        assert part in card.text, part
    answer = pipeline("text-generation", str(student))("paraphrase : The cat is old", return_full_text=False)
    assert isinstance(answer[0]["generated_text"], str)


def test_judgements_become_a_precision_with_an_interval(run: Path, tmp_path: Path) -> None:
    table = dataset.read(run).to_pylist()
    for i, r in enumerate(table):
        label(run, "paraphrase", r["pair_id"], r["source"], r["target"], i > 1)
    publish(run, tmp_path / "out", licences=LICENCES)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "8 of 10 judged pairs" in text and "precision 80% (95 % interval 49% to 94%" in text


def test_the_card_says_what_it_is_and_escapes_what_models_wrote(run: Path, tmp_path: Path) -> None:
    from huggingface_hub import DatasetCard

    publish(run, tmp_path / "out", licences=LICENCES)
    card = DatasetCard.load(tmp_path / "out" / "README.md")
    assert card.data.license == "cc-by-4.0" and card.data.language == "en"
    assert "2305.16635" in card.text and "| digest `0123` |" in card.text and "| mit |" in card.text
    assert (
        "| phone | 0.0% (0.0% to 0.0%) | 0.0% (0.0% to 0.0%) |" in card.text
        and "| named_person |" in card.text
    )
    assert "at most 0.8" in card.text and "No pairs have been judged" in card.text
    assert "<b>" not in card.text and "&lt;b&gt;" in card.text and "&#124;" in card.text
    assert not re.search(r"^\|[^|\n]*\n", card.text, re.M)  # no table row fell apart


def test_names_are_escaped_in_the_card(run: Path, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>|`x`\u202e"
    publish(run, tmp_path / "out", licences=LICENCES | {"dataset": "<b>mine</b>"}, name=name)
    front, text = (tmp_path / "out" / "README.md").read_text().split("---\n", 2)[1:]
    assert "<img" not in text and "<b>" not in text and "\u202e" not in front + text
    assert "# &lt;img src=x onerror=alert(1)&gt;&#124;&#96;x&#96;" in text


def test_no_context_is_in_two_splits() -> None:
    import pyarrow as pa

    for n in (1, 2, 3, 40):
        pairs = pa.table({"context_id": [f"c{i % n}" for i in range(3 * n)]})
        splits = split_by_context(pairs)
        assert sum(t.num_rows for t in splits.values()) == 3 * n
        sides = [set(t["context_id"].to_pylist()) for t in splits.values()]
        assert sum(map(len, sides)) == n
        assert list(splits) == (["train"] if n < 3 else ["train", "validation", "test"])


def test_overlap_with_a_benchmark_or_a_corpus_is_found(run: Path, tmp_path: Path) -> None:
    bench = tmp_path / "bench.jsonl"
    bench.write_text('{"source": "x", "references": ["it is COLD, today!"]}\n')
    assert kinds(run, against=[bench]) == ["benchmark"]
    bench.write_text('{"source": "x", "references": ["We went down. It rained all day long."]}\n')
    rainy = [
        *CLEAN,
        row("C.", "It rained all night long.", "It rained\u00a0all the day long.", 0.4, 0.9, 0.9),
    ]
    [found] = check(
        plant(tmp_path / "rainy", rainy, recipe()), dataset.read(tmp_path / "rainy"), [bench], [], LICENCES
    )
    assert found.kind == "benchmark" and "nearly a sentence of bench.jsonl" in found.text
    assert found.examples == ("It rained\u00a0all the day long.",)
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("Nothing of it.\n")
    assert kinds(run, corpora=[corpus]) == []
    long = "We all went down to the old red house by the sea."
    other = plant(tmp_path / "other", [*CLEAN, row("C.", long, "We went down.", 0.4, 0.9, 0.9)], recipe())
    corpus.write_text(f"As I said: {long[:-9]} hill, and so on.\n")
    assert kinds(other, corpora=[corpus]) == ["verbatim"]
    wrapped = f"As I said: {long[:-9]} hill, and so on.\n".replace(" ", "\n").encode("utf-16")
    (tmp_path / "wrapped.TXT.gz").write_bytes(gzip.compress(wrapped))
    (tmp_path / "table.tsv").write_bytes(f"id\tbody\n1\t\xe9 <b>{long}</b>\n".encode("cp1252"))
    assert kinds(other, corpora=[tmp_path / "wrapped.TXT.gz"]) == ["verbatim"]
    assert kinds(other, corpora=[tmp_path / "table.tsv"]) == ["verbatim"]


def test_personal_data_is_found_in_sentences_and_contexts(tmp_path: Path) -> None:
    rows = [
        row("Write to jo@example.org now.", "Call 555-0123 today.", "Today call 555-0123.", 0.5, 0.9, 0.9)
    ]
    assert kinds(plant(tmp_path / "run", rows, recipe())) == ["personal data", "personal data"]


def test_licence_gaps_are_found(run: Path) -> None:
    assert kinds(run, licences={}) == ["licence", "licence"]
    assert kinds(run, licences={"dataset": "mit"}) == ["licence"]


def test_damaged_unfinished_and_changed_runs_are_found(run: Path) -> None:
    file = RunFolder(run).dataset_file()
    table = pq.read_table(file)
    pq.write_table(table.slice(1), file)
    assert kinds(run) == ["unverified"]
    pq.write_table(table, file)
    shard = run / "round-0" / "ledger" / "00001.parquet"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:100] + bytes([whole[100] ^ 255]) + whole[101:])
    assert kinds(run) == ["unverified"]
    shard.unlink()
    assert kinds(run)[0] == "unfinished"


def test_a_run_with_findings_is_published_only_anyway(run: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="licence.*--anyway") as refused:
        publish(run, tmp_path / "out", allow=["recited"])
    assert [f.kind for f in refused.value.findings] == ["licence"] * 2
    assert not (tmp_path / "out").exists()
    with pytest.raises(DataError, match="--allow licences: unknown"):
        publish(run, tmp_path / "out", allow=["licences"])
    assert "personal-data" in CHOICES
    made = publish(run, tmp_path / "out", allow=["licence"])
    assert len(made.findings) == 2
    assert "release gate found" in (tmp_path / "out" / "README.md").read_text()
    with pytest.raises(DataError, match="not empty"):
        publish(run, tmp_path / "out", licences=LICENCES)


def test_sentences_known_by_heart_are_found(tmp_path: Path) -> None:
    known = "We can say all of this by heart at any hour."
    rows = [*CLEAN, row("C.", known, "We know it by heart.", 0.4, 0.9, 0.9)]
    (found,) = check(
        plant(tmp_path / "run", rows, recipe()), dataset.read(tmp_path / "run"), [], [], LICENCES
    )
    assert found.kind == "recited" and found.examples == (known,)
    # nobody has memorised what the context says already
    rows[-1]["context"] = f"She said: {known} Again:"
    assert kinds(plant(tmp_path / "copy", rows, recipe())) == []


def test_what_cannot_be_checked_is_no_clean_run(run: Path) -> None:
    gone = recipe(teacher={"backend": "transformers", "model": "./gone", "compute_type": "float32"})
    (run / "recipe.toml").write_text(dump(gone))
    assert kinds(run)[0] == "unverified"


def private_run(folder: Path) -> tuple[Path, list[str]]:
    """A run whose recipe, student and findings name much that is private, and these texts."""
    home = Path.home() / "of-jo"
    (folder / "letters.txt").write_text("A letter that somebody wrote.\n")
    endpoint = {"url": "https://secret-host/v1", "key_env": "JOS_KEY", "extra": {"org": "jos-org-7"}}
    settings = recipe(
        contexts={"corpus": str(folder / "letters.txt"), "sentences": [1, 1]},
        teacher={"backend": "endpoint", "model": str(home / "llama"), "endpoint": endpoint},
        distil={"base": str(home / "base"), "also": [str(home / "other.jsonl")]},
        execution={"engine": "ray", "ray": {"address": "ray-host:6379"}},
        score={**GATES, "judge": str(tiny.nli(folder / "judge"))},
        resolved=True,
    )
    run = plant(folder / "run", CLEAN, settings)
    texts = ["of-jo", "secret-host", "JOS_KEY", "jos-org-7", "ray-host", str(Path.home()), str(folder)]
    return run, texts


def test_no_file_of_a_release_or_report_has_a_server_key_or_path(tmp_path: Path) -> None:
    run, texts = private_run(tmp_path)
    base = models.llama(tmp_path / "base")
    settings = models.SETTINGS.model_copy(update={"base": str(base), "epochs": 1.0, "save_steps": 4})
    make_student(models.pairs(8), run / "round-0/student", settings, 7)
    write_rounds(run, [Round(0, 0, 10, 10, accepted=0.5, quality=0.25)])
    publish(run, tmp_path / "out", licences=LICENCES, allow=[k for k in CHOICES if k != "secret"])
    write_report(run)
    shown = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    shown += [run / "report.html", run / "round-0/student/student.json", run / "round-0/student/README.md"]
    assert len(shown) > 10
    for path in shown:
        content = path.read_bytes()
        assert [text for text in texts if text.encode() in content] == [], path
    assert load(tmp_path / "out/recipe.toml").teacher.model == "llama"


def test_a_release_has_only_the_files_that_are_named(run: Path, tmp_path: Path) -> None:
    base = models.llama(tmp_path / "base")
    settings = models.SETTINGS.model_copy(update={"base": str(base), "epochs": 1.0, "save_steps": 4})
    student = run / "round-0/student"
    make_student(models.pairs(8), student, settings, 7)
    write_rounds(run, [Round(0, 0, 10, 10, accepted=0.5, quality=0.25)])
    (student / "notes.txt").write_text("mine")
    (student / "training_args.bin").write_bytes(b"mine")
    (student / "more").mkdir()
    (student / "more/config.json").write_text("{}")
    (student / "link").symlink_to("/etc/passwd")
    publish(run, tmp_path / "out", licences=LICENCES, allow=["licence", "unverified"])
    assert sorted(p.name for p in (tmp_path / "out/student").rglob("*")) == [
        "README.md", "config.json", "generation_config.json", "loss.jsonl", "model.safetensors",
        "student.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    (student / "vocab.txt").symlink_to("/etc/passwd")
    with pytest.raises(StoreError, match="vocab.txt is no file of its own"):
        publish(run, tmp_path / "again", licences=LICENCES, allow=["licence", "unverified"])
    assert not (tmp_path / "again").exists()


def test_a_secret_in_a_file_of_a_release_stops_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "dckr_pat_of_the_user")
    licences = LICENCES | {"dataset": "dckr_pat_of_the_user"}
    with pytest.raises(Refused) as refused:
        publish(run, tmp_path / "out", licences=licences)
    assert "README.md has the value of SOME_TOKEN" in [f.text for f in refused.value.findings]
    assert not (tmp_path / "out").exists()
    publish(run, tmp_path / "out", licences=licences, allow=["secret"])


def test_a_task_without_pairs_is_published_as_such(tmp_path: Path) -> None:
    bounds = {**BOUNDS, "summary": {**UNUSED, "duplicates": False}}
    run = plant(tmp_path / "run", CLEAN, recipe(filter=bounds, score={**GATES, "summary": UNUSED}))
    publish(run, tmp_path / "out", licences=LICENCES, allow=["unverified"])
    text = (tmp_path / "out/README.md").read_text()
    assert re.search(r"^\| train \| \d+ \|", text, re.M) and "Summary: 0 kept" in text


def test_a_benchmark_is_found_in_contexts_too_and_the_card_says_what_was_compared(
    run: Path, tmp_path: Path
) -> None:
    exact, near, clean = (tmp_path / name for name in ("exact.txt", "near.jsonl", "clean.txt"))
    pairs = dataset.read(run)
    there = "The committee will publish its final report on the matter in spring."
    contexts = ["Nobody knows. " + there, *pairs["context"].to_pylist()[1:]]
    leaky = pairs.set_column(pairs.schema.get_field_index("context"), "context", [contexts])
    exact.write_text(there.upper() + "\n")
    near.write_text(json.dumps({"q": there.replace("final", "first").replace("spring", "autumn")}) + "\n")
    clean.write_text("Quite another sentence that nobody has ever written in any of the contexts.\n")
    for path in (exact, near):
        [found] = check(run, leaky, [path], [], LICENCES)
        assert found.kind == "benchmark" and "1 sentences of contexts" in found.text
        assert found.examples == (there,)
    publish(run, tmp_path / "out", [clean], licences=LICENCES)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "compared with clean.txt" in card and "Nothing was found." in card
