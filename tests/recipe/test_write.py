import tomllib

import pytest

from impossible.recipe.load import resolve
from impossible.recipe.write import dump, toml


def test_a_recipe_is_written_table_by_table_bounds_within_a_line() -> None:
    recipe = resolve({"preset": "code", "filter": {"paraphrase": {"rouge_l": {"min": 0.1}}}})
    text = dump(recipe)
    assert text.startswith('resolved = true\npreset = "code"\nseed = 7\n\n[contexts]\ndomains = ["news"]\n')
    assert "\nlength_ratio = {min = 0.667}\n" in text
    assert "\nrouge_l = {min = 0.1, max = 0.75}\nsimilarity = false\n" in text
    assert "\n[filter]\nsummary = false\ntemplate_share = false\n\n[filter.paraphrase]\n" in text
    assert "\n\n[filter]\ntemplate_share = 0.02\n\n[filter.paraphrase]\n" in dump(resolve({}))


def test_a_server_may_have_parameters_of_any_name_and_text() -> None:
    extra = {"min_p": 0, "chat template": "\x7f\n\u2028ü", 'a."b"': True}
    endpoint = {"url": "http://localhost:8000/v1", "extra": extra}
    recipe = resolve({"teacher": {"backend": "endpoint", "endpoint": endpoint}})
    assert resolve(tomllib.loads(dump(recipe))) == recipe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0003, "0.0003"),
        (1e-05, "1e-05"),
        (True, "true"),
        ((1, "x"), '[1, "x"]'),
        ({"min": 0.5, "max": None}, "{min = 0.5}"),
        ([{"a": 1}, {"b": {"c": 2}}], "[{a = 1}, {b = {c = 2}}]"),
        (None, "None"),
    ],
)
def test_a_value_takes_one_line(value: object, text: str) -> None:
    assert toml(value) == text
