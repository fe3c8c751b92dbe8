from pathlib import Path

import pytest
from transformers import AutoTokenizer

from impossible.students.chat import one_message
from tests.students import models

SYSTEM = (
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}{{ '<s>system\nYou help.</s>\n' }}{% endif %}"
    "{{ '<s>' + m.role + '\n' + m.content + '</s>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)
START = (
    '{{ bos_token }}You help. {% for m in messages %}[{{ m.role }}] "{{ m.content }}" {% endfor %}'
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
REVERSED = "{% for m in messages | reverse %}{{ m.content }} {% endfor %}"


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (SYSTEM, "<s>user\nIt's {{ hot }}.</s>\n<s>assistant\n"),
        (START, '<s>[user] "It\'s {{ hot }}." [assistant]'),
        (REVERSED, "It's {{ hot }}. "),
    ],
)
def test_nothing_but_the_start_token_stands_before_the_message(
    tmp_path: Path, template: str, wanted: str
) -> None:
    words = AutoTokenizer.from_pretrained(models.llama(tmp_path / "base"))
    words.bos_token, words.chat_template = "<s>", template
    words.chat_template = one_message(words)
    message = [{"role": "user", "content": "It's {{ hot }}."}]
    assert words.apply_chat_template(message, tokenize=False, add_generation_prompt=True) == wanted
