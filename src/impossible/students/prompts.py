"""How a source, a task and its controls are written for a student, and the tokens of that."""

from typing import TYPE_CHECKING

from .controls import Controls

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def prompt(task: str, source: str, controls: Controls, causal: bool) -> str:
    """What the student reads: `paraphrase (length: shorter; wording: far): The source.`

    A causal student goes on in the next line; one whose base has a chat template answers it as a message,
    since a model that was taught to answer keeps closer to a source so. White space in the source becomes
    single spaces, so that the line break can only be ours.
    """
    asked = "; ".join(f"{name}: {value}" for name, value in controls.given())
    head = f"{task} ({asked})" if asked else task
    return f"{head}: {one_line(source)}" + ("\n" if causal else "")


def one_line(text: str) -> str:
    """A text with every run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def prompt_ids(tokenizer: "PreTrainedTokenizerBase", text: str, causal: bool) -> list[int]:
    """A prompt's tokens, in training and in use: for a causal student a message, if there is a chat template.

    What it goes on from has no end token.
    """
    if causal and tokenizer.chat_template:
        message = [{"role": "user", "content": text.rstrip("\n")}]
        text = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    ids = list(tokenizer(text)["input_ids"])
    return ids[:-1] if causal and ids[-1:] == [tokenizer.eos_token_id] else ids
