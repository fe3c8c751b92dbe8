"""Kill a run with SIGKILL at random moments, resume it, and compare its dataset with an undisturbed run's.

python benchmarks/kill.py RECIPE [--times 10] [--set KEY=VALUE …]
"""

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def command(recipe: str, out: Path, sets: list[str]) -> list[str]:
    overrides = [word for s in sets for word in ("--set", s)]
    return [sys.executable, "-m", "impossible", "run", recipe, "--out", str(out), *overrides]


def digest(out: Path) -> str:
    return hashlib.sha256((out / "round-0/dataset/pairs.parquet").read_bytes()).hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "undisturbed"
        start = time.monotonic()
        subprocess.run(command(options.recipe, whole, options.set), check=True, **quiet)
        seconds = time.monotonic() - start
        print(f"undisturbed: {seconds:.0f} s, dataset {digest(whole)}")
        killed, kills, moments = Path(folder) / "killed", 0, random.Random(7)
        while kills < options.times:
            process = subprocess.Popen(command(options.recipe, killed, options.set), **quiet)
            try:
                # within the maximum duration of a resumed run; a run that ends earlier is not killed
                process.wait(moments.uniform(0.1, 0.8) * seconds)
                print("finished before it was killed; starting over")
                subprocess.run(["rm", "-rf", str(killed)], check=True)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
                shards = len(list(killed.rglob("*.parquet")))
                print(f"kill {kills}: {shards} whole shards on disk")
        subprocess.run(command(options.recipe, killed, options.set), check=True, **quiet)
        same = digest(killed) == digest(whole)
        print(f"resumed: dataset {digest(killed)}, {'identical' if same else 'DIFFERENT'}")
        sys.exit(not same)


if __name__ == "__main__":
    main()
