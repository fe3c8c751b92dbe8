"""A language model with a prompt as a system: the teacher, zero-shot or few-shot."""

from collections.abc import Sequence

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..recipe import Execution, Teacher
from ..sentences import cut
from ..teachers import Decoding, open_teacher
from ..weights import locate
from .metrics import Example

INSTRUCTIONS = {
    "paraphrase": "Rewrite the sentence in other words. Keep its meaning. Answer with one sentence.",
    "summary": "Shorten the sentence. Keep what matters most. Answer with one sentence.",
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
    ),
}


class Prompted:
    """Asks a teacher for each output, greedily (top-k 1); the first sentence of the answer counts.

    A tokenizer with a chat template gets instruction and examples as a conversation, any other as plain text.
    Raises ModelError.
    """

    def __init__(self, teacher: Teacher, execution: Execution, few_shot: bool):
        self._tokenizer = AutoTokenizer.from_pretrained(locate(teacher.model))
        self._sampler = open_teacher(teacher, execution)
        self._few_shot = few_shot

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
        """See System."""
        shots = SHOTS[task] if self._few_shot else ()
        write = conversation if self._tokenizer.chat_template else plain
        prompts = [write(self._tokenizer, task, shots, e.source) for e in examples]
        longest = max((len(self._tokenizer(e.source)["input_ids"]) for e in examples), default=0)
        # no end before the first token: an empty answer is no answer
        decoding = Decoding(1.0, 1.0, 1, max_tokens=2 * longest + 8, min_tokens=1)
        drawn = self._sampler.sample(prompts, 1, [0] * len(prompts), decoding)
        return [cut(continuation.text) for [continuation] in drawn]


def conversation(
    tokenizer: PreTrainedTokenizerBase, task: str, shots: Sequence[tuple[str, str]], source: str
) -> str:
    """The prompt in the model's chat template, without a begin token that the tokenizer adds anyway."""
    turns = []
    for question, answer in [*shots, (source, "")]:
        turns.append({"role": "user", "content": f"{INSTRUCTIONS[task]}\n\n{question}"})
        turns.append({"role": "assistant", "content": answer})
    text = str(tokenizer.apply_chat_template(turns[:-1], tokenize=False, add_generation_prompt=True))
    adds_begin = tokenizer("")["input_ids"] == [tokenizer.bos_token_id]
    return text.removeprefix(str(tokenizer.bos_token)) if adds_begin else text


def plain(
    tokenizer: PreTrainedTokenizerBase, task: str, shots: Sequence[tuple[str, str]], source: str
) -> str:
    """The prompt as text that a model without a chat template may go on with."""
    lines = [INSTRUCTIONS[task], ""]
    for question, answer in shots:
        lines += [f"Sentence: {question}", f"{LABELS[task]}: {answer}", ""]
    return "\n".join([*lines, f"Sentence: {source}", f"{LABELS[task]}:"])
