"""Time the library against everything else that does the job: ``python tests/benchmark``.

The first run sets up the peers below ``.cache/benchmark``, for which pip needs a package index. Later runs
reuse them; delete the folder to measure newer releases. It needs Linux or macOS, because Windows does not
report the CPU time of child processes.

Both sides of a comparison run one right after the other, 120 times over, and the ratio is the median of the
120 ratios of CPU time, so a busy machine does little harm. A second table shows how time and memory grow with
the input. This is not a test: an exclamation mark is where a ratio is above its limit.

With ``--update-docs``, ``docs/performance.rst`` and its picture show this run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENTS = ROOT / ".cache" / "benchmark" / f"python{sys.version_info.major}.{sys.version_info.minor}"
MEASURING = ENVIRONMENTS / "venv"
OUR_ENVIRONMENT = ENVIRONMENTS / "ours"
SDK_ENVIRONMENT = ENVIRONMENTS / "sdk"


def main() -> int:
    complete = ENVIRONMENTS / "complete"
    if not complete.exists():
        sys.stderr.write("Setting up the peers, which takes a minute ...\n")
        shutil.rmtree(ENVIRONMENTS, ignore_errors=True)
        set_up()
        complete.touch()
    install_ours()
    for module, environment in (("measure", MEASURING), ("growth", OUR_ENVIRONMENT)):
        command = [python(environment), "-m", f"tests.benchmark.{module}", *sys.argv[1:]]
        subprocess.run(command, check=True, cwd=ROOT)
    return 0


def set_up() -> None:
    venv.create(MEASURING, symlinks=True, with_pip=True)
    pip("install", "PyJWT", "orjson", "pycasbin", "six")  # the old SDKs import six
    # Without pip, which may bring setuptools, which makes Python start more slowly.
    venv.create(SDK_ENVIRONMENT, symlinks=True)
    pip("--python", python(SDK_ENVIRONMENT), "install", "twilio==9.*")
    venv.create(OUR_ENVIRONMENT, symlinks=True)
    pip("--python", python(OUR_ENVIRONMENT), "install", "PyJWT", "hatchling")
    for version in ("3.7.0", "5.7.0"):
        folder = ENVIRONMENTS / f"twilio-{version}"
        pip("install", "--no-deps", "--no-compile", "--target", str(folder), f"twilio=={version}")
        # It imports the REST client, which fails on today's Python. Capabilities work without it.
        (folder / "twilio" / "__init__.py").write_text("")


def install_ours() -> None:
    """Install the work tree, which may have changed since the last run.

    It is built with the hatchling that :func:`set_up` installed, so this needs no package index.
    """
    reinstall = ("install", "--force-reinstall", "--no-deps", "--no-build-isolation")
    pip("--python", python(OUR_ENVIRONMENT), *reinstall, str(ROOT))


def pip(*arguments: str) -> None:
    command = [python(MEASURING), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def python(environment: Path) -> str:
    return str(environment / "bin" / "python")


if __name__ == "__main__":
    sys.exit(main())
