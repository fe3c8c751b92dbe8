"""Format the prompt of a student from task, source and controls, and tokenize it."""

from typing import TYPE_CHECKING

from .controls import Controls

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def prompt(task: str, source: str, controls: Controls, causal: bool) -> str:
    """Return the prompt of a student: `paraphrase (length: shorter; wording: far): The source.`

    A causal student continues on the next line. White space in the source becomes single spaces, so that the
    prompt has only one line break.
    """
    asked = "; ".join(f"{name}: {value}" for name, value in controls.given())
    head = f"{task} ({asked})" if asked else task
    return f"{head}: {one_line(source)}" + ("\n" if causal else "")


def one_line(text: str) -> str:
    """Collapse each run of white space to one space and strip the ends."""
    return " ".join(text.split())


def prompt_ids(tokenizer: "PreTrainedTokenizerBase", text: str, causal: bool) -> list[int]:
    """Return the token ids of a prompt, in training and inference, without an end token for causal students.

    If a causal student's tokenizer has a chat template, the prompt is a user message: a model that
    was trained to answer messages then stays closer to the source.
    """
    if causal and tokenizer.chat_template:
        message = [{"role": "user", "content": text.rstrip("\n")}]
        text = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    ids = list(tokenizer(text)["input_ids"])
    return ids[:-1] if causal and ids[-1:] == [tokenizer.eos_token_id] else ids
