from __future__ import annotations

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.example import sign
from tests.judges import recorded, strategies

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)


# PyJWT, the judge, has its own opinion of the values that these may have.
registered = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}
names = st.text().filter(lambda name: name not in registered)


class TestSign:
    @recorded.needs_pyjwt_2
    @given(claims=st.dictionaries(names, json_values, max_size=5), key=strategies.keys)
    def test_makes_what_pyjwt_makes(self, claims: dict[str, Any], key: str) -> None:
        assert sign(claims, key) == jwt.encode(claims, key, "HS256")

    def test_documented_header(self) -> None:
        # RFC 7515 §3.3 has the same header with the two members the other way round.
        assert sign({}, "secret").split(".")[0] == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

    def test_segments_have_no_padding(self) -> None:
        tokens = [sign({"a": "x" * length}, "secret") for length in range(4)]
        assert not any("=" in token for token in tokens)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_numbers_that_json_lacks(self, value: float) -> None:
        with pytest.raises(ValueError, match="claims must be JSON serializable"):
            sign({"number": value}, "secret")
