"""Known vulnerabilities of what we depend on, by pip-audit; where its data cannot be reached, the lock alone.

`python .ci/audit.py` fails if requirements.lock has a pin without hash, if it and constraints.txt disagree,
if another version is installed than the lock has, or if pip-audit knows of a vulnerability.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
INSTALLED = ROOT / "requirements-install.lock"  # what of it `make install` installs
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.M)


def normal(name: str) -> str:
    """A distribution's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Name → version."""
    return {normal(name): version for name, version in PIN.findall(text)}


def faults() -> list[str]:
    """What does not fit between lock, constraints and what is installed."""
    text = LOCK.read_text()
    part = INSTALLED.read_text()
    locked, wanted = pins(text), pins((ROOT / "constraints.txt").read_text())
    blocks = re.split(r"\n(?=\S)", text)
    found = [f"{b.split()[0]} has no hash" for b in blocks if PIN.match(b) and "--hash=sha256:" not in b]
    if not set(re.split(r"\n(?=\S)", part.strip())) <= set(re.split(r"\n(?=\S)", text.strip())):
        found.append(f"{INSTALLED.name} is no part of {LOCK.name}; run: .ci/lock")
    for name in sorted(locked.keys() & wanted.keys()):
        if locked[name] != wanted[name]:
            found.append(
                f"{name}: {locked[name]} in the lock, {wanted[name]} in constraints.txt; run: .ci/lock"
            )
    for one in distributions():
        name, version = normal(one.metadata["Name"]), one.version.partition("+")[0]
        if locked.get(name, version) != version:
            found.append(f"{name}: {locked[name]} in the lock, {version} is installed")
    return found


def known() -> list[str] | None:
    """Vulnerabilities that pip-audit knows of; None where it cannot reach its data."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes"]
    options = ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=300)
        rows = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    if all("skip_reason" in row for row in rows):
        return None
    return [
        f"{row['name']} {row['version']}: {fault['id']}, mended in {fault['fix_versions'] or 'no version'}"
        for row in rows
        for fault in row.get("vulns", ())
    ]


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    wrong, dangers = faults(), known()
    print(f"{len(pins(LOCK.read_text()))} pins with hashes in requirements.lock")
    if dangers is None:
        print("pip-audit is not installed or cannot reach its data: known vulnerabilities were not looked up")
    for line in [*wrong, *(dangers or ())]:
        print(line)
    return 1 if wrong or dangers else 0


if __name__ == "__main__":
    sys.exit(main())
