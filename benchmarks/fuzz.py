"""Fuzz what reads other people's text: `python benchmarks/fuzz.py --inputs 300000 --seed 1`.

Inputs are made by chance from awkward pieces and damaged examples. A reader may answer or raise
ImpossibleError; anything else is a crash. An input that takes over HANG seconds of processor time is a hang.
Of two texts, a critic that `recipe.critic_table` calls symmetric must give one score in both orders, and a
text must have all of its own numbers and persons; else it counts as a crash. Exit code 1 if there are any.
"""

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from impossible.critics.numbers import Numbers
from impossible.critics.personal_data import PersonalData, personal_data
from impossible.critics.persons import Persons
from impossible.critics.rouge_l import RougeL
from impossible.critics.toxic import Toxic
from impossible.data import store
from impossible.data.judgements import read_judgements
from impossible.data.run_folder import RunFolder
from impossible.data.state import read_state
from impossible.data.tables import ENDINGS, read_rows
from impossible.errors import ImpossibleError
from impossible.generation.corpus import CorpusReport, read_documents
from impossible.recipe.load import load, resolve
from impossible.recipe.presets import PRESETS
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump
from impossible.students.controls import Controls
from impossible.students.prompts import prompt
from impossible.teachers.completions import read_choices, seconds_to_wait
from impossible.text import mend, numbers, sentences
from impossible.text.templates import template

HANG = 2.0
WORDS = (
    "the 5 dollarſ 3 ſeptember mınus İ ß ﬁve twenty-one hundred thousand million billion point and a an "
    "of half quarter past to o'clock noon midnight January Feb. Mr. Dr. e.g. i.e. U.S. No. St. vs. "
    "www.a.org a@b.org $ € £ ¥ % ° ½ ² III XIV 1,000 1.000,5 1 000 3.14 1e9 0x1F 10:30 10.30am 2020-01-31 "
    "31/12/99 5-10 5–10 up to at least less than between from more or fewer kg km lb °C mph GB inf nan -0 "
    "٣ ४ ５ 𝟓 一 ۵ 1st 2nd 3rd 21st dozen couple per cent "
).split()
ODD = [
    "\0",
    "\n",
    "\r",
    "\t",
    "\u2028",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\ud800",
    "\U000e0041",
    "\xa0",
    "…",
    "?!",
    "...",
    "'",
    '"',
]
ODD += [
    "“",
    "”",
    "(",
    ")",
    "[",
    "<b>",
    "&amp;",
    "&#x0;",
    "Ã©",
    "\x1b[31m",
    "e\u0301" * 9,
    "👩‍👩‍👧",
    "-" * 40,
    "1" * 400,
    " " * 90,
]
NUMBERS: list[Any] = [
    0,
    -1,
    2**70,
    1e308,
    float("inf"),
    float("nan"),
    -1e-320,
    10**400,
    True,
    None,
    "",
    [],
    {},
    "1" * 4000,
]


def text(r: random.Random) -> str:
    """Words, odd characters and damage."""
    pieces = [r.choice(WORDS if r.random() < 0.7 else ODD) for _ in range(r.randrange(1, 16))]
    if r.random() < 0.3:
        pieces += ["".join(chr(r.randrange(1, 0x11000)) for _ in range(r.randrange(6)))]
    if r.random() < 0.02:
        pieces *= 60
    return r.choice(["", " ", " "]).join(pieces) + r.choice(["", ".", "!", "?"])


def value(r: random.Random, depth: int = 0) -> Any:
    """A value as JSON or TOML may hold it."""
    pick = r.random()
    if pick < 0.2 and depth < 4:
        return [value(r, depth + 1) for _ in range(r.randrange(4))]
    if pick < 0.4 and depth < 4:
        return {r.choice(NAMES): value(r, depth + 1) for _ in range(r.randrange(4))}
    return r.choice(
        [
            text(r),
            r.choice(NUMBERS),
            r.uniform(-2, 2),
            r.randrange(9),
            r.choice([*PRESETS, "news", "endpoint"]),
        ]
    )


def damaged(r: random.Random, data: bytes) -> bytes:
    """Bytes changed, put in, cut off or repeated somewhere."""
    out = bytearray(data)
    for _ in range(r.randrange(4)):
        at = r.randrange(len(out) + 1)
        match r.randrange(4):
            case 0 if at < len(out):
                out[at] ^= r.randrange(1, 256)
            case 1:
                out[at:at] = r.randbytes(r.randrange(9))
            case 2:
                del out[at : at + r.randrange(30)]
            case _:
                out[at:at] = out[: r.randrange(40)]
    return bytes(out)


NAMES = [*Recipe.model_fields]
for _part in Recipe.model_json_schema()["$defs"].values():
    NAMES += _part.get("properties", {})
TABLES = {
    name: list(table)
    for name, table in resolve({}).model_dump(mode="json").items()
    if isinstance(table, dict)
}
NAMES += [
    "text",
    "source",
    "target",
    "choices",
    "logprobs",
    "tokens",
    "token_logprobs",
    "text_offset",
    "content",
    "bytes",
]

LABEL = {"pair_id": "0123", "right": True, "source": "A.", "target": "B."}


def settings(r: random.Random) -> dict[str, Any]:
    """Settings of a recipe, most of them with a key that there is."""
    given: dict[str, Any] = {}
    for name in r.sample([*TABLES], r.randrange(1, 3)):
        given[name] = {r.choice(TABLES[name]): r.choice([value(r), 1, 0.5, 8, True, False])}
    return given if r.random() < 0.8 else given | {r.choice(NAMES): value(r)}


class Readers:
    """What is tried, by name; each takes a source of chance. Files lie in one folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.pair, self.persons, self.run = Numbers(), Persons(), folder / "run"
        self.symmetric = (PersonalData(), Toxic(), RougeL())
        self.recipe = dump(resolve({}))
        self.table = pa.table({"a": range(50), "b": ["ein Satz", None, "ü"] * 16 + ["x", "y"]})
        store.write_shard(folder / "good.parquet", self.table, "made for this", {"kept": 1})
        self.shard = (folder / "good.parquet").read_bytes()

    def splitter(self, r: random.Random) -> None:
        """Sentences, their defects and templates, mended."""
        given, _ = mend.mended(text(r))
        for one in sentences.split(given):
            sentences.defect(one)
            template(one)
        sentences.first_sentence(given)

    def numbers(self, r: random.Random) -> None:
        """Readings, the critic of numbers, personal data."""
        numbers.numbers(a := text(r))
        self.pair.score([a], [text(r)])
        personal_data(a)

    def pairs(self, r: random.Random) -> None:
        """The critics of words: those that are symmetric, and what a text shares with itself."""
        a, b = text(r), text(r)
        for critic in self.symmetric:
            there, back = critic.score([a, b], [b, a]).tolist()
            assert there == back, f"{type(critic).__name__} of {a!r}, {b!r}: {there}, {back}"
        for critic in (self.pair, self.persons):
            assert critic.score([a], [a]).tolist() == [1.0], f"{type(critic).__name__} of {a!r}"

    def readers(self, r: random.Random) -> None:
        """Tables and corpora of any bytes."""
        rows = [{"text": text(r), "source": text(r), "n": value(r)} for _ in range(r.randrange(4))]
        ending = r.choice([*ENDINGS, ".txt"])
        match ending:
            case ".jsonl":
                data = "\n".join(json.dumps(row) for row in rows).encode()
            case ".parquet":
                data = self.shard
            case _:
                mark = "\t" if ending == ".tsv" else ","
                lines = [
                    mark.join(['"text"', "source"]),
                    *(f'{row["text"]}{mark}"{row["source"]}"' for row in rows),
                ]
                data = "\n".join(lines).encode(r.choice(["utf-8", "utf-16"]), "replace")
        path = self.folder / f"table{ending}"
        path.write_bytes(damaged(r, data))
        if ending == ".txt" or r.random() < 0.5:
            list(read_documents(path, None if ending == ".txt" else "text", CorpusReport()))
        else:
            read_rows(path)

    def recipes(self, r: random.Random) -> None:
        """Settings of any shape, and recipe files with damage."""
        if r.random() < 0.7:
            resolve(settings(r))
        else:
            path = self.folder / "recipe.toml"
            path.write_bytes(damaged(r, self.recipe.encode()))
            load(path, [f"{r.choice(NAMES)}.{r.choice(NAMES)}={text(r)}"] if r.random() < 0.2 else ())

    def prompts(self, r: random.Random) -> None:
        """Prompts of students: one line whatever the sentence holds."""
        made = prompt(r.choice(["paraphrase", "summary"]), text(r), Controls(), causal=True)
        assert made.count("\n") == 1 and made.endswith("\n")

    def answers(self, r: random.Random) -> None:
        """What a server of completions says."""
        choice = {"text": text(r), "finish_reason": r.choice(["stop", None, 5]), "logprobs": value(r)}
        if r.random() < 0.6:
            tokens = choice["text"].split(" ")
            bad = r.choice([-1.0, -1e999, "x", None, 10**400])
            offsets = r.choice([None, [0] * len(tokens), [r.randrange(-9, 99) for _ in tokens]])
            lists = {
                "tokens": tokens,
                "token_logprobs": [r.choice([-0.5, bad]) for _ in tokens],
                "text_offset": offsets,
            }
            objects = [
                {"token": t, "logprob": r.choice([-0.5, bad]), "bytes": r.choice([None, [1, 300], "x"])}
                for t in tokens
            ]
            choice["logprobs"] = r.choice([lists, {"content": objects}])
        body = {"choices": r.choice([[choice], choice, value(r), [choice, value(r)]])}
        data = json.dumps(body).encode()
        for one in read_choices(damaged(r, data), r.randrange(3)):
            assert one.text.encode() is not None
        seconds_to_wait(r.choice([text(r), "1e999", "nan", "Wed, 21 Oct 99999 07:28:00 GMT", "-5", None]))

    def folders(self, r: random.Random) -> None:
        """Manifests, journals, rounds and shards of a run."""
        manifest = {"contexts": 4, "shards": 2, "stages": ["contexts", "score"], "machine": "x86"}
        entry = {"stage": "score", "shard": "00000", "seconds": 1, "rows": 2}
        one = {"number": 0, "sources": 4, "kept": 2, "pairs": 2, "accepted": 0.5, "quality": 0.2}
        odd = [-1, 2**70, 10**12, [], ["other"], {}, None, value(r)]
        files = {
            "manifest.json": manifest,
            "journal.jsonl": entry,
            "rounds.json": one,
            "judgements/paraphrase.jsonl": LABEL,
        }
        for name, good in files.items():
            bad = {
                key: r.choice(odd) if r.random() < 0.1 else held
                for key, held in good.items()
                if r.random() < 0.98
            }
            data = json.dumps([bad] if name == "rounds.json" else bad).encode() + b"\n"
            path = self.run / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(damaged(r, data) if r.random() < 0.2 else data)
        folder = RunFolder(self.run)
        shard = folder.shard_file("contexts", 0)
        shard.parent.mkdir(exist_ok=True)
        shard.write_bytes(damaged(r, self.shard))
        found = store.finished(shard, "made for this")
        assert found is None or found.table().equals(self.table)
        folder.journal()
        read_judgements(self.run, "paraphrase")
        read_state(self.run)


# of a thousand inputs
SHARES = {
    "splitter": 200,
    "numbers": 200,
    "pairs": 100,
    "readers": 120,
    "recipes": 100,
    "prompts": 80,
    "answers": 150,
    "folders": 50,
}


def attempt(work: Callable[[random.Random], None], seed: str) -> str:
    """What came of an input: answered, refused, crash or hang."""
    start = time.process_time()
    try:
        work(random.Random(seed))
        outcome = "answered"
    except ImpossibleError as error:
        outcome = "refused" if "\n" not in str(error).strip() else "crash"
    except Exception:
        print(f"{work.__name__} {seed}\n{traceback.format_exc()}", file=sys.stderr)
        outcome = "crash"
    if time.process_time() - start > HANG:
        print(f"{work.__name__} {seed}: {time.process_time() - start:.1f} s", file=sys.stderr)
        outcome = "hang"
    return outcome


def main() -> int:
    """Try the inputs and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        readers = Readers(Path(folder))
        for name, share in SHARES.items():
            for number in range(given.inputs * share // 1000):
                counts[name, attempt(getattr(readers, name), f"{given.seed} {name} {number}")] += 1
    outcomes = ("answered", "refused", "crash", "hang")
    print(f"| reads | inputs | {' | '.join(outcomes)} |\n|---|{'---:|' * 5}")
    for name in SHARES:
        row = [counts[name, outcome] for outcome in outcomes]
        print(f"| {name} | {sum(row):,} | {' | '.join(f'{n:,}' for n in row)} |")
    print(f"{sum(counts.values()):,} inputs in {time.process_time():.0f} s of processor time")
    return int(any(counts[name, bad] for name in SHARES for bad in ("crash", "hang")))


if __name__ == "__main__":
    sys.exit(main())
