"""Facts → croissant.json: the metadata of a published dataset in MLCommons' Croissant 1.0 (JSON-LD)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..recipe.recipe import Recipe
from ..report.facts import Facts
from ..text.escape import json_value

FILE = "croissant.json"
# The JSON-LD context that the specification requires, with the vocabulary for responsible AI.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "equivalentProperty": "cr:equivalentProperty",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {
    pa.string(): "sc:Text",
    pa.float32(): "sc:Float",
    pa.int32(): "sc:Integer",
    pa.bool_(): "sc:Boolean",
}
CITATION = (
    "Jaehun Jung, Peter West, Liwei Jiang, Faeze Brahman, Ximing Lu, Jillian Fisher, Taylor Sorensen, Yejin "
    "Choi (2024). Impossible Distillation for Paraphrasing and Summarization: How to Make High-quality "
    "Lemonade out of Small, Low-quality Model. Proceedings of NAACL 2024. arXiv:2305.16635"
)


def write_croissant(folder: Path, facts: Facts, name: str, licences: Mapping[str, str], home: str) -> None:
    """Write croissant.json beside `data/TASK-SPLIT.parquet`; `home` is the URL of the dataset, or ""."""
    files = sorted((folder / "data").glob("*.parquet"))
    metadata = _about(facts, name, licences, home)
    metadata["distribution"] = [_file(path) for path in files]
    metadata["recordSet"] = [_records(path) for path in files]
    text = json.dumps(json_value(metadata), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def _about(facts: Facts, name: str, licences: Mapping[str, str], home: str) -> dict[str, Any]:
    recipe = facts.recipe
    tasks = " and ".join(task.name for task in facts.tasks)
    source = "texts of a corpus" if recipe.contexts.corpus else ", ".join(recipe.contexts.domains)
    metadata = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": f"English {tasks} pairs of sentences that {recipe.teacher.model} generated as "
        "continuations of one context and a cascade of critics kept (Impossible Distillation).",
        "license": licences.get("dataset", "unknown"),
        "version": "1.0.0",
        "datePublished": date.today().isoformat(),
        "inLanguage": "en",
        "keywords": ["synthetic", "impossible-distillation", *(task.name for task in facts.tasks)],
        "citeAs": CITATION,
        "isLiveDataset": False,
        "rai:dataCollection": f"{_collected(recipe, source)} Recipe: recipe.toml; method: README.md.",
        "rai:dataBiases": "The sentences carry the biases of the language model that wrote them.",
        "rai:dataLimitations": "Sentences are not facts. Critics make errors: some pairs differ in meaning.",
        "rai:personalSensitiveInformation": "Searched for only by patterns of addresses, numbers and keys.",
    }
    return metadata | ({"url": home} if home else {})


def _collected(recipe: Recipe, source: str) -> str:
    """How the pairs were made, in a sentence."""
    settings = recipe.restatement
    if settings is None:
        return (
            f"Contexts ({source}) were continued {recipe.sampling.per_context} times each; the pairs were "
            "neither written nor checked by people."
        )
    return (
        f"Sentences ({source}) were restated {settings.per_cue} times behind a cue; the restatements were "
        "neither written nor checked by people."
    )


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": f"data/{path.name}",
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest,
    }


def _records(path: Path) -> dict[str, Any]:
    """Describe the columns of a file: name, type, and description from its schema."""
    return {
        "@type": "cr:RecordSet",
        "@id": path.stem,
        "name": path.stem,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{path.stem}/{column.name}",
                "name": column.name,
                "description": (column.metadata or {}).get(b"description", b"").decode(),
                "dataType": _TYPES[column.type],
                "source": {"fileObject": {"@id": path.name}, "extract": {"column": column.name}},
            }
            for column in pq.read_schema(path)
        ],
    }
