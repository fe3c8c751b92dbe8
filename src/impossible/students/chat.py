"""A base's chat template → the student's own, which is for one message."""

import json

from transformers import PreTrainedTokenizerBase

_MARK = "MESSAGE"


def one_message(tokenizer: PreTrainedTokenizerBase) -> str:
    """A template that writes a message as the base's writes a later one of a conversation.

    So nothing comes before it but the start token, if the base's template has one: SmolLM2's begins with the
    name of the assistant and of its maker, more tokens than a sentence has, to be read again for every one.
    A template that does not write one message after the other is returned as it is.
    """

    def written(*contents: str) -> str:
        turns = [
            {"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)
        ]
        asked = len(turns) % 2 == 1
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=asked))

    before, whole = written("A", "B"), written("A", "B", _MARK)
    head, mark, tail = whole.removeprefix(before).partition(_MARK)
    if not whole.startswith(before) or not mark:
        return str(tokenizer.chat_template)
    start = str(tokenizer.bos_token or "")
    if whole.startswith(start) and not head.startswith(start):
        head = start + head
    first, last = (json.dumps(text, ensure_ascii=False) for text in (head, tail))
    return f"{{{{ {first} + messages[-1]['content'] + {last} }}}}"
