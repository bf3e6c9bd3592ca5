from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line.samples import token_of
from twilio.task_router.command_line.terminal import print_json

if TYPE_CHECKING:
    from tests.command_line.conftest import Run


@pytest.mark.parametrize("columns", ["0", "80", "1000", "x"])
def test_columns_are_at_most_80(columns: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out = run("inspect", token_of())
    assert out.startswith("✓ good; expires in 1 hour\n")
    assert 60 < max(map(len, out.splitlines())) <= 80


def test_deep_json_is_an_error() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply for --json"):
        print_json(value)
