"""A language model with a prompt as a system: the teacher, zero-shot or few-shot."""

from collections.abc import Sequence
from dataclasses import asdict

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..recipe import Execution, Teacher
from ..records import seed_for, text_id
from ..sentences import cut
from ..students.decode import Drawing
from ..teachers import Decoding, open_teacher
from ..weights import locate
from .metrics import Example

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

    `ask` is which of the INSTRUCTIONS (0 to 2) it gets. A tokenizer with a chat template gets instruction and
    examples as a conversation, any other as plain text. Raises ModelError.
    """

    def __init__(self, teacher: Teacher, execution: Execution, few_shot: bool, ask: int = 0):
        self._tokenizer = AutoTokenizer.from_pretrained(locate(teacher.model))
        self._sampler = open_teacher(teacher, execution)
        self._few_shot, self._ask = few_shot, ask

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
        """See System: the greedy answer."""
        return [draft for [draft] in self._drawn(examples, task, 1, Drawing(1.0, 1.0, 1))]

    def drafts(self, examples: Sequence[Example], task: str, n: int) -> list[list[str]]:
        """`n` answers an example, drawn as a student draws."""
        return self._drawn(examples, task, n, Drawing())

    def _drawn(self, examples: Sequence[Example], task: str, n: int, drawing: Drawing) -> list[list[str]]:
        shots = SHOTS[task] if self._few_shot else ()
        write = conversation if self._tokenizer.chat_template else plain
        instruction = INSTRUCTIONS[task][self._ask]
        prompts = [write(self._tokenizer, instruction, LABELS[task], shots, e.source) for e in examples]
        longest = max((len(self._tokenizer(e.source)["input_ids"]) for e in examples), default=0)
        # no end before the first token: an empty answer is no answer
        decoding = Decoding(**asdict(drawing), max_tokens=2 * longest + 8, min_tokens=1)
        seeds = [seed_for(0, text_id(prompt), "prompted") for prompt in prompts]
        drawn = self._sampler.sample(prompts, n, seeds, decoding)
        return [[cut(continuation.text) for continuation in found] for found in drawn]


def conversation(
    tokenizer: PreTrainedTokenizerBase,
    instruction: str,
    label: str,
    shots: Sequence[tuple[str, str]],
    source: str,
) -> str:
    """The prompt in the model's chat template, without a begin token that the tokenizer adds anyway."""
    turns = []
    for question, answer in [*shots, (source, "")]:
        turns.append({"role": "user", "content": f"{instruction}\n\n{question}"})
        turns.append({"role": "assistant", "content": answer})
    text = str(tokenizer.apply_chat_template(turns[:-1], tokenize=False, add_generation_prompt=True))
    adds_begin = tokenizer("")["input_ids"] == [tokenizer.bos_token_id]
    return text.removeprefix(str(tokenizer.bos_token)) if adds_begin else text


def plain(
    tokenizer: PreTrainedTokenizerBase,
    instruction: str,
    label: str,
    shots: Sequence[tuple[str, str]],
    source: str,
) -> str:
    """The prompt as text that a model without a chat template may go on with."""
    lines = [instruction, ""]
    for question, answer in shots:
        lines += [f"Sentence: {question}", f"{label}: {answer}", ""]
    return "\n".join([*lines, f"Sentence: {source}", f"{label}:"])
