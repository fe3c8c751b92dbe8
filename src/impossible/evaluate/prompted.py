"""A prompted language model as a system: the teacher, zero-shot or few-shot."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..data.open_text import check_regular
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

# three instructions per task, since a small model is sensitive to the wording
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
SOURCE = "{source}"  # placeholder for the sentence in a custom prompt
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
    """Prompts a teacher for each output and takes the first sentence of the answer.

    `prompt` is an index into INSTRUCTIONS (0 to 2), or a custom prompt that contains `{source}`. Instruction
    and examples are sent as a conversation if the tokenizer has a chat template, else, and to a server, as
    plain text. Raises ModelError.
    """

    def __init__(self, teacher: Teacher, execution: Execution, few_shot: bool, prompt: int | str = 0):
        self._tokenizer = (
            None
            if teacher.endpoint
            else AutoTokenizer.from_pretrained(locate(teacher.model), trust_remote_code=False)
        )
        self._sampler = open_teacher(teacher, execution)
        self._few_shot, self._instruction = few_shot, prompt

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System. Decodes greedily."""
        longest = self._longest(examples)
        # some servers reject top-k
        greedy = Decoding(1.0, 1.0, 1, longest) if self._tokenizer else Decoding(0.0, 1.0, 0, longest)
        return [draft for [draft] in self._sample(examples, task, 1, greedy)]

    def drafts(self, examples: Sequence[BenchmarkRow], task: str, n: int) -> list[list[str]]:
        """`n` answers per example, sampled like a student's; from a server without top-k."""
        settings = decoding(n, self._longest(examples))
        return self._sample(examples, task, n, settings if self._tokenizer else replace(settings, top_k=0))

    def _longest(self, examples: Sequence[BenchmarkRow]) -> int:
        """The token limit of an answer."""
        return 2 * max((self._tokens(e.source) for e in examples), default=0) + 8

    def _sample(
        self, examples: Sequence[BenchmarkRow], task: str, n: int, settings: Decoding
    ) -> list[list[str]]:
        prompts = [self._prompt(e.source, task) for e in examples]
        # require one token, since an empty answer is useless; some servers reject this setting
        settings = replace(settings, min_tokens=1 if self._tokenizer else 0)
        seeds = [seed_for(0, text_id(prompt), "prompted") for prompt in prompts]
        drawn = self._sampler.sample(prompts, n, seeds, settings)
        return [[cut(continuation.text) for continuation in continuations] for continuations in drawn]

    def _prompt(self, source: str, task: str) -> str:
        chat = self._tokenizer if self._tokenizer and self._tokenizer.chat_template else None
        if isinstance(self._instruction, str):
            prompt = self._instruction.replace(SOURCE, source)
            return _as_chat(chat, [{"role": "user", "content": prompt}]) if chat else prompt
        shots = SHOTS[task] if self._few_shot else ()
        instruction = INSTRUCTIONS[task][self._instruction]
        if chat:
            return conversation(chat, instruction, shots, source)
        return plain(instruction, LABELS[task], shots, source)

    def _tokens(self, text: str) -> int:
        """The number of tokens of a text; for the model of a server, a high estimate."""
        return len(self._tokenizer(text)["input_ids"]) if self._tokenizer else 2 * len(text.split())


def read_prompt(path: Path) -> str:
    """Read a custom prompt from a file, without the final line break. Raises DataError."""
    check_regular(path)
    try:
        prompt = path.read_text(encoding="utf-8-sig").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"prompt {path} cannot be read: {error}") from error
    if SOURCE not in prompt:
        raise DataError(f"prompt {path} has no {SOURCE}; add it where the sentence goes")
    return prompt


def conversation(
    tokenizer: PreTrainedTokenizerBase, instruction: str, shots: Sequence[tuple[str, str]], source: str
) -> str:
    """Format the prompt as a conversation in the model's chat template."""
    turns = []
    for question, answer in [*shots, (source, "")]:
        turns.append({"role": "user", "content": f"{instruction}\n\n{question}"})
        turns.append({"role": "assistant", "content": answer})
    return _as_chat(tokenizer, turns[:-1])


def _as_chat(tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]]) -> str:
    """Apply the chat template; drop its begin token if the tokenizer adds one too."""
    text = str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    adds_begin = tokenizer("")["input_ids"] == [tokenizer.bos_token_id]
    return text.removeprefix(str(tokenizer.bos_token)) if adds_begin else text


def plain(instruction: str, label: str, shots: Sequence[tuple[str, str]], source: str) -> str:
    """Format the prompt as plain text for a model without a chat template to continue."""
    lines = [instruction, ""]
    for question, answer in shots:
        lines += [f"Sentence: {question}", f"{label}: {answer}", ""]
    return "\n".join([*lines, f"Sentence: {source}", f"{label}:"])
