from __future__ import annotations

import io
import json
from typing import Any

import pytest

from twilio.task_router.diagnosis import json_stream
from twilio.task_router.diagnosis.json_stream import JsonStream, TooDeep

DEEP = "[" * 100_000 + '"]\\"",' + "]" * 100_000


class Counted(io.BytesIO):
    """A stream that counts how much is read from it at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size or 0)
        return super().read(size)


@pytest.fixture(params=[2, 7, 1 << 20], ids="pieces of {}".format)
def _pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_PIECE", request.param)


def stream(text: str, encoding: str = "utf-8") -> JsonStream:
    return JsonStream(io.BytesIO(text.encode(encoding, "surrogatepass")))


@pytest.mark.usefixtures("_pieces")
class TestValue:
    @pytest.mark.parametrize(
        "text",
        [
            *("12", "1.5", "-1e+5", "true", "null", "[1.25, 2.5e-3, false]", '{"a": [1, {}]}'),
            *('"a\\n"', '"\\ud83d\\ude00"', '"\U0001f600"', f'"{"x" * 100}"'),
        ],
    )
    @pytest.mark.parametrize("after", ["", " ", ", 5", "]"])
    def test_value_is_what_json_says(self, text: str, after: str) -> None:
        assert stream(f" \n{text}{after}").value() == json.loads(text)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_value_may_be_encoded(self, encoding: str) -> None:
        assert stream('["\u00e9\U0001f600"]', encoding).value() == ["\u00e9\U0001f600"]

    @pytest.mark.parametrize("text", ["", " ", "[", '"x', "tru", "[1,]", "x", '{"a" 1}', "-"])
    def test_value_may_not_be_one(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            stream(text).value()

    def test_value_may_be_a_long_number(self) -> None:
        assert stream("[" + "1" * 5_000 + "]").value() == [float("inf")]

    def test_value_may_have_a_lone_surrogate(self) -> None:
        assert stream('"\\ud800"').value() == "\ud800"


class TestTooDeep:
    @pytest.mark.parametrize("piece", [1 << 20, 999])
    def test_too_deep_is_told(self, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", piece)
        reader = stream(f"[{DEEP}, 5]")
        reader.take("[")
        assert list(reader.items()) == [TooDeep(DEEP), 5]

    @pytest.mark.parametrize("cut", [5, 100_003, 150_000])
    def test_too_deep_may_break_off(self, cut: int) -> None:
        with pytest.raises(ValueError, match=r"."):
            stream(DEEP[:-cut]).value()


@pytest.mark.usefixtures("_pieces")
class TestFind:
    @pytest.mark.parametrize(
        "text",
        ['{"a": 5}', ' { "b" : {"a": 1}, "c": [12, "a"] , "a" : 5', '{"b": "\\"a\\": 1", "a":5}'],
    )
    def test_find_goes_to_the_value(self, text: str) -> None:
        reader = stream(text)
        assert reader.find("a")
        assert reader.value() == 5

    @pytest.mark.parametrize("text", ["", "5", "{}", "[]", '{"b": 1}', '{"b"', '{"b": 1 "a": 2}', "{5: 1}"])
    def test_find_may_find_nothing(self, text: str) -> None:
        assert not stream(text).find("a")

    @pytest.mark.parametrize("text", ['{"b": ', '{"b', '{"b": x, "a": 5}'])
    def test_find_refuses_other_text(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            stream(text).find("a")


@pytest.mark.usefixtures("_pieces")
class TestItems:
    @pytest.mark.parametrize("text", ["[]", " [ ] ", "[1]", '[1 , {"a": "]"},[]\n]'])
    def test_items_are_those_of_json(self, text: str) -> None:
        reader = stream(text)
        assert reader.take("[")
        assert list(reader.items()) == json.loads(text)

    @pytest.mark.parametrize(("text", "before"), [("[1, 2", [1, 2]), ("[1, 2 x", [1, 2]), ("[1, ]", [1])])
    def test_items_come_before_the_damage(self, text: str, before: list[Any]) -> None:
        reader = stream(text)
        reader.take("[")
        found: list[Any] = []
        with pytest.raises(ValueError, match=r"."):
            found.extend(reader.items())
        assert found == before


class TestRest:
    def test_rest_stays_where_it_is(self) -> None:
        reader = stream("{} and more")
        assert reader.rest(0) == "{} and more"
        assert reader.value() == {}
        assert reader.rest(0) == " and more"

    def test_rest_is_as_long_as_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 4)
        assert stream("0123456789").rest(0) == "0123"
        assert stream("0123456789").rest(5) == "01234567"
        assert stream("0123456789").rest(99) == "0123456789"

    @pytest.mark.parametrize(("text", "whole"), [("abc", True), ("abcd", False)])
    def test_rest_may_be_all(self, text: str, whole: object, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 4)
        assert stream(text).is_whole is whole


class TestWork:
    """A value is held once, and decoded a few times, however many pieces there are."""

    def test_work_reads_small_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 1_000)
        counted = Counted(json.dumps([["x" * 100] * 3] * 1_000).encode())
        reader = JsonStream(counted)
        reader.take("[")
        assert len(list(reader.items())) == 1_000
        assert counted.most == 1_000

    def test_work_on_a_long_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(json_stream, "_PIECE", 1_000)
        lengths = []
        decode = json.JSONDecoder.raw_decode

        def counting(self: json.JSONDecoder, text: str, place: int = 0) -> Any:
            lengths.append(len(text))
            return decode(self, text, place)

        monkeypatch.setattr(json.JSONDecoder, "raw_decode", counting)
        assert stream(json.dumps("x" * 1_000_000)).value() == "x" * 1_000_000
        assert sum(lengths) < 4_000_000
