"""Hypothesis strategies for SIDs, keys and times to live."""

from __future__ import annotations

import string
from datetime import timedelta

from hypothesis import strategies as st


def sids(prefix: str) -> st.SearchStrategy[str]:
    body = st.text(alphabet=string.ascii_letters + string.digits + "-_", min_size=1, max_size=34)
    return body.map(lambda text: prefix + text)


# PyJWT, the judge, takes no key that looks like PEM, SSH, DER or JWK; the prefix keeps clear of them all.
keys = st.text(alphabet=st.characters(codec="utf-8"), max_size=64).map(lambda text: "k" + text)

ttls = st.integers(min_value=-(10**9), max_value=10**11)

timedeltas = st.timedeltas(min_value=timedelta(days=-1000), max_value=timedelta(days=1000))
