"""The routes of the web app: pairs, bounds, the story of a pair, labels, playground."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..analysis.why import story_of
from ..errors import DataError, ImpossibleError
from ..filtering.verdict import VERDICTS
from ..recipe.critic_table import CRITICS
from ..recipe.critics import TaskFilter
from .index import Index
from .labels import Labels
from .middleware import Guard
from .playground import playground
from .recipe_file import write_recipe
from .search import Query, search
from .sliders import outside, render, sliders
from .whatif import WhatIf, changed, overrides

_ASSETS = {
    "look.css": ("impossible.report", "templates/look.css", "text/css"),
    "app.css": ("impossible.explore", "static/app.css", "text/css"),
    "app.js": ("impossible.explore", "static/app.js", "text/javascript"),
}
Fields = Mapping[str, str]


class Pages:
    """The handlers: form fields → HTML, a whole page or only the part that changes."""

    def __init__(self, index: Index, student: Path | None):
        self._index = index
        self._labels = Labels(index)
        self._what_if = {task: WhatIf(index, task) for task in index.tasks}
        self._play = playground(index.run, index.recipe, student)
        self._varying = {task: list(rows.varying()) for task, rows in index.tasks.items()}
        self._sliders = {
            task: sliders(index, rows, self._what_if[task].bounds(())) for task, rows in index.tasks.items()
        }

    def _page(self, name: str, part: bool, **values: Any) -> str:
        shared = {
            "part": part, "run": self._index.run.resolve().name, "tasks": list(self._index.tasks),
            "has_student": self._play is not None,
        }  # fmt: skip
        return render(name, **shared, **values)

    def pairs(self, fields: Fields, part: bool) -> str:
        """List pairs: search, filters, order, pages."""
        query = Query.of(fields, self._index.tasks)
        labelled = self._labels.of(query.task)
        sample = self._labels.sample(query.task) if query.label == "sample" else frozenset()
        return self._page(
            "pairs.html",
            part,
            query=query,
            page=search(self._index, query, labelled, sample),
            labelled=labelled,
            link=_linker(query),
            verdicts=VERDICTS,
            domains=self._index.domains,
            columns=self._varying[query.task],
        )

    def bounds(self, fields: Fields, part: bool, written: str = "") -> str:
        """Show the sliders, and the pairs that their bounds would keep."""
        task = self._task(fields)
        what_if = self._what_if[task]
        bounds = what_if.bounds(())
        return self._page(
            "bounds.html",
            part,
            task=task,
            outcome=what_if.outcome(overrides(task, fields)),
            sliders=[] if part else self._sliders[task],
            bounds=bounds,
            more_open=any(fields.get(name) for name in _unset(bounds)),
            equivalence=self._index.recipe.score.equivalence,
            fields=fields,
            changed=changed(task, bounds, fields),
            suggested=f"{self._index.run.resolve().name}-2.toml",
            written=written,
        )

    def write(self, fields: Fields, part: bool) -> str:
        """Write the bounds to a recipe."""
        task = self._task(fields)
        settings = changed(task, self._what_if[task].bounds(()), fields)
        name = fields.get("file", "").strip()
        write_recipe(self._index.run, name, settings, change=fields.get("change") == "yes")
        summary = ", ".join(f"{key} = {value:g}" for key, value in settings.items())
        run = self._index.run
        return self.bounds(fields, part, f"{name}: {summary}. Apply it: impossible run {name} --out {run}")

    def story(self, pair_id: str, part: bool) -> str:
        """Show all data of a pair."""
        rows = self._index.rows("SELECT * FROM ledger WHERE pair_id = $id LIMIT 1", {"id": pair_id})
        if not rows:
            raise DataError(f"no pair has the id {pair_id!r}")
        story = story_of(self._index.database.cursor(), self._index.run, rows[0])
        continuations = self._index.rows(
            "SELECT DISTINCT c.text, c.count, c.logprob FROM "
            "(SELECT unnest(candidates) AS c FROM groups WHERE context_id = $id) "
            "ORDER BY c.count DESC, c.logprob DESC, c.text",
            {"id": rows[0]["context_id"]},
        )
        right = self._labels.of(story.task).get(pair_id)
        return self._page(
            "story.html", part, story=story, continuations=continuations, right=right, outside=outside
        )

    def label(self, fields: Fields, part: bool) -> str:
        """Store a label of a pair."""
        task = self._task(fields)
        pair = self._labels.set(task, fields.get("pair_id", ""), fields.get("answer", ""))
        if not part:
            return self.story(pair["pair_id"], part)
        right = self._labels.of(task)[pair["pair_id"]]
        return self._page("label.html", part, task=task, pair_id=pair["pair_id"], right=right)

    def play(self, fields: Fields, part: bool) -> str:
        """Show the playground, with the answer of the student if there is a text."""
        if self._play is None:
            raise DataError(
                f"{self._index.run} has no student; train one: impossible distil, then --student FOLDER"
            )
        answer = self._play.ask(fields) if "text" in fields else None
        return self._page(
            "play.html", part, info=self._play.info, folder=self._play.folder, fields=fields, answer=answer
        )

    def failed(self, error: str, part: bool) -> str:
        """Show an error in one line."""
        return self._page("error.html", part, error=" ".join(error.split()))

    def _task(self, fields: Fields) -> str:
        task = fields.get("task") or next(iter(self._index.tasks))
        if task not in self._index.tasks:
            raise DataError(f"task = {task!r} is unknown; allowed: {', '.join(self._index.tasks)}")
        return task


def _unset(bounds: TaskFilter) -> list[str]:
    """The fields of the bounds that a recipe does not set."""
    sides = [(critic, side) for critic in CRITICS for side in ("min", "max")]
    return [f"{c}.{side}" for c, side in sides if getattr(bounds.of(c), side, None) is None]


def _linker(query: Query) -> Callable[..., str]:
    """Make a function that returns the URL of a query with some fields changed."""

    def link(**changes: Any) -> str:
        fields = asdict(replace(query, **{"page": 1, **changes}))
        return "/?" + urlencode({name: value for name, value in fields.items() if value not in ("", None, 1)})

    return link


def make_app(index: Index, token: str, host: str = "127.0.0.1", student: Path | None = None) -> Starlette:
    """Make the app for an index, serving `host` to who has the token.

    Raises ModelError if `student` is no student.
    """
    pages = Pages(index, student)

    def answer(make: Callable[[bool], str], request: Request) -> Response:
        part = request.headers.get("x-part") == "1"
        try:
            return HTMLResponse(make(part))
        except ImpossibleError as error:
            return HTMLResponse(pages.failed(str(error), part), 400)

    def get(make: Callable[[Fields, bool], str]) -> Callable[[Request], Response]:
        return lambda request: answer(lambda part: make(request.query_params, part), request)

    def post(make: Callable[[Fields, bool], str]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            text = (await request.body()).decode("utf-8", "replace")
            fields = dict(parse_qsl(text, keep_blank_values=True))
            return await run_in_threadpool(answer, lambda part: make(fields, part), request)

        return endpoint

    def story(request: Request) -> Response:
        return answer(lambda part: pages.story(request.path_params["pair_id"], part), request)

    def missing(request: Request, _: Exception) -> Response:
        return HTMLResponse(pages.failed(f"there is no page {request.url.path}", part=False), 404)

    routes = [
        Route("/", get(pages.pairs)),
        Route("/bounds", get(pages.bounds)),
        Route("/bounds", post(pages.write), methods=["POST"]),
        Route("/pair/{pair_id}", story),
        Route("/label", post(pages.label), methods=["POST"]),
        Route("/play", get(lambda _, part: pages.play({}, part))),
        Route("/play", post(pages.play), methods=["POST"]),
        Route("/static/{name}", _asset),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, host=host, token=token)],
        exception_handlers={404: missing},
    )


def _asset(request: Request) -> Response:
    if (asset := _ASSETS.get(request.path_params["name"])) is None:
        return Response(status_code=404)
    package, path, kind = asset
    return Response(files(package).joinpath(path).read_text(encoding="utf-8"), media_type=kind)
