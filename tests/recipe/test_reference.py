"""The list of settings is whole and true: each key and default, given as --set, changes nothing."""

import pytest

from impossible.recipe import reference
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.layers import parse_override
from impossible.recipe.load import resolve
from impossible.recipe.presets import PRESETS
from impossible.recipe.recipe import Recipe


def leaves(model: type, prefix: str = "") -> set[str]:
    from impossible.recipe.messages import model_of

    found = set()
    for name, field in model.model_fields.items():  # type: ignore[attr-defined]
        inner = model_of(field.annotation)
        below = inner is not None and name not in CRITICS
        found |= leaves(inner, f"{prefix}{name}.") if below else {f"{prefix}{name}"}  # type: ignore[arg-type]
    return found


def test_every_field_of_the_models_is_there_with_a_meaning() -> None:
    found = reference.settings()
    assert {one.key for one in found} == leaves(Recipe)
    assert not [one.key for one in found if not (one.meaning and one.takes)]
    assert all(reference.tables().values())


@pytest.mark.parametrize("preset", PRESETS)
def test_defaults_are_what_they_say(preset: str) -> None:
    sure = [
        s
        for s in reference.settings()
        if s.presets[preset] and not s.key.startswith(("distil", "teacher.endpoint"))
    ]
    layers = [parse_override(f"{s.key}={s.presets[preset]}") for s in sure]
    assert resolve({"preset": preset}, "recipe", layers) == resolve({"preset": preset})
    assert len(sure) > 30


def test_keys_for_the_shell() -> None:
    keys = dict(reference.keys("filter.paraphrase.judge"))
    assert list(keys) == ["filter.paraphrase.judge.min", "filter.paraphrase.judge.max"]
    assert {"seed", "contexts.corpus", "distil.epochs"} <= dict(reference.keys()).keys()
