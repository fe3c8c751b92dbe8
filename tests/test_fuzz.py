"""Whatever a recipe, a corpus, a file of pairs or a run's folder holds: never anything but an ImpossibleError.

How many inputs were tried, and how many of them were accepted, is printed and asserted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impossible.data import store
from impossible.data.run_folder import RunFolder
from impossible.data.tables import ENDINGS, read_rows
from impossible.errors import ImpossibleError, RecipeError
from impossible.generation.corpus import CorpusReport, read_documents
from impossible.recipe.load import load, resolve
from impossible.recipe.presets import PRESETS
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump

TRIES = 300
FUZZ = settings(
    max_examples=TRIES, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)  # fmt: skip


@pytest.fixture(scope="module")
def tried() -> Iterator[Counter[str]]:
    counts: Counter[str] = Counter()
    yield counts
    print("\n" + ", ".join(f"{what}: {n}" for what, n in sorted(counts.items())))
    whole = {what: n for what, n in counts.items() if not what.endswith("accepted")}
    assert all(n >= TRIES // 2 for n in whole.values()), whole


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def attempt(counts: Counter[str], what: str, work: Callable[[], Any]) -> Any:
    """Count a try; what the work gives, or None where it raised an ImpossibleError of one line."""
    counts[what] += 1
    try:
        found = work()
    except ImpossibleError as error:
        assert str(error).strip() and len(str(error)) < 20_000
        return None
    counts[f"{what}, accepted"] += 1
    return found


def keys(model: type[Recipe]) -> list[str]:
    """Every name in the recipe, at any depth."""
    schema = json.dumps(model.model_json_schema())
    return sorted(
        {name for part in json.loads(schema)["$defs"].values() for name in part.get("properties", {})}
    )


NAMES = st.one_of(st.sampled_from([*Recipe.model_fields, *keys(Recipe)]), st.text(max_size=5))
LEAVES = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=300),
    st.sampled_from([*PRESETS, "transformers", "endpoint", "news", "http://localhost/v1", "paper"]),
)
TABLES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@FUZZ
@given(given=st.dictionaries(NAMES, TABLES, max_size=4))
def test_settings_of_any_shape(tried: Counter[str], given: dict[str, Any]) -> None:
    attempt(tried, "settings", lambda: resolve(given))


def lines(names: list[str]) -> st.SearchStrategy[str]:
    """Something like TOML: real tables and keys, values good and bad, and rubbish between."""
    value = st.sampled_from(
        ["1", "0.5", "true", '"x"', "[1, 2]", "{min = 0.5}", "nan", "-inf", "1979-05-27", "[", "'"]
    )
    line = st.one_of(
        st.sampled_from(["[contexts]", "[teacher.endpoint]", "[filter.paraphrase]", "[[distil]]", "[score]"]),
        st.builds("{} = {}".format, st.sampled_from(names), value),
        st.text(max_size=20),
    )
    return st.lists(line, max_size=8).map("\n".join)


@FUZZ
@given(
    text=st.one_of(
        lines(keys(Recipe)), st.text(max_size=200), st.integers(1, 3000).map(lambda n: f"a = {'[' * n}")
    )
)
def test_recipes_of_any_text(tried: Counter[str], folder: Path, text: str) -> None:
    path = folder / "fuzzed.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    recipe = attempt(tried, "recipe", lambda: load(path))
    if recipe is not None:
        (folder / "again.toml").write_text(dump(recipe), encoding="utf-8")
        assert dump(load(folder / "again.toml")) == dump(recipe)


@FUZZ
@given(
    sets=st.lists(
        st.one_of(st.text(max_size=30), st.builds("{}.{}={}".format, NAMES, NAMES, st.text(max_size=12))), max_size=3
    )
)  # fmt: skip
def test_overrides_of_any_text(tried: Counter[str], folder: Path, sets: list[str]) -> None:
    path = folder / "empty.toml"
    path.write_text("")
    attempt(tried, "--set", lambda: load(path, sets))


ROWS = st.lists(
    st.one_of(
        st.builds(lambda text: json.dumps({"text": text, "source": text}).encode(), st.text(max_size=30)),
        st.binary(max_size=40),
        st.sampled_from([b'text,source', b'"', b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b\x08", b'{"text": ' + b"[" * 5000, b"PAR1"]),
    ),
    max_size=6,
).map(b"\n".join)  # fmt: skip


@FUZZ
@given(
    content=ROWS,
    suffix=st.sampled_from([".txt", *ENDINGS, ".jsonl.gz", ".csv.gz"]),
)
def test_corpora_of_any_bytes(tried: Counter[str], folder: Path, content: bytes, suffix: str) -> None:
    path = folder / f"corpus{suffix}"
    path.write_bytes(content)
    field = None if suffix == ".txt" else "text"
    documents = attempt(tried, "corpus", lambda: list(read_documents(path, field, CorpusReport())))
    assert documents is None or all(d.text.encode() for d in documents)


@FUZZ
@given(content=ROWS, suffix=st.sampled_from(ENDINGS))
def test_pairs_of_any_bytes(tried: Counter[str], folder: Path, content: bytes, suffix: str) -> None:
    path = folder / f"pairs{suffix}"
    path.write_bytes(content)
    attempt(tried, "pairs", lambda: read_rows(path))


TABLE = pa.table({"a": list(range(50)), "b": ["ein Satz", None, "ü"] * 16 + ["x", "y"]})


@FUZZ
@given(
    where=st.floats(0, 1, exclude_max=True),
    change=st.one_of(st.integers(1, 255), st.binary(max_size=30)),
    cut=st.booleans(),
)
def test_shards_damaged_anywhere(
    tried: Counter[str], folder: Path, where: float, change: int | bytes, cut: bool
) -> None:
    path = folder / "shard.parquet"
    store.write_shard(path, TABLE, "made for this", {"kept": 1})
    data = bytearray(path.read_bytes())
    at = int(where * len(data))
    if isinstance(change, int):
        data[at] ^= change
    else:
        data[at : at + len(change)] = change
    path.write_bytes(data[:at] if cut else data)
    found = attempt(tried, "shard", lambda: store.finished(path, "made for this"))
    assert found is None or found.table().equals(TABLE)  # damage is met, or touched nothing that counts


@FUZZ
@given(
    content=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode), st.just(b'{"shards": 1}'))
)
def test_manifests_and_journals_of_any_bytes(tried: Counter[str], folder: Path, content: bytes) -> None:
    for name in ("manifest.json", "journal.jsonl"):
        (folder / name).write_bytes(content)
    attempt(tried, "manifest", lambda: RunFolder(folder).manifest())
    attempt(tried, "journal", lambda: store.read_lines(folder / "journal.jsonl"))


def test_a_name_longer_than_a_file_system_takes() -> None:
    with pytest.raises(RecipeError, match="there is no such file"):
        resolve({"contexts": {"corpus": "x" * 5000}})
