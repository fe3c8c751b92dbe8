"""A language model with a prompt as a system: the teacher, zero-shot or few-shot."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..data.schema import seed_for, text_id
from ..errors import DataError
from ..metrics.table import BenchmarkRow
from ..models.locate import locate
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from ..students.decode import decoding
from ..teachers import open_teacher
from ..teachers.base import Decoding
from ..text.sentences import cut

# three ways to ask, since a small model's answer hangs on the words
INSTRUCTIONS = {
    "paraphrase": (
        "Rewrite the sentence in other words. Keep its meaning. Answer with one sentence.",
        "Paraphrase this sentence:",
        "Say the same thing differently.",
    ),
    "summary": (
        "Shorten the sentence. Keep what matters most. Answer with one sentence.",
        "Summarize this sentence in fewer words:",
        "Write a short headline for this sentence.",
    ),
}
SOURCE = "{source}"  # what a prompt of one's own has where the sentence goes
LABELS = {"paraphrase": "In other words", "summary": "Shorter"}
SHOTS = {
    "paraphrase": (
        ("The shop closes at noon on Sundays.", "On Sundays, the store is only open until twelve."),
        ("She was surprised that nobody had called her.", "To her surprise, no one had phoned."),
        ("Heavy rain delayed the start of the match.", "The match began late because it rained hard."),
        ("Most of the staff have worked here for years.", "The majority of employees are long-serving."),
    ),
    "summary": (
        (
            "The city council, which met late on Tuesday, voted to close the old bridge until spring.",
            "The council voted to close the old bridge until spring.",
        ),
        (
            "According to a spokesman, two people were slightly hurt when a bus hit a tree near the station.",
            "Two people were hurt when a bus hit a tree.",
        ),
        (
            "I bought this kettle about three months ago and it has already stopped working twice.",
            "This kettle has already stopped working twice.",
        ),
        (
            "Although she had been ill for most of the winter, she won the race by almost a minute.",
            "She won the race by almost a minute.",
        ),
    ),
}


class Prompted:
    """Asks a teacher for each output; the first sentence of the answer counts.

    `ask` is which of the INSTRUCTIONS (0 to 2) it gets, or a prompt of one's own with `{source}` in it. A
    tokenizer with a chat template gets instruction and examples as a conversation, any other, and a server,
    as plain text. Raises ModelError.
    """

    def __init__(self, teacher: Teacher, execution: Execution, few_shot: bool, ask: int | str = 0):
        self._tokenizer = None if teacher.endpoint else AutoTokenizer.from_pretrained(locate(teacher.model))
        self._sampler = open_teacher(teacher, execution)
        self._few_shot, self._ask = few_shot, ask

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System: the greedy answer."""
        longest = self._longest(examples)
        # not all servers know top-k
        greedy = Decoding(1.0, 1.0, 1, longest) if self._tokenizer else Decoding(0.0, 1.0, 0, longest)
        return [draft for [draft] in self._drawn(examples, task, 1, greedy)]

    def drafts(self, examples: Sequence[BenchmarkRow], task: str, n: int) -> list[list[str]]:
        """`n` answers an example, drawn as a student draws; a server's from its whole vocabulary."""
        how = decoding(n, self._longest(examples))
        return self._drawn(examples, task, n, how if self._tokenizer else replace(how, top_k=0))

    def _longest(self, examples: Sequence[BenchmarkRow]) -> int:
        """The most tokens of an answer."""
        return 2 * max((self._tokens(e.source) for e in examples), default=0) + 8

    def _drawn(self, examples: Sequence[BenchmarkRow], task: str, n: int, how: Decoding) -> list[list[str]]:
        prompts = [self._prompt(e.source, task) for e in examples]
        # no end before the first token: an empty answer is no answer; a server may not know the setting
        how = replace(how, min_tokens=1 if self._tokenizer else 0)
        seeds = [seed_for(0, text_id(prompt), "prompted") for prompt in prompts]
        drawn = self._sampler.sample(prompts, n, seeds, how)
        return [[cut(continuation.text) for continuation in found] for found in drawn]

    def _prompt(self, source: str, task: str) -> str:
        chat = self._tokenizer if self._tokenizer and self._tokenizer.chat_template else None
        if isinstance(self._ask, str):
            asked = self._ask.replace(SOURCE, source)
            return _as_chat(chat, [{"role": "user", "content": asked}]) if chat else asked
        shots = SHOTS[task] if self._few_shot else ()
        instruction = INSTRUCTIONS[task][self._ask]
        if chat:
            return conversation(chat, instruction, shots, source)
        return plain(instruction, LABELS[task], shots, source)

    def _tokens(self, text: str) -> int:
        """How many tokens a text has; of a server's model a guess on the high side."""
        return len(self._tokenizer(text)["input_ids"]) if self._tokenizer else 2 * len(text.split())


def read_prompt(path: Path) -> str:
    """A prompt of one's own, as it is in the file, less the last line end. Raises DataError."""
    try:
        prompt = path.read_text(encoding="utf-8-sig").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"prompt {path} cannot be read: {error}") from error
    if SOURCE not in prompt:
        raise DataError(f"prompt {path} has no {SOURCE}, where the sentence is to go")
    return prompt


def conversation(
    tokenizer: PreTrainedTokenizerBase, instruction: str, shots: Sequence[tuple[str, str]], source: str
) -> str:
    """The prompt in the model's chat template."""
    turns = []
    for question, answer in [*shots, (source, "")]:
        turns.append({"role": "user", "content": f"{instruction}\n\n{question}"})
        turns.append({"role": "assistant", "content": answer})
    return _as_chat(tokenizer, turns[:-1])


def _as_chat(tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]]) -> str:
    """Turns in the model's template, without a begin token that the tokenizer adds anyway."""
    text = str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    adds_begin = tokenizer("")["input_ids"] == [tokenizer.bos_token_id]
    return text.removeprefix(str(tokenizer.bos_token)) if adds_begin else text


def plain(instruction: str, label: str, shots: Sequence[tuple[str, str]], source: str) -> str:
    """The prompt as text that a model without a chat template may go on with."""
    lines = [instruction, ""]
    for question, answer in shots:
        lines += [f"Sentence: {question}", f"{label}: {answer}", ""]
    return "\n".join([*lines, f"Sentence: {source}", f"{label}:"])
