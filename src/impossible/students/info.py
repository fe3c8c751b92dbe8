"""Read and write a student's metadata (`student.json`) and its model card."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from ..data.rounds import run_student
from ..errors import ModelError, first_line
from ..models.locate import locate
from ..recipe.base import Settings
from ..recipe.distil import Distil
from ..text.escape import markdown
from .controls import LENGTHS, WORDINGS, Controls
from .prompts import prompt

FILE = "student.json"
Kind = Literal["causal", "seq2seq"]


class Info(Settings):
    """The tasks and controls of a student, and how it was trained.

    `pairs` counts the directed training pairs by task, `held_out` the validation pairs, `left_out` those
    longer than `max_tokens`. `validation_loss` is in nats per token. With `chat`, prompts are messages in the
    tokenizer's chat template.
    """

    kind: Kind
    chat: bool = False
    tasks: tuple[str, ...]
    controls: tuple[str, ...]
    max_tokens: int = Field(ge=1)
    base: str
    pairs: dict[str, int]
    held_out: int
    left_out: int
    steps: int
    validation_loss: float | None
    settings: Distil
    seed: int


def read_info(folder: Path) -> Info:
    """Read the metadata of a student's folder. Raises ModelError."""
    path = folder / FILE
    try:
        return Info.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{folder} is not a student (no {FILE}); train one with: impossible distil RUN --out {folder}"
        ) from None
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise ModelError(f"{path} cannot be read ({first_line(error)}); train the student again") from error


def best_student(path: Path) -> Path:
    """Return the folder of a run's best student, or of an embedded one; any other folder as it is."""
    if str(path).startswith("embedded:"):
        return locate(str(path))
    return run_student(path) or path


def write_info(folder: Path, info: Info) -> None:
    """Write `student.json` and the model card beside the weights."""
    (folder / FILE).write_text(info.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(f"---\n{_front_matter(info)}---\n{card_text(info)}", encoding="utf-8")


def _front_matter(info: Info) -> str:
    return (
        f"pipeline_tag: {PIPELINE[info.kind]}\nlanguage: en\n"
        f"tags: [{', '.join(info.tasks)}, impossible-distillation]\n"
    )


PIPELINE = {"causal": "text-generation", "seq2seq": "text2text-generation"}
_LOADING = {
    "causal": """from transformers import pipeline

student = pipeline("text-generation", FOLDER)
student(PROMPT, return_full_text=False)""",
    "chat": """from transformers import pipeline

student = pipeline("text-generation", FOLDER)
student([{"role": "user", "content": PROMPT}])""",
    "seq2seq": """from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

student, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(FOLDER), AutoTokenizer.from_pretrained(FOLDER)
output = student.generate(**tokenizer(PROMPT, return_tensors="pt"))
tokenizer.batch_decode(output, skip_special_tokens=True)""",
}


def card_text(info: Info) -> str:
    """Return the text of a student's model card: training data, usage and prompt format."""
    loss = "not measured" if info.validation_loss is None else f"{info.validation_loss:.3f} nats per token"
    counts = ", ".join(f"{n:,} of {task}" for task, n in info.pairs.items())
    return f"""# A student of impossible distillation

Rewrites English sentences: {" and ".join(info.tasks)}. Base: {markdown(info.base)}; its licence applies.
Trained on pairs that a language model generated and critics kept (Jung et al. 2024,
arXiv 2305.16635), {counts}; validation loss: {loss} on {info.held_out:,} held-out ones.

## Use

`impossible paraphrase` and `impossible summarize`, or `impossible.open_student(FOLDER)`, draw several
outputs, score them, and mark which are accepted. Without that package outputs are not checked:

```python
{_LOADING["chat" if info.chat else info.kind]}
```

A prompt has at most {info.max_tokens} tokens and this form (a JSON string each):

```
{_prompts(info)}
```

{_controls(info)}

## Training

`{info.settings.model_dump_json()}`, seed {info.seed}, {info.steps:,} steps.
"""


def _prompts(info: Info) -> str:
    """Return example prompts of each task, without and with controls."""
    lines = []
    for task in info.tasks:
        asked = {"length": LENGTHS[task][0], "wording": WORDINGS[-1]}
        some = Controls(**{name: value for name, value in asked.items() if name in info.controls})
        for controls in dict.fromkeys((Controls(), some)):
            text = prompt(task, "Thank you for your help.", controls, info.kind == "causal")
            lines.append(json.dumps(text.rstrip() if info.chat else text))
    return "\n".join(lines)


def _controls(info: Info) -> str:
    if not info.controls:
        return "It was trained without controls."
    lines = ["Controls, all optional, in this order:", ""]
    if "length" in info.controls:
        lines += [f"- length, {task}: {', '.join(LENGTHS[task])}" for task in info.tasks]
    if "wording" in info.controls:
        lines.append(f"- wording (distance from the source): {', '.join(WORDINGS)}")
    if "syntax" in info.controls:
        lines.append("- syntax: dependency labels of the root's children, such as `nsubj root dobj`")
    return "\n".join(lines)
