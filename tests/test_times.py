from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time

from tests.judges import recorded
from twilio.task_router.times import from_now, moment, utc

NOW = 1_430_000_000


@freeze_time(recorded.RECORDED)
class TestFromNow:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (1, "in 1 second"),
            (59, "in 59 seconds"),
            (60, "in 1 minute"),
            (118, "in 118 seconds"),
            (120, "in 2 minutes"),
            (150, "in 2 minutes"),
            (59 * 60, "in 59 minutes"),
            (3600, "in 1 hour"),
            (3599, "in 1 hour"),  # a fresh hour, a moment later
            (7200 - 71, "in 2 hours"),  # as far off as can be
            (7200 - 72, "in 119 minutes"),
            (86_400, "in 1 day"),
            (47 * 3600 + 5, "in 47 hours"),
            (1000 * 86_400, "in 1000 days"),
            (1000 * 86_400 + 14 * 3600, "in 1001 days"),
            (1000 * 365 * 86_400, "in 365000 days"),
            (1000 * 365 * 86_400 + 1, "in more than 1,000 years"),  # as of milliseconds
            (0, "0 seconds ago"),
            (-1, "1 second ago"),
            (-11 * 60, "11 minutes ago"),
            (-86_400 * 10**20, "more than 1,000 years ago"),
        ],
    )
    def test_is_in_words(self, seconds: int, words: str) -> None:
        assert from_now(NOW + seconds) == words

    def test_is_ahead_by_less_than_a_second(self) -> None:
        assert from_now(NOW + 0.5) == "in 0 seconds"


class TestMoment:
    @pytest.mark.parametrize(
        ("timestamp", "expected"),
        [
            (0, datetime(1970, 1, 1)),  # noqa: DTZ001 - all of these are in UTC
            (-86_400, datetime(1969, 12, 31)),  # noqa: DTZ001
            (-(10**12), datetime.min),  # noqa: DTZ901
            (-1e300, datetime.min),  # noqa: DTZ901
            (10**12, datetime.max),  # noqa: DTZ901
        ],
    )
    def test_may_be_beyond_datetime(self, timestamp: float, expected: datetime) -> None:
        assert moment(timestamp) == expected.replace(tzinfo=timezone.utc)


class TestUtc:
    @pytest.mark.parametrize(
        ("timestamp", "text"),
        [
            (NOW, "2015-04-25 22:13:20 UTC"),
            (NOW + 0.9, "2015-04-25 22:13:20 UTC"),
            (10**400, "9999-12-31 23:59:59 UTC"),
            (True, None),
            ("soon", None),
            (None, None),
        ],
    )
    def test_is_a_date_if_it_can_be(self, timestamp: Any, text: str | None) -> None:
        assert utc(timestamp) == text

    def test_is_the_first_date_if_it_is_before_that(self) -> None:
        assert str(utc(-(10**20))).endswith("1-01-01 00:00:00 UTC")
