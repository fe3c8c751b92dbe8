"""Commands that inspect a run: report, explore, whatif, why, calibrate."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..models.extras import require_extra
from ..models.progress_bars import hide_progress_bars
from ..text.escape import plain
from .options import AsJson, Force, RunPath, check_new, print_json
from .terminal import complete_bound, complete_task, open_console

if TYPE_CHECKING:
    from ..analysis.calibrate import Population


def calibrate(
    run: RunPath,
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    critic: Annotated[
        str, typer.Option(help="critic whose bound to calibrate: judge or entailment")
    ] = "judge",
    pairs: Annotated[int, typer.Option(min=10, help="pairs to label")] = 100,
    precision: Annotated[float, typer.Option(min=0.01, max=1, help="precision to reach")] = 0.9,
    write: Annotated[Path | None, typer.Option(help="recipe file to write the bound to")] = None,
) -> None:
    """Label pairs by keypress, and find the bound that reaches a precision.

    Example: [bold]impossible calibrate runs/first --task summary --write recipes/mine.toml[/bold]
    """
    from ..analysis.calibrate import measured_bounds, population, reach, write_bound
    from ..data.judgements import read_judgements
    from .tables.critic import bounds_table

    pool = population(run, task, critic, pairs)
    console = open_console()
    ask(console, run, pool, read_judgements(run, task))
    measured = measured_bounds(pool, read_judgements(run, task))
    console.print(bounds_table(measured, len(pool.score)))
    best = reach(measured, precision)
    if best is None:
        console.print(f"no bound reaches {precision:.0%} on the pairs judged so far")
        return
    console.print(
        f"{critic} ≥ {best.bound:.3f}: {best.precision:.0%} right (95 % interval {best.low:.0%} to "
        f"{best.high:.0%}, {best.judged} judged), keeps {best.kept} of {len(pool.score)} pairs, "
        "duplicates included"
    )
    if write is not None:
        write_bound(write, task, critic, round(best.bound, 3))
        console.print(f"written to {write}: filter.{task}.{critic}.min = {best.bound:.3f}", markup=False)


def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(help="output file; default: report.html in the run")] = None,
    force: Force = False,
) -> None:
    """Write a run's report: one HTML file with funnel, scores, and pairs drawn at random with their verdicts.

    Example: [bold]impossible report runs/first[/bold]
    """
    from ..report.page import write_report

    check_new(out, force, run)
    print(f"report -> {write_report(run, out)}")


def explore(
    run: RunPath,
    port: Annotated[int, typer.Option(min=0, max=65535, help="port; 0: any free one")] = 0,
    host: Annotated[
        str, typer.Option(help="address to listen on; whoever has the printed address can read and label")
    ] = "127.0.0.1",
    student: Annotated[
        Path | None, typer.Option(help="student for the playground; default: the run's best")
    ] = None,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="open a browser window")] = True,
) -> None:
    """Explore a run in the browser: search and label pairs, try other bounds, run its student.

    Stop it with Ctrl-C.

    Example: [bold]impossible explore runs/first[/bold]
    """
    require_extra("explore", "impossible explore")
    from ..explore.serve import serve

    console = open_console()
    console.print(f"reading {run} …", markup=False, soft_wrap=True)
    serve(
        run, host, port, student, browser, lambda address: print(f"{address}  (stop with Ctrl-C)", flush=True)
    )


def whatif(
    run: RunPath,
    sets: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="bound to change, KEY as in the recipe; repeatable",
            autocompletion=complete_bound,
        ),
    ],
    examples: Annotated[int, typer.Option(min=0, help="gained and lost pairs to show per task")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show what a run would keep with other bounds, from its stored scores; runs no model.

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
    settings = to_keep(run, sets)
    options = " ".join(f"--set {setting}" for setting in settings)
    command = f"impossible run {RunFolder(run).recipe_file} --out {run} {options}"
    rewritten = (
        "verdicts, dataset and report"
        if len(settings) == len(sets)
        else "scores, verdicts, dataset and report"
    )
    console.print(
        f"\nto apply these bounds: {command}\n"
        f"(rewrites {rewritten} in that folder; copy it first to keep both)",
        markup=False,
        soft_wrap=True,
    )


def why(
    run: RunPath,
    pair: Annotated[
        str,
        typer.Argument(metavar="PAIR", help="pair id, or text of one of its sentences", show_default=False),
    ],
    other: Annotated[
        str, typer.Argument(metavar="[OTHER]", help="text of the other sentence", show_default=False)
    ] = "",
    rejected: Annotated[bool, typer.Option("--rejected", help="only pairs that were not kept")] = False,
    limit: Annotated[int, typer.Option(min=1, help="pairs to show")] = 3,
    as_json: AsJson = False,
) -> None:
    """Explain the verdict on a pair: context, how often the teacher wrote each sentence, scores, bounds.

    Example: [bold]impossible why runs/first "I have a Mac" "my Mac is"[/bold]
    """
    from ..analysis.why import why as stories
    from .tables.pair import story

    if other:  # may load a model
        hide_progress_bars()
    explained, total = stories(run, pair, limit, other, rejected)
    if as_json:
        print_json([asdict(one) for one in explained])
        return
    console = open_console()
    for one in explained:
        for line in story(one):
            console.print(line)
        console.print()
    if total > len(explained):
        more = "--limit shows more" + ("" if rejected else ", --rejected shows only those that were not kept")
        console.print(f"{total - len(explained):,} more pairs contain this text: {more}")


_KEYS = {"r": True, "w": False, "s": None}


def ask(console: Console, run: Path, pool: "Population", known: Mapping[str, bool | None]) -> None:
    """Show each sampled pair without a judgement and store the key pressed; q quits."""
    from ..analysis.calibrate import record_judgement

    open_pairs = [i for i in pool.drawn() if pool.pair_id[i] not in known]
    question = "same meaning?" if pool.task == "paraphrase" else "is the second a true summary of the first?"
    for number, i in enumerate(open_pairs, 1):
        console.print(f"\n{number} of {len(open_pairs)}   {question}", style="dim")
        console.print(plain(pool.source[i]), markup=False)
        console.print(plain(pool.target[i]), markup=False)
        console.print("r right   w wrong   s skip   q quit", style="dim")
        while (key := _key()) not in (*_KEYS, "q"):
            pass
        if key == "q":
            return
        record_judgement(run, pool, i, _KEYS[key])


def _key() -> str:
    """Read one key in lower case; without a terminal the first letter of a line, q if there is none."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    return (sys.stdin.readline().strip() or "q")[0].lower()
