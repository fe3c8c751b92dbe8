"""Measure the yield over one setting at a time, as used to choose the defaults.

python benchmarks/settings.py RECIPE FOLDER --vary sampling.temperature=0.4,0.6 [--vary …] [--set KEY=VALUE]

Each variant is a run in FOLDER, so that the benchmark can be interrupted and resumed. "judged right" is the
share of pairs past all other critics that the judge accepts: an estimate of precision without the judge.
"""

import argparse
from pathlib import Path

import pyarrow.compute as pc

from impossible.data.run_folder import RunFolder
from impossible.data.state import read_state
from impossible.pipeline.run import run
from impossible.recipe.load import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vary", action="append", required=True, metavar="KEY=A,B,…")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="sets")
    options = parser.parse_args()
    print(
        "| setting | distinct sentences | paraphrases | judged right | summaries | judged right | seconds |"
    )
    print("|---|---|---|---|---|---|---|")
    for vary in options.vary:
        key, _, values = vary.partition("=")
        for value in values.split(",") if "[" not in values else values.split(";"):
            out = options.folder / f"{key}={value}".replace("/", "_")
            run(load(options.recipe, [*options.sets, f"{key}={value}"]), out)
            print(f"| {key} = {value} | {row(out)} |", flush=True)


def row(out: Path) -> str:
    """Return the cells of a variant: candidates and kept pairs per context."""
    state, ledger = read_state(out), RunFolder(out).rows("filter")
    n = state.contexts
    cells = [f"{state.counts['candidates'] / n:.0f}"]
    for task in ("paraphrase", "summary"):
        verdicts = ledger.filter(pc.equal(ledger["task"], task))["verdict"].to_pylist()
        right = sum(v in ("kept", "duplicate") for v in verdicts)
        cells += [
            f"{verdicts.count('kept') / n:.1f}",
            f"{right / max(1, right + verdicts.count('judge')):.0%}",
        ]
    return " | ".join([*cells, f"{sum(state.seconds.values()) / n:.0f}"])


if __name__ == "__main__":
    main()
