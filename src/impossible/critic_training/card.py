"""Write the model card of a trained critic: data with hashes, settings, results per file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ..text.escape import markdown
from .measure import Measured
from .train import TrainSettings


def write_card(
    folder: Path,
    base: str,
    data: Sequence[str],
    settings: TrainSettings,
    temperature: float | None,
    measured: Sequence[Measured],
) -> None:
    """Write `README.md` beside the weights: a Hugging Face model card. It knows no licences of the data."""
    trained = "\n".join(f"| {markdown(Path(spec).name)} | `{_sha256(spec)}` |" for spec in data)
    figures = "\n".join(
        f"| {markdown(m.name)} | {m.report.rows:,} | {m.report.accuracy:.3f} | {m.report.entailment_auc:.3f} "
        f"| {m.report.calibration_error:.3f} |"
        for m in measured
    )
    text = f"""---
pipeline_tag: text-classification
tags: [nli, impossible-distillation]
---
# An NLI cross-encoder

Says how likely one sentence entails another: entailment, neutral, contradiction. Base: {markdown(base)}.
Made with `impossible critic train`; {settings.describe()}.

## Data

Licences: see the sources of these files. `FILE@N` is N rows drawn at random with the seed.

| file | SHA-256 |
|---|---|
{trained}

## Figures

"""
    if measured:
        text += f"""Logits are divided by {temperature:.2f}, the temperature that fits these files best;
elsewhere the calibration error is a bit higher.

| file | rows | accuracy | ROC-AUC of entailment | calibration error |
|---|---|---|---|---|
{figures}
"""
    else:
        text += "Not measured: no `--validation` was given.\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def _sha256(spec: str) -> str:
    with Path(spec.partition("@")[0]).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
