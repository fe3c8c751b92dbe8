"""Bad inputs and their error messages; `python -m tests.bad_inputs` prints docs/bad-inputs.md's table."""

import contextlib
import gzip
import io
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from impossible.cli.app import main
from impossible.data import store


def _recipe(text: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / "recipe.toml").write_text(text)
        return ["run", str(folder / "recipe.toml"), "--out", str(folder / "run")]

    return make


def _corpus(name: str, content: bytes, field: str = "") -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content)
        wanted = f'field = "{field}"\n' if field else ""
        return _recipe(f'[contexts]\ncorpus = "{name}"\n{wanted}')(folder)

    return make


def _with(*arguments: str) -> Callable[[Path], list[str]]:
    return lambda folder: [*_recipe("")(folder), *arguments]


def _pairs(name: str, content: bytes, *arguments: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content)
        return ["score", str(folder / name), *arguments]

    return make


def _command(*arguments: str) -> Callable[[Path], list[str]]:
    return lambda folder: [a.replace("FOLDER", str(folder)) for a in arguments]


def _linked(name: str, target: str, make: Callable[[Path], list[str]]) -> Callable[[Path], list[str]]:
    """A command whose file is a link to a device, or a pipe that nobody writes to."""

    def link(folder: Path) -> list[str]:
        arguments = make(folder)
        (folder / name).unlink(missing_ok=True)
        if target == "pipe":
            os.mkfifo(folder / name)
        else:
            (folder / name).symlink_to(target)
        return arguments

    return link


def _unwritable(folder: Path) -> list[str]:
    # a file in place of a folder, since root can write to any folder
    (folder / "taken").write_text("")
    return [*_recipe("")(folder)[:-1], str(folder / "taken" / "run")]


def _full_disk(folder: Path) -> list[str]:
    _dataset(folder)
    (folder / "pairs.jsonl").symlink_to("/dev/full")
    return ["export", str(folder / "run"), str(folder / "pairs.jsonl"), "--force"]


def _dataset(folder: Path) -> Path:
    from impossible.data import dataset
    from impossible.data.run_folder import DATASET_FILE
    from impossible.data.schema import DATASET

    rows = [
        {**dict.fromkeys(DATASET.names, None), "task": "summary", "source": "x" * 99, "target": "y"}
    ] * 999
    target = folder / "run" / "round-0" / "dataset"
    target.mkdir(parents=True)
    import pyarrow as pa

    dataset.write(pa.Table.from_pylist(rows, DATASET), target)
    return target / DATASET_FILE


def _corrupt_dataset(folder: Path) -> list[str]:
    path = _dataset(folder)
    path.write_bytes(path.read_bytes()[:-30])
    return ["export", str(folder / "run"), str(folder / "pairs.jsonl")]


def _held(folder: Path) -> list[str]:
    arguments = _recipe("")(folder)
    lock = store.hold(folder / "run")
    lock.__enter__()
    _LOCKS.append(lock)  # released when the process ends
    return arguments


_LOCKS: list[contextlib.AbstractContextManager[None]] = []


@dataclass(frozen=True)
class Bad:
    """A bad input, how to create it, and a part of its expected error line."""

    what: str
    make: Callable[[Path], list[str]]
    says: str


BAD = [
    Bad("recipe that does not exist", _command("run", "FOLDER/recpe.toml"), "does not exist"),
    Bad("corpus in place of a recipe", lambda f: [(f / "a.csv").write_text("text\nHello there.\n"), ["run", str(f / "a.csv")]][1], 'for a corpus write a recipe: [contexts] corpus = "a.csv"'),
    Bad("recipe that is no TOML", _recipe("[contexts\n"), "is not valid TOML"),
    Bad("recipe in Latin-1", lambda f: [_recipe("")(f), (f / "recipe.toml").write_bytes(b'preset = "\xe9"')][0], "cannot be read"),
    Bad("unknown key", _recipe("[sampling]\nper_contxt = 5\n"), "did you mean per_context?"),
    Bad("unknown table", _recipe("[samplng]\nper_context = 5\n"), "did you mean sampling?"),
    Bad("unknown preset", _recipe('preset = "papr"\n'), "allowed are default, continuation, paper, code"),
    Bad("wrong type", _recipe('[sampling]\nper_context = "many"\n'), 'sampling.per_context = "many"'),
    Bad("number too small", _recipe("[sampling]\ntop_p = 0\n"), "sampling.top_p = 0: must be greater than 0"),
    Bad("number too large", _recipe("[sampling]\ntop_p = 1.5\n"), "must be less than or equal to 1"),
    Bad("no contexts", _recipe("[contexts]\ncount = 0\n"), "must be greater than or equal to 1"),
    Bad("impossible ratio", _recipe("[filter.paraphrase]\nlength_ratio = {min = 2}\n"), "length_ratio.min: 2"),
    Bad("bound that keeps nothing", _recipe("[filter.paraphrase]\nsimilarity = {min = 0.9, max = 0.8}\n"), "nothing would be kept"),
    Bad("bound without a side", _recipe("[filter.paraphrase]\ntree_distance = {}\n"), "give min, max or both"),
    Bad("bound outside its gate", _recipe("[filter.paraphrase]\nrouge_l = {max = 0.99}\n"), "looser than the gate"),
    Bad("bound on a critic that does not score", _recipe("[filter.paraphrase]\ntree_distance = {min = 5}\n"), "needs 'tree_distance' in score.critics"),
    Bad("duplicates without the critic that finds them", _recipe('preset = "continuation"\n[score]\ncritics = ["rouge_l"]\nparaphrase = false\nsummary = false\n[filter]\nsummary = false\n[filter.paraphrase]\nlength_ratio = false\nnumbers = false\npersons = false\nsimilarity = false\nwell_formed = false\nentities = false\nclause = false\nentailment = false\njudge = false\n'), "filter.paraphrase.duplicates: needs 'entailment'"),
    Bad("no task", _recipe("[filter]\nparaphrase = false\nsummary = false\n"), "at least one task"),
    Bad("unknown domain", _recipe('[contexts]\ndomains = ["newz"]\n'), "did you mean news?"),
    Bad("sentences the wrong way round", _recipe("[contexts]\nsentences = [3, 1]\n"), "0 ≤ low ≤ high"),
    Bad("int8 on transformers", _recipe('[teacher]\nbackend = "transformers"\n'), "the backend transformers supports float32"),
    Bad("unknown backend", _recipe('[teacher]\nbackend = "vllm"\n'), "'transformers', 'endpoint' or 'own'"),
    Bad("infinity", _recipe("[distil]\nlearning_rate = inf\n"), "distil.learning_rate = inf: must be a finite number"),
    Bad("a number of 5,000 digits", _recipe(f"seed = {'9' * 5000}\n"), "has a number of thousands of digits"),
    Bad("recipe that is a device", _linked("recipe.toml", "/dev/zero", _recipe("")), "is a pipe or a device"),
    Bad("endpoint without its address", _recipe('[teacher]\nbackend = "endpoint"\n'), "teacher.endpoint: the backend needs a URL"),
    Bad("key in the recipe", _recipe('[teacher]\nbackend = "endpoint"\n[teacher.endpoint]\nurl = "https://host/v1"\nkey_env = "sk-1"\n'), "give the name of an environment variable"),
    Bad("key over plain http", _recipe('[teacher]\nbackend = "endpoint"\n[teacher.endpoint]\nurl = "http://host/v1"\nkey_env = "KEY"\n'), "unencrypted"),
    Bad("sampler that only Python can give", _recipe('[teacher]\nbackend = "own"\n'), "impossible.run(recipe, out, sampler=…)"),
    Bad("unknown embedded model", _recipe('[teacher]\nmodel = "embedded:gpt5"\n'), "allowed are embedded:smollm2-135m"),
    Bad("model folder that does not exist", _recipe('[teacher]\nmodel = "./no/such/model"\n'), "is not a folder"),
    Bad("model folder without a model", lambda f: [*_recipe(f'[teacher]\nmodel = "{f}"\n')(f)], "has no config.json"),
    Bad("override without a value", _with("--set", "sampling.top_p"), "give KEY=VALUE"),
    Bad("override of an unknown key", _with("--set", "sampling.topp=0.9"), "--set: unknown key sampling.topp; did you mean top_p?"),
    Bad("override of a bound with a number", _with("--set", "filter.paraphrase.judge=0.7"), "must be {min = 0.5}, {max = 0.9} or both"),
    Bad("settings with a typo", _command("settings", "temprature"), "did you mean sampling.temperature"),
    Bad("unknown stage", _with("--until", "distill"), "allowed are contexts, generate, score, filter"),
    Bad("target without the stage that keeps", _with("--until", "score", "--target", "9"), "leave out --until score"),
    Bad("price without its unit", lambda f: ["plan", _recipe("")(f)[1], "--target", "9", "--price", "3"], "such as 0.30/kWh"),
    Bad("corpus that does not exist", _recipe('[contexts]\ncorpus = "none.txt"\n'), "there is no such file"),
    Bad("corpus of an unknown kind", _corpus("a.docx", b"x"), ".docx"),
    Bad("empty corpus", _corpus("a.txt", b"\n\n"), "a.txt"),
    Bad("corpus without the field", _corpus("a.jsonl", b'{"txt": "Hello there."}\n', "text"), "txt"),
    Bad("broken JSON in row 2", _corpus("a.jsonl", b'{"text": "A good sentence."}\n{oops\n', "text"), "2"),
    Bad("Parquet that is none", _corpus("a.parquet", b"not parquet", "text"), "a.parquet"),
    Bad("corpus that is a pipe", _linked("a.txt", "pipe", _corpus("a.txt", b"")), "is a pipe or a device; save its content in a file"),
    Bad("corpus that is a device", _linked("a.jsonl", "/dev/zero", _corpus("a.jsonl", b"")), "is a pipe or a device; save its content in a file"),
    Bad("corpus of zeros, gzipped", _corpus("a.txt.gz", gzip.compress(bytes(2**27))), "unpacks to over 300 times its size"),
    Bad("folder of the run cannot be made", _unwritable, "taken"),
    Bad("run locked by another process", _held, "is locked by another process"),
    Bad("status of no run", _command("status", "FOLDER"), "has no run"),
    Bad("run of a slightly different name", lambda f: [_recipe("")(f), (f / "first").mkdir(), (f / "first" / "manifest.json").write_text("{}"), ["whatif", str(f / "frist"), "--set", "filter.paraphrase.judge.min=0.9"]][3], "first? or start one"),
    Bad("export of a recipe", lambda f: ["export", _recipe("")(f)[1], str(f / "a.jsonl")], "is neither a run folder"),
    Bad("student of no run", _command("distil", "FOLDER/none", "--out", "FOLDER/s"), "none does not exist; give a run"),
    Bad("export of no run", _command("export", "FOLDER", "FOLDER/a.jsonl"), "has no dataset"),
    Bad("export to an unknown kind", lambda f: ["export", str(_dataset(f).parents[2]), str(f / "a.xlsx")], "must end in .jsonl, .csv, .tsv (each also with .gz) or .parquet"),
    Bad("init of no corpus", _command("init", "FOLDER/none.csv", "--out", "FOLDER/r.toml"), "none.csv does not exist"),
    Bad("full disk", _full_disk, "No space left on device"),
    Bad("corrupt dataset", _corrupt_dataset, "remove it and run again"),
    Bad("pairs file without the column", _pairs("p.jsonl", b'{"a": "x", "b": "y"}\n'), "columns are a, b"),
    Bad("pairs file that is no JSON", _pairs("p.jsonl", b"oops\n"), "p.jsonl, row 1: not valid JSON"),
    Bad("pairs file with an open quote", _pairs("p.csv", b'source,target\n"a,b\nc,d\n'), "p.csv, row 1: a quote is never closed"),
    Bad("pairs file with a column twice", _pairs("p.csv", b"source,target,source\na,b,c\n"), "has two columns 'source'"),
    Bad("output over its input", lambda f: [*_pairs("p.csv", b"source,target\na,b\n")(f), "--out", str(f / "p.csv")], "it is what the command reads"),
    Bad("output over another file", lambda f: [(f / "p.scored.csv").write_text("mine"), _pairs("p.csv", b"source,target\na,b\n")(f)][1], "p.scored.csv: it exists; choose another file, or overwrite it with --force"),
    Bad("corpus in another language", _corpus("a.txt", "Die Heizung macht nachts viel Lärm.\n".encode()), "has no English text"),
    Bad("export of an unknown task", lambda f: ["export", str(_dataset(f).parents[2]), str(f / "a.jsonl"), "--task", "summaries"], "allowed are paraphrase, summary"),
    Bad("export over the run's own file", lambda f: (lambda own: ["export", str(own.parents[2]), str(own)])(_dataset(f)), "it is what the command reads"),
    Bad("pairs file that is a pipe", _linked("p.csv", "pipe", _pairs("p.csv", b"")), "is a pipe or a device"),
    Bad("empty pairs file", _pairs("p.csv", b""), "has no rows"),
    Bad("unknown task", _pairs("p.jsonl", b'{"source": "x", "target": "y"}\n', "--task", "translate"), "allowed are paraphrase, summary"),
]  # fmt: skip


def provoke(bad: Bad, folder: Path) -> tuple[int, str]:
    """Run the command in this process; return its exit code and standard error."""
    arguments, errors = bad.make(folder), io.StringIO()
    before = sys.argv
    sys.argv = ["impossible", *arguments]
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            main()
    except SystemExit as end:
        return int(end.code or 0), errors.getvalue()
    finally:
        sys.argv = before
    return 0, errors.getvalue()


def _table() -> None:
    print("| input | exit code | line |\n|---|---|---|")
    for bad in BAD:
        with tempfile.TemporaryDirectory() as name:
            code, line = provoke(bad, Path(name))
        line = line.strip().replace(name, "FOLDER").replace("|", "\\|")
        print(f"| {bad.what} | {code} | `{line}` |")


if __name__ == "__main__":
    _table()
