"""Commands that look into a run: report, explore, whatif, why, calibrate."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..analysis.calibrate import Population, record_judgement
from ..models.extras import require_extra
from ..models.progress_bars import hide_progress_bars
from ..text.escape import plain
from .options import AsJson, RunPath, print_json
from .terminal import complete_bound, complete_task, open_console


def calibrate(
    run: RunPath,
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    critic: Annotated[str, typer.Option(help="whose bound: judge or entailment")] = "judge",
    pairs: Annotated[int, typer.Option(min=10, help="how many pairs to show")] = 100,
    precision: Annotated[float, typer.Option(min=0.01, max=1, help="share of kept pairs to be right")] = 0.9,
    write: Annotated[Path | None, typer.Option(help="recipe to write the bound into")] = None,
) -> None:
    """Judge some pairs of a run, one keypress each, and see which bound reaches a precision.

    Example: [bold]impossible calibrate runs/first --task summary --write recipes/mine.toml[/bold]
    """
    from ..analysis.calibrate import population, reach, thresholds, write_bound
    from ..data.judgements import read_judgements
    from .tables.critic import thresholds_table

    people = population(run, task, critic, pairs)
    console = open_console()
    ask(console, run, people, read_judgements(run, task))
    found = thresholds(people, read_judgements(run, task))
    console.print(thresholds_table(found, len(people.score)))
    best = reach(found, precision)
    if best is None:
        console.print(f"no bound reaches {precision:.0%} on the pairs judged so far")
        return
    console.print(
        f"{critic} ≥ {best.bound:.3f}: {best.precision:.0%} right (95 % interval {best.low:.0%} to "
        f"{best.high:.0%}, {best.judged} judged), keeps {best.kept} of {len(people.score)} pairs, "
        "duplicates included"
    )
    if write is not None:
        write_bound(write, task, critic, round(best.bound, 3))
        console.print(f"written to {write}: filter.{task}.{critic}.min = {best.bound:.3f}", markup=False)


def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(help="file to write; default report.html in the run")] = None,
) -> None:
    """Write a run's report: one HTML file with funnel, scores, pairs and what became of them.

    Example: [bold]impossible report runs/first[/bold]
    """
    from ..report.page import write_report

    print(f"report -> {write_report(run, out)}")


def explore(
    run: RunPath,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one")] = 0,
    host: Annotated[
        str, typer.Option(help="address to listen on; beware: whoever reaches it may ask")
    ] = "127.0.0.1",
    student: Annotated[Path | None, typer.Option(help="student to play with; default the run's best")] = None,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="open it in a browser window")] = True,
) -> None:
    """Look at a run in a browser: search its pairs, move its bounds, label, play with its student.

    Ctrl-C ends it.

    Example: [bold]impossible explore runs/first[/bold]
    """
    require_extra("explore", "impossible explore")
    from ..explore.serve import serve

    console = open_console()
    console.print(f"reading {run} …", markup=False, soft_wrap=True)
    serve(
        run, host, port, student, browser, lambda address: print(f"{address}  (Ctrl-C ends it)", flush=True)
    )


def whatif(
    run: RunPath,
    sets: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="another bound, KEY as in the recipe; repeatable",
            autocompletion=complete_bound,
        ),
    ],
    examples: Annotated[int, typer.Option(min=0, help="pairs gained and lost to show, a task")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say what a run would have kept with other bounds, from its stored scores: no model runs.

    Example: [bold]impossible whatif runs/first --set filter.paraphrase.judge.min=0.9[/bold]
    """
    from ..analysis.whatif import to_keep, what_if
    from ..data.run_folder import RunFolder
    from .tables.pair import change_table, example_lines

    changes = what_if(run, sets, examples)
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    console = open_console()
    console.print(change_table(changes))
    for line in example_lines(changes):
        console.print(line)
    again = to_keep(run, sets)
    command = (
        f"impossible run {RunFolder(run).recipe_file} --out {run} {' '.join(f'--set {one}' for one in again)}"
    )
    anew = (
        "verdicts, dataset and report" if len(again) == len(sets) else "scores, verdicts, dataset and report"
    )
    console.print(
        f"\nto keep it so: {command}\n(makes {anew} in that folder anew; copy it first to keep both)",
        markup=False,
        soft_wrap=True,
    )


def why(
    run: RunPath,
    pair: Annotated[
        str, typer.Argument(metavar="PAIR", help="its id, or text of a sentence", show_default=False)
    ],
    other: Annotated[
        str, typer.Argument(metavar="[OTHER]", help="text of its other sentence", show_default=False)
    ] = "",
    rejected: Annotated[bool, typer.Option("--rejected", help="leave out the kept ones")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many pairs to tell of")] = 3,
    as_json: AsJson = False,
) -> None:
    """Tell the story of a pair: context, how often it was written, all scores against all bounds, verdict.

    Example: [bold]impossible why runs/first "I have a Mac" "my Mac is"[/bold]
    """
    from ..analysis.why import why as stories
    from .tables.pair import story

    if other:  # which may load a model
        hide_progress_bars()
    told, total = stories(run, pair, limit, other, rejected)
    if as_json:
        print_json([asdict(one) for one in told])
        return
    console = open_console()
    for one in told:
        for line in story(one):
            console.print(line)
        console.print()
    if total > len(told):
        more = "--limit shows more" + ("" if rejected else ", --rejected only those that were not kept")
        console.print(f"{total - len(told):,} more pairs hold this text: {more}")


_KEYS = {"r": True, "w": False, "s": None}


def ask(console: Console, run: Path, people: Population, known: Mapping[str, bool | None]) -> None:
    """Show each drawn pair that has no judgement yet and write down the key pressed; q ends it early."""
    open_pairs = [i for i in people.drawn() if people.pair_id[i] not in known]
    question = (
        "same meaning?" if people.task == "paraphrase" else "is the second a true summary of the first?"
    )
    for number, i in enumerate(open_pairs, 1):
        console.print(f"\n{number} of {len(open_pairs)}   {question}", style="dim")
        console.print(plain(people.source[i]), markup=False)
        console.print(plain(people.target[i]), markup=False)
        console.print("r right   w wrong   s skip   q stop here", style="dim")
        while (key := _key()) not in (*_KEYS, "q"):
            pass
        if key == "q":
            return
        record_judgement(run, people, i, _KEYS[key])


def _key() -> str:
    """One keypress in lower case; without a terminal one letter a line, and its end is a q."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    return (sys.stdin.readline().strip() or "q")[0].lower()
