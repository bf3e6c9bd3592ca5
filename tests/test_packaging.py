"""The built wheel and sdist, as an index would serve them."""

from __future__ import annotations

import os
import subprocess
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import jwt
import pytest

ROOT = Path(__file__).parent.parent
FILES = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "twilio").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A Python with the wheel installed, and the requirements of this one behind it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    (python,) = (*folder.glob("bin/python"), *folder.glob("Scripts/python.exe"))
    (site_packages,) = (*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages"))
    zipfile.ZipFile(wheel).extractall(site_packages)  # noqa: S202 - our own; what an installer does with purelib
    (site_packages / "requirements.pth").write_text(str(Path(jwt.__file__).parent.parent))

    def run(*arguments: str, **environment: str) -> str:
        return subprocess.run(
            [python, "-W", "error", *arguments],
            cwd=folder,
            env=os.environ | environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    return run


class TestWheel:
    def test_wheel_holds_the_package(self, wheel: Path) -> None:
        names = set(zipfile.ZipFile(wheel).namelist())
        assert {name for name in names if ".dist-info/" not in name} == FILES

    def test_wheel_shares_the_namespace(self, wheel: Path) -> None:
        names = zipfile.ZipFile(wheel).namelist()
        assert "twilio/task_router/py.typed" in names
        assert "twilio/__init__.py" not in names

    def test_wheel_has_the_licence(self, wheel: Path) -> None:
        (name,) = (n for n in zipfile.ZipFile(wheel).namelist() if n.endswith("licenses/LICENSE"))
        assert zipfile.ZipFile(wheel).read(name) == (ROOT / "LICENSE").read_bytes()


class TestMetadata:
    def test_pythons_are_those_of_ci(self) -> None:
        tomllib = pytest.importorskip("tomllib", reason="Python 3.10 cannot read TOML")
        configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        start = "Programming Language :: Python :: 3."
        claimed = [one for one in configuration["project"]["classifiers"] if one.startswith(start)]
        assert [f"3.{one.removeprefix(start)}" for one in claimed] == configuration["tool"]["tox"]["env_list"]


class TestSdist:
    def test_sdist_holds_tests_and_docs(self, distributions: Path) -> None:
        (path,) = distributions.glob("*.tar.gz")
        with tarfile.open(path) as archive:
            names = {name.split("/", 1)[1] for name in archive.getnames()}
        assert {
            "tests/test_packaging.py",
            "tests/vectors/claims-3.7.0.json",
            "docs/index.rst",
            "README.rst",
        } <= names
        assert not any(name.startswith((".venv", "docs/_build")) for name in names)


class TestInstalled:
    def test_wheel_is_imported(self, installed: Any) -> None:
        where = installed("-c", "import twilio.task_router as t; print(t.__file__)")
        assert "installed" in where
        assert "site-packages" in where

    def test_version_is_known(self, installed: Any) -> None:
        program = "from importlib.metadata import version; print(version('twilio-task-router'))"
        assert f'version = "{installed("-c", program).strip()}"' in (ROOT / "pyproject.toml").read_text()

    def test_demo_runs(self, installed: Any) -> None:
        assert '"alg": "HS256"' in installed("-m", "twilio.task_router", "demo")

    def test_token_runs(self, installed: Any) -> None:
        credentials = {"TWILIO_ACCOUNT_SID": "AC123", "TWILIO_AUTH_TOKEN": "secret"}
        token = installed("-m", "twilio.task_router", "token", "WS456", "WK789", **credentials)
        assert token.count(".") == 2

    def test_inspect_runs(self, installed: Any) -> None:
        credentials = {"TWILIO_ACCOUNT_SID": "AC123", "TWILIO_AUTH_TOKEN": "secret"}
        token = installed("-m", "twilio.task_router", "token", "WS456", "WK789", **credentials)
        assert "WK789" in installed("-m", "twilio.task_router", "inspect", token.strip(), **credentials)

    def test_console_script_runs(self, installed: Any) -> None:
        program = (
            "import sys; from importlib.metadata import distribution; "
            "(script,) = distribution('twilio-task-router').entry_points; "
            "sys.argv[:1] = [f'bin/{script.name}']; sys.exit(script.load()())"
        )
        credentials = {"TWILIO_ACCOUNT_SID": "AC123", "TWILIO_AUTH_TOKEN": "secret"}
        assert installed("-c", program, "token", "WS456", "WK789", **credentials).count(".") == 2
        assert installed("-c", program, "--help").startswith("usage: twilio-task-router ")

    def test_rich_is_an_extra(self, installed: Any) -> None:
        program = "from importlib.metadata import requires; print(*requires('twilio-task-router'), sep='\\n')"
        requirements = installed("-c", program).splitlines()
        assert [one.replace("'", '"') for one in requirements if "rich" in one] == [
            'rich>=13; extra == "cli"'
        ]
