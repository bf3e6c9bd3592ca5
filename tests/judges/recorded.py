"""The recorded vectors, and how to replay them.

The project started from claims-*.json and policy-decisions.json. workflows-5.7.0.json has the documents that
``WorkflowConfig`` of twilio-python 5.7.0 made and read under Python 3.7. tokens.json has a token of each SDK
that it names, with a lifetime of 2,000,000,000 seconds.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jwt
import pytest

#: When the claims were recorded, Unix time 1,430,000,000.
RECORDED = datetime(2015, 4, 25, 22, 13, 20, tzinfo=timezone.utc)

needs_pyjwt_2 = pytest.mark.skipif(
    jwt.__version__.startswith("1."),
    reason="PyJWT 1 writes the two members of the header the other way round",
)

_FOLDER = Path(__file__).parent.parent / "vectors"


def load(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


def title(vector: dict[str, Any]) -> str:
    calls = "+".join(call[0] for call in vector["calls"]) or "no grants"
    return f"{vector['class']} of {vector['args'][-1][:6]}, ttl {vector['ttl']}: {calls}"


def claims_of(token: str, key: str) -> dict[str, Any]:
    """The claims that PyJWT reads from a token, expired or not."""
    return jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})


def example_claims(calls: list[list[str]], *, release: str, sid: str = "WK789") -> Any:
    """The recorded claims of a release for the example's account after these calls."""
    return next(
        vector["claims"]
        for vector in load(f"claims-{release}.json")
        if vector["args"][0] == "AC123"
        and (vector["args"][-1], vector["calls"], vector["ttl"]) == (sid, calls, None)
    )
