"""The tables of calls in the documentation, compared with ``explain``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import twilio.task_router
from tests.example import ARGUMENTS
from twilio.task_router import Capability, explain
from twilio.task_router.pages import task_queue, worker, workspace

PAGE = Path(__file__).parent.parent.parent / "docs" / "capabilities.rst"
STANDS_FOR = {
    "<event>": ["created", "accepted", "rejected", "timeout", "canceled", "rescinded", "completed", "wrapup"],
    "<list>": ["activities", "workflows", "taskqueues", "workers", "tasks"],
    "<statistics>": ["statistics", "realtimeStats", "cumulativeStats"],
}
TABLES = {
    page: {call.name for call in calls}
    for page, calls in (
        ("worker", worker.CALLS),
        ("workspace", workspace.CALLS),
        ("task_queue", task_queue.CALLS),
    )
}
CHANNELS = {"Worker": ["WK789"], "Workspace": [], "TaskQueue": ["WQ789"]}


def documented() -> dict[str, list[list[str]]]:
    """The rows of each table, by the object in its first cell."""
    tables = {}
    for text in PAGE.read_text(encoding="utf-8").split(".. list-table::")[1:]:
        body = re.split(r"\n(?=\S)", text, maxsplit=1)[0]
        rows = [re.split(r"\n     - ", row) for row in body.split("\n   * - ")[1:]]
        cells = [[" ".join(cell.split()) for cell in row] for row in rows]
        tables[cells[0][0].strip("`")] = cells
    return tables


def calls_in(cell: str, page: str) -> list[str]:
    """The calls that a cell names."""
    names = re.findall(r"``(.+?)``", cell)
    for word, words in STANDS_FOR.items():
        names = [name.replace(word, one) for name in names for one in (words if word in name else [""])]
    names = [name for name in names if name in {*TABLES[page], "connect"}]
    if cell.endswith(", and the callbacks of these"):
        called_back = [f"{name}: callback" for name in names]
        names += [name for name in called_back if name in TABLES[page] and name not in names]
    return names


@pytest.mark.parametrize(
    ("name", "page"), [("Worker", "worker"), ("Workspace", "workspace"), ("TaskQueue", "task_queue")]
)
class TestTable:
    def test_table_has_each_call_once(self, name: str, page: str) -> None:
        calls = [call for row in documented()[name][1:] for call in calls_in(row[0], page)]
        assert sorted(calls) == sorted([*TABLES[page], "connect"])

    def test_table_has_each_grant(self, name: str, page: str) -> None:
        head, *rows = documented()[name]
        for column, kind in enumerate(head[1:], 1):
            made: Capability = getattr(twilio.task_router, kind.strip("`"))(*ARGUMENTS[:3], *CHANNELS[name])
            explained = explain(made)
            for row in rows:
                for call in calls_in(row[0], page):
                    assert row[column].removesuffix(" (see below)") == grant(explained[call], kind), call


def grant(explanation: twilio.task_router.Explanation, kind: str) -> str:
    """The cell for a call and a class."""
    if explanation:
        return "from the start"
    grants = [one for one in explanation.grants if one.startswith(f"{kind.strip('`')}.")]
    return f"``{grants[0].partition('.')[2].removesuffix('()')}``" if grants else "—"
