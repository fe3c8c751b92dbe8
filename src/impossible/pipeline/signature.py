"""Sign a run, and check its signature, by the user's own tool: ssh-keygen or minisign.

What is signed is a list of checksums of the run's files, `signed.sums`. Labels of people, evaluations,
journal and report are no part of it: they may grow later.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..data import store
from ..errors import DataError
from .verified import Verified

SUMS, SIGNATURE = "signed.sums", "signed.sig"
_FOLDERS = ("contexts/**/*", "round-*/**/*", "evaluation/held-out/**/*")
_PARTS = ("recipe.toml", "manifest.json", "rounds.json", *_FOLDERS)
_PASSING = {"student.training", "drawn"}  # folders of work under way
_NAMESPACE, _WHO = (
    "impossible-run",
    "signer",
)  # ssh: what a signature is for, and a name for any key of the file


def sign(run: Path, key: Path) -> None:
    """Write the checksums of a run's files and their signature. Raises DataError if the key cannot sign."""
    text = json.dumps(_sums(run), indent=1) + "\n"
    with TemporaryDirectory() as scratch:
        file, signature = Path(scratch) / SUMS, Path(scratch) / SIGNATURE
        file.write_text(text, encoding="utf-8")
        if _is_minisign(key):
            _tool("minisign", "-S", "-s", str(key), "-m", str(file), "-x", str(signature))
        else:
            made = _tool("ssh-keygen", "-Y", "sign", "-f", str(key), "-n", _NAMESPACE, given=text)
            signature.write_text(made, encoding="utf-8")
        store.write_text(run / SUMS, text)
        store.write_text(run / SIGNATURE, signature.read_text(encoding="utf-8"))


def check_signature(run: Path, key: Path | None, result: Verified) -> None:
    """Check that the files are those that were signed, and by the public `key` if there is one."""
    if not (run / SIGNATURE).exists():
        if key is not None:
            result.faults.append(f"{run} is not signed")
        return
    with result.checking("the signature"):
        listed, here = json.loads((run / SUMS).read_text(encoding="utf-8")), _sums(run)
        for name in sorted(listed.keys() | here.keys()):
            if listed.get(name) != here.get(name):
                result.faults.append(f"{run / name} is not what was signed")
        result.count("signed files", len(listed))
        if key is None:
            result.notes.append("the run is signed; --signed-by PUBLIC_KEY checks by whom")
        elif not _is_signed(run, key):
            result.faults.append(f"{run} is not signed by {key}")
        else:
            result.count("signatures")


def _is_signed(run: Path, key: Path) -> bool:
    file, signature = run / SUMS, run / SIGNATURE
    if _is_minisign(key):
        arguments = ["minisign", "-V", "-p", str(key), "-m", str(file), "-x", str(signature)]
        return not _run(arguments).returncode
    lines = [line for line in key.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    with TemporaryDirectory() as scratch:
        allowed = Path(scratch) / "allowed"
        allowed.write_text("".join(f"{_WHO} {line}\n" for line in lines), encoding="utf-8")
        arguments = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", _WHO, "-n", _NAMESPACE]
        return not _run([*arguments, "-s", str(signature)], file.read_text(encoding="utf-8")).returncode


def _is_minisign(key: Path) -> bool:
    try:
        return "minisign" in key.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except OSError as error:
        raise DataError(f"the key {key} cannot be read: {error.strerror}") from error


def _sums(run: Path) -> dict[str, str]:
    """File → SHA-256 of each file that is the run's; a link is named as one."""
    found = {}
    for path in sorted({path for part in _PARTS for path in run.glob(part)}):
        inside = path.relative_to(run)
        if path.is_symlink():
            found[inside.as_posix()] = "a link"
        elif path.is_file() and not _PASSING & set(inside.parts) and not store.PART.fullmatch(path.name):
            with path.open("rb") as file:
                found[inside.as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _tool(*arguments: str, given: str = "") -> str:
    done = _run(arguments, given)
    if done.returncode:
        said = " ".join(done.stderr.split())[-200:]
        raise DataError(f"{arguments[0]} cannot sign with that key: {said or 'it gave no reason'}")
    return done.stdout


def _run(arguments: Sequence[str], given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a tool; a passphrase is asked on the terminal. Raises DataError if it is not installed."""
    if shutil.which(arguments[0]) is None:
        raise DataError(f"{arguments[0]} is not installed, and the key is one of its own")
    return subprocess.run(arguments, input=given or None, capture_output=True, text=True, check=False)
