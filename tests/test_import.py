"""What importing the package does, and does not do, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

EXAMPLE = """
from twilio.task_router import TaskRouterCapability

capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
capability.allow_worker_fetch_attributes()
capability.allow_worker_activity_updates()
capability.allow_task_reservation_updates()
token = capability.generate_token(ttl=600)   # seconds
"""


def run(program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_the_documented_example_runs_without_a_warning() -> None:
    assert run(EXAMPLE + "print(token.count('.'))") == "2\n"


def test_minting_does_not_import_pyjwt() -> None:
    assert run(EXAMPLE + "import sys; print({'jwt', 'cryptography'} & set(sys.modules))") == "set()\n"


def test_importing_does_not_touch_the_warning_filters() -> None:
    program = (
        "import warnings; a = warnings.filters[:]; import twilio.task_router; print(a == warnings.filters)"
    )
    assert run(program) == "True\n"


def test_every_public_name_is_there() -> None:
    program = "import twilio.task_router as t; print([n for n in t.__all__ if not hasattr(t, n)])"
    assert run(program) == "[]\n"


def test_twilio_stays_a_namespace() -> None:
    assert not (ROOT / "twilio" / "__init__.py").exists()
