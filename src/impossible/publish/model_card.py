"""Facts → the README.md of a published student: its model card."""

from collections.abc import Mapping
from pathlib import Path

from huggingface_hub import ModelCardData

from ..data.rounds import Round, best
from ..models.locate import hub_revision
from ..report.facts import Facts
from ..students.info import PIPELINE, card_text, read_info
from .dataset_card import comparison, environment, judged


def write_model_card(folder: Path, facts: Facts, name: str, licences: Mapping[str, str]) -> None:
    """Write the card into a student's folder; `name` is that of its training dataset.

    The licence is that given for `student`, else that of its base, else unknown. Raises ModelError.
    """
    info = read_info(folder)
    base_licence = licences.get(info.base)
    own = licences.get("student") or base_licence or "unknown"
    used = {"this model": own, f"base {info.base}": base_licence, "dataset": licences.get("dataset")}
    used |= {f"teacher or critic {model}": licences.get(model) for model in facts.models}
    if facts.recipe.contexts.corpus:
        used["corpus"] = licences.get("corpus")
    rounds = [Round(r.number, r.sources, r.kept, r.pairs, r.accepted, r.quality) for r in facts.rounds]
    text = (
        environment()
        .get_template("model_card.md")
        .render(
            text=card_text(info),
            facts=facts,
            name=name,
            best=best(rounds).number if rounds else None,
            compared=[comparison(one) for one in facts.comparisons],
            precision=[judged(one) for one in facts.precision],
            licences=[(what, name or "unknown") for what, name in used.items()],
        )
    )
    matter = ModelCardData(
        language="en",
        license=own,
        library_name="transformers",
        pipeline_tag=PIPELINE[info.kind],
        base_model=hub_revision(info.base)[0] if "/" in info.base else None,
        datasets=[name] if "/" in name else None,
        tags=["impossible-distillation", *info.tasks],
    ).to_yaml()
    (folder / "README.md").write_text(f"---\n{matter.rstrip()}\n---\n{text}", encoding="utf-8")
