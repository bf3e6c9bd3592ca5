"""How long minting and starting take: ``python tests/benchmark.py``. Not a test; machines differ."""

from __future__ import annotations

import subprocess
import sys
import timeit
import warnings
from pathlib import Path

import jwt

sys.path.insert(0, str(Path(__file__).parent.parent))

from twilio.task_router import TaskRouterCapability
from twilio.task_router.tokens import sign

_ROUNDS = 5_000


def _microseconds(statement: str, names: dict[str, object]) -> float:
    return min(timeit.repeat(statement, globals=names, number=_ROUNDS, repeat=5)) / _ROUNDS * 1e6


def _import_milliseconds(module: str) -> float:
    def start(program: str) -> float:
        command = [sys.executable, "-c", program]
        return min(
            timeit.repeat(
                lambda: subprocess.run(command, check=True, cwd=Path(__file__).parent.parent),
                number=5,
                repeat=3,
            )
        )

    return (start(f"import {module}") - start("pass")) / 5 * 1e3


def main() -> None:
    warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
    capability = TaskRouterCapability("AC123", "secret", "WS456", "WK789")
    capability.allow_worker_fetch_attributes()
    capability.allow_worker_activity_updates()
    capability.allow_task_reservation_updates()
    claims = jwt.decode(capability.generate_token(), options={"verify_signature": False})
    names: dict[str, object] = {"capability": capability, "claims": claims, "sign": sign, "jwt": jwt}
    for label, statement in (
        ("sign(claims)", "sign(claims, 'secret')"),
        ("jwt.encode(claims)", "jwt.encode(claims, 'secret', 'HS256')"),
        ("capability.generate_token()", "capability.generate_token()"),
    ):
        print(f"{label:32}{_microseconds(statement, names):8.1f} µs")
    for module in ("twilio.task_router", "jwt"):
        print(f"{'import ' + module:32}{_import_milliseconds(module):8.1f} ms")


if __name__ == "__main__":
    main()
