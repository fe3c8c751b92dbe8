"""A first recipe for a corpus: the settings that one changes, each with a line on what it does."""

from .load import resolve
from .write import toml

_COUNT = 200  # sentences of a first run


def starter(corpus: str, field: str | None, usable: int) -> tuple[str, int]:
    """Write a recipe, as TOML, for a corpus with so many `usable` sentences; also return its count."""
    default, count = resolve({}), min(usable, _COUNT)
    restatement, tasks = default.restatement, dict(default.filter.tasks())
    sure = {task: bound.min for task in tasks if (bound := tasks[task].of("correct"))}
    assert restatement is not None
    column = "" if field is None else f"field = {toml(field)}   # the column with the text\n"
    text = f"""\
# Restates sentences of a corpus. All settings and what they do: impossible settings
seed = 7   # another seed draws other sentences

[contexts]
corpus = {toml(corpus)}
{column}count = {count}   # sentences to restate: twice as many give about twice the pairs, in twice the time

[restatement]
per_cue = {restatement.per_cue}   # restatements of each sentence and task: more find more, and take longer
# summary = false             # paraphrases only; paraphrase = false: summaries only
# examples = "pairs.jsonl"    # good pairs of your own to show the teacher: task, source, target

# How probably right a pair must be, 0 to 1: a higher bound keeps fewer and better pairs.
# To change it costs seconds: only the filter runs again.
[filter.paraphrase]
correct = {{ min = {sure["paraphrase"]} }}

[filter.summary]
correct = {{ min = {sure["summary"]} }}

# A larger teacher, from a folder or the Hugging Face Hub; without the table, the embedded one.
# [teacher]
# model = "OWNER/NAME"

# A student that learns from the pairs, and then rewrites any sentence.
# [distil]
# duplicates = "learn"
"""
    return text, count
