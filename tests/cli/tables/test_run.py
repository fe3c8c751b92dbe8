from pathlib import Path

from impossible.cli.tables.run import pairs_of_dataset
from impossible.data.run_folder import RunFolder
from tests.planted import plant, recipe, row


def test_what_the_template_cap_left_out_is_told(tmp_path: Path) -> None:
    def told(name: str, settings: dict[str, object]) -> str:
        talk = [
            row(f"{i}.", f"I'm not sure about {i}.", f"I do not know {i}.", 0.5, 0.9, 0.9) for i in range(5)
        ]
        other = row("5.", "o p q", "o r q", 0.3, 0.9, 0.9)
        run = plant(tmp_path / name, [*talk, other], recipe(filter=recipe().filter.model_dump() | settings))
        return pairs_of_dataset(RunFolder(run).dataset_file())

    assert told("capped", {}).endswith("; filter.template_share left out 3 more")
    assert told("all", {"template_share": False}) == "6 pairs without repeats across contexts"
