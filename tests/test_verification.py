from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle
import string
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from freezegun import freeze_time

from tests.example import CHANNEL_URL, WORKER_URL, WORKSPACE_URL
from tests.judges import recorded
from twilio.task_router import (
    Capability,
    InvalidClaimError,
    InvalidRuleError,
    TaskRouterCapability,
    TaskRouterTaskQueueCapability,
    TaskRouterWorkerCapability,
    TaskRouterWorkspaceCapability,
    verify_token,
)
from twilio.task_router.verification import lifetime

KEY = "0123456789abcdef0123456789abcdef"
HEADER: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}
RULE: dict[str, Any] = {
    "url": WORKSPACE_URL,
    "method": "GET",
    "allow": True,
    "query_filter": {},
    "post_filter": {},
}
CLAIMS: dict[str, Any] = {
    "iss": "AC123",
    "exp": 4_102_444_800,  # 2100-01-01
    "version": "v1",
    "friendly_name": "Alice",
    "policies": [RULE],
    "account_sid": "AC123",
    "workspace_sid": "WS456",
    "channel": "WK789",
    "worker_sid": "WK789",
}


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(header: Any = HEADER, claims: Any = CLAIMS, key: str = KEY, digest: Any = hashlib.sha256) -> str:
    """A token of any header and claims, well signed with any key: RFC 7515 §5.1, step by step."""
    return re_signed(f"{segment(header)}.{segment(claims)}", key, digest)


def re_signed(signing_input: str, key: str = KEY, digest: Any = hashlib.sha256) -> str:
    return f"{signing_input}.{segment(hmac.new(key.encode(), signing_input.encode(), digest).digest())}"


def varied(claim: str, *values: Any) -> dict[str, str]:
    return {f"{claim} {value!r}": forge(claims=CLAIMS | {claim: value}) for value in values}


def without(claim: str) -> dict[str, Any]:
    return {name: value for name, value in CLAIMS.items() if name != claim}


class TestAGoodToken:
    def test_claims_are_attributes(self) -> None:
        token = verify_token(forge(), KEY)
        assert token.account_sid == "AC123"
        assert token.workspace_sid == "WS456"
        assert token.channel == token.worker_sid == "WK789"
        assert token.taskqueue_sid is None
        assert token.friendly_name == "Alice"
        assert token.version == "v1"
        assert token.expires_at == datetime(2100, 1, 1, tzinfo=timezone.utc)
        assert token.expires_at.tzinfo is timezone.utc
        assert token.access_policy.rules == CLAIMS["policies"]
        assert token.claims == CLAIMS
        assert token.access_policy.allows("GET", WORKSPACE_URL)

    def test_token_may_be_bytes(self) -> None:
        assert verify_token(forge().encode(), KEY).channel == "WK789"

    def test_claims_not_required(self) -> None:
        claims = {
            name: CLAIMS[name]
            for name in ("iss", "exp", "account_sid", "workspace_sid", "channel", "policies")
        }
        token = verify_token(forge(claims=claims), KEY)
        assert (token.worker_sid, token.friendly_name, token.version) == (None, None, None)

    def test_token_of_a_task_queue(self) -> None:
        made = TaskRouterTaskQueueCapability("AC123", KEY, "WS456", "WQ789").generate_token()
        token = verify_token(made, KEY)
        assert (token.channel, token.taskqueue_sid, token.worker_sid) == ("WQ789", "WQ789", None)

    def test_token_of_a_workspace(self) -> None:
        token = verify_token(TaskRouterWorkspaceCapability("AC123", KEY, "WS456").generate_token(), KEY)
        assert (token.channel, token.taskqueue_sid, token.worker_sid) == ("WS456", None, None)

    @pytest.mark.parametrize("vector", recorded.load("tokens.json"), ids=lambda vector: vector["made_by"])
    def test_tokens_of_other_sdks(self, vector: dict[str, str]) -> None:
        token = verify_token(vector["token"], vector["auth_token"])
        assert token.worker_sid == "WK789"
        assert token.access_policy.allows("GET", f"{WORKSPACE_URL}/Activities")

    @pytest.mark.parametrize(
        "key", ["secret", "ssh-rsa AAAA", "-----BEGIN PUBLIC KEY-----", '{"kty": "oct"}', "é"]
    )
    def test_keys_of_any_shape(self, key: str) -> None:
        assert verify_token(forge(key=key), key).channel == "WK789"

    def test_short_key_without_warning(self, recwarn: pytest.WarningsRecorder) -> None:
        verify_token(TaskRouterCapability("AC123", "secret", "WS456", "WK789").generate_token(), "secret")
        assert not recwarn.list

    def test_claims_of_ones_own(self) -> None:
        capability = TaskRouterCapability("AC123", KEY, "WS456", "WK789")
        made = capability.generate_token(attributes={"aud": "page", "sub": "alice", "team": ["a"]})
        assert verify_token(made, KEY).claims["team"] == ["a"]

    def test_policy_outlives_claims(self) -> None:
        token = verify_token(forge(), KEY)
        token.claims["policies"][0]["allow"] = False
        token.claims.clear()
        assert token.access_policy.rules == CLAIMS["policies"]
        assert token.access_policy.allows("GET", RULE["url"])
        assert token.channel == "WK789"

    def test_notes_outlive_claims(self) -> None:
        token = verify_token(forge(claims=CLAIMS | {"nbf": 0}), KEY)
        before = token.notes()
        token.claims["nbf"] = token.claims["exp"] = "soon"
        assert token.notes() == before

    @pytest.mark.parametrize("exp", [253_402_300_800, 10**17, 10**18, 10**20, 1e300])
    def test_life_beyond_datetime(self, exp: float) -> None:
        expires_at = verify_token(forge(claims=CLAIMS | {"exp": exp}), KEY).expires_at
        assert expires_at == datetime.max.replace(tzinfo=timezone.utc)

    def test_expiry_within_a_second(self) -> None:
        expires_at = verify_token(forge(claims=CLAIMS | {"exp": 4_102_444_800.5}), KEY).expires_at
        assert expires_at == datetime(2100, 1, 1, microsecond=500_000, tzinfo=timezone.utc)

    @pytest.mark.parametrize(
        "claims",
        [{"iat": 4_102_444_800}, {"iat": "soon"}, {"sub": 5}, {"aud": "page"}, {"jti": 5}],
        ids=ascii,
    )
    def test_unused_claims_are_free(self, claims: dict[str, Any]) -> None:
        assert verify_token(forge(claims=CLAIMS | claims), KEY).claims == CLAIMS | claims

    def test_deeply_nested_claims(self) -> None:
        nested: list[Any] = []
        for _ in range(500):
            nested = [nested]
        capability = TaskRouterCapability("AC123", KEY, "WS456", "WK789")
        token = verify_token(capability.generate_token(attributes={"nested": nested}), KEY)
        assert token.claims["nested"] == nested

    def test_repr_shows_no_key(self) -> None:
        assert KEY not in repr(verify_token(forge(), KEY))


class TestUrls:
    """The URLs of a token's page, in Twilio's own places if no rule says otherwise."""

    HERE = "http://127.0.0.1:8080"

    def urls(self, *rules: str, **claims: Any) -> tuple[str, str, str]:
        policies = [{"url": url, "method": "GET", "allow": True} for url in rules]
        token = verify_token(forge(claims=CLAIMS | {"policies": policies} | claims), KEY)
        return token.workspace_url, token.resource_url, token.channel_url

    def test_urls_without_rules(self) -> None:
        assert self.urls() == (WORKSPACE_URL, WORKER_URL, CHANNEL_URL)

    def test_urls_of_the_rules(self) -> None:
        workspace = f"{self.HERE}/v2/Workspaces/WS456"
        assert self.urls(f"{self.HERE}/ws/AC123/WK789", f"{workspace}/Tasks/**") == (
            workspace,
            f"{workspace}/Workers/WK789",
            f"{self.HERE}/ws/AC123/WK789",
        )

    def test_urls_of_the_first_rule(self) -> None:
        rules = [f"https://{host}/v1/Workspaces/WS456" for host in ("one.test", "other.test")]
        assert self.urls(*rules)[0] == rules[0]

    def test_no_other_workspace_url(self) -> None:
        rules = f"{self.HERE}/v1/Workspaces/WS4567", f"{self.HERE}/ws/AC123/WK7890"
        workspace, resource, _ = self.urls(*rules)
        assert (workspace, resource) == (WORKSPACE_URL, WORKER_URL)

    @pytest.mark.parametrize(
        ("claims", "path", "sid"),
        [
            ({"channel": "WK1"}, "/Workers/WK789", "WK789"),  # Worker.js opens that of worker_sid
            ({"channel": "WQ1", "worker_sid": None, "taskqueue_sid": "WQ1"}, "/TaskQueues/WQ1", "WQ1"),
            ({"channel": "WS456", "worker_sid": None}, "", "WS456"),
        ],
    )
    def test_urls_of_the_page(self, claims: dict[str, Any], path: str, sid: str) -> None:
        _, resource, channel = self.urls(**claims)
        assert (resource, channel) == (WORKSPACE_URL + path, f"{CHANNEL_URL.removesuffix('WK789')}{sid}")

    @pytest.mark.parametrize(
        "capability",
        [
            TaskRouterCapability("AC123", KEY, "WS456", "WK789"),
            TaskRouterWorkerCapability("AC123", KEY, "WS456", "WK789", HERE, "v2", f"{HERE}/ws"),
            TaskRouterTaskQueueCapability("AC123", KEY, "WS456", "WQ789", base_url=HERE, base_ws_url=HERE),
            TaskRouterWorkspaceCapability("AC123", KEY, "WS456", base_url=HERE, base_ws_url=HERE),
        ],
        ids=lambda capability: type(capability).__name__,
    )
    def test_urls_of_the_capability(self, capability: Capability) -> None:
        token = verify_token(capability.generate_token(), KEY)
        assert token.workspace_url == capability.workspace_url
        assert token.resource_url == capability.resource_url
        assert token.channel_url == capability.channel_url


class TestTime:
    def test_good_until_expiry(self) -> None:
        with freeze_time(recorded.RECORDED) as clock:
            made = TaskRouterCapability("AC123", KEY, "WS456", "WK789").generate_token(ttl=60)
            clock.tick(59)
            assert verify_token(made, KEY)
            clock.tick(1)
            with pytest.raises(jwt.ExpiredSignatureError):
                verify_token(made, KEY)

    @pytest.mark.parametrize("leeway", [10, 10.5, timedelta(seconds=10)])
    def test_leeway_is_in_seconds(self, leeway: float | timedelta) -> None:
        made = TaskRouterCapability("AC123", KEY, "WS456", "WK789").generate_token(ttl=-5)
        assert verify_token(made, KEY, leeway=leeway)
        older = TaskRouterCapability("AC123", KEY, "WS456", "WK789").generate_token(ttl=-20)
        with pytest.raises(jwt.ExpiredSignatureError):
            verify_token(older, KEY, leeway=leeway)

    def test_not_good_before_nbf(self) -> None:
        made = forge(claims=CLAIMS | {"nbf": recorded.RECORDED.timestamp()})
        with freeze_time(recorded.RECORDED - timedelta(seconds=2)):
            with pytest.raises(jwt.ImmatureSignatureError):
                verify_token(made, KEY)
            assert verify_token(made, KEY, leeway=2)
        with freeze_time(recorded.RECORDED):
            assert verify_token(made, KEY)

    def test_verified_as_of_a_moment(self) -> None:
        with freeze_time(recorded.RECORDED):
            made = TaskRouterCapability("AC123", KEY, "WS456", "WK789").generate_token(ttl=60)
        end = recorded.RECORDED + timedelta(seconds=60)
        elsewhere = timezone(timedelta(hours=-5))
        assert verify_token(made, KEY, at=end - timedelta(seconds=1)).channel == "WK789"
        assert verify_token(made, KEY, at=end.astimezone(elsewhere), leeway=1)
        with pytest.raises(jwt.ExpiredSignatureError):
            verify_token(made, KEY, at=end)

    def test_moment_before_nbf(self) -> None:
        made = forge(claims=CLAIMS | {"nbf": recorded.RECORDED.timestamp()})
        assert verify_token(made, KEY, at=recorded.RECORDED)
        with pytest.raises(jwt.ImmatureSignatureError):
            verify_token(made, KEY, at=recorded.RECORDED - timedelta(microseconds=1))

    @pytest.mark.parametrize(("ago", "is_long"), [(86_400, False), (86_401, True)])
    def test_lifetime_from_the_moment(self, ago: int, is_long: Any) -> None:
        before_the_end = datetime(2100, 1, 1, tzinfo=timezone.utc) - timedelta(seconds=ago)
        notes = verify_token(forge(), KEY, at=before_the_end).notes()
        assert ("long-lived" in {note.kind for note in notes}) is is_long


class TestLifetime:
    @pytest.mark.parametrize(
        ("claims", "seconds"),
        [
            ({"iat": 10, "nbf": 20, "exp": 70}, 60),
            ({"nbf": 20, "exp": 70}, 50),
            ({"iat": 10.5, "exp": 70}, 59.5),
            ({"iat": 100, "exp": 70}, -30),
            ({"iat": "10", "nbf": 20, "exp": 70}, 50),
            ({"iat": True, "nbf": 20, "exp": 70}, 50),
        ],
        ids=ascii,
    )
    def test_lifetime_from_iat_or_nbf(self, claims: dict[str, Any], seconds: float) -> None:
        assert lifetime(claims, start=30) == timedelta(seconds=seconds)

    def test_lifetime_from_a_start(self) -> None:
        assert lifetime({"exp": 70}, start=30) == timedelta(seconds=40)

    @pytest.mark.parametrize(
        "claims", [{"exp": 70}, {"iat": None, "exp": 70}, {"iat": 10}, {"iat": 10, "exp": "70"}], ids=ascii
    )
    def test_lifetime_unknown(self, claims: dict[str, Any]) -> None:
        assert lifetime(claims) is None

    def test_lifetime_very_long(self) -> None:
        start = datetime(1970, 1, 1, 0, 0, 1, 500_000)  # noqa: DTZ001 - in UTC
        assert lifetime({"nbf": 1.5, "exp": 10**400}) == datetime.max - start  # noqa: DTZ901 - likewise


ODD = json.dumps(CLAIMS | {"friendly_name": "\u00bf\u00bf\u00bf?>?>"}, ensure_ascii=False).encode()
SIGNING_INPUT, _, SIGNATURE = forge().rpartition(".")
DEEP = b"[" * 40_000

ATTACKS: dict[str, Any] = {
    "another key": forge(key="another"),
    "alg none": forge({"alg": "none"}),
    "alg none, unsigned": f"{segment({'alg': 'none'})}.{segment(CLAIMS)}.",
    "alg NONE, unsigned": f"{segment({'alg': 'NONE'})}.{segment(CLAIMS)}.",
    "alg nOnE, unsigned": f"{segment({'alg': 'nOnE'})}.{segment(CLAIMS)}.",
    "alg HS384": forge({"alg": "HS384"}, digest=hashlib.sha384),
    "alg HS512": forge({"alg": "HS512"}, digest=hashlib.sha512),
    "alg RS256": forge({"alg": "RS256"}),
    "alg hs256": forge({"alg": "hs256"}),
    "alg missing": forge({"typ": "JWT"}),
    "alg null": forge({"alg": None}),
    "alg a list": forge({"alg": ["HS256"]}),
    "crit unknown": forge(HEADER | {"crit": ["exp2"], "exp2": 1}),
    "crit empty": forge(HEADER | {"crit": []}),
    "crit of another type": forge(HEADER | {"crit": 5}),
    "crit holding objects": forge(HEADER | {"crit": [{}]}),
    "payload detached": forge(HEADER | {"crit": ["b64"], "b64": False}),
    "crit that PyJWT 2 understands": forge(HEADER | {"crit": ["b64"], "b64": True}),
    "b64 that changes nothing": forge(HEADER | {"b64": True}),
    "b64 without crit": forge(HEADER | {"b64": False}),
    "header padded": forge().replace(".", "=.", 1),
    "header with a space": forge().replace("e", "e ", 1),
    "four segments, well signed": re_signed(SIGNING_INPUT + "."),
    "payload padded": re_signed(SIGNING_INPUT + "="),
    "payload padded with more": re_signed(SIGNING_INPUT + "=="),
    "payload with a space": re_signed(SIGNING_INPUT.replace(".", ". ")),
    "payload with a line end": re_signed(SIGNING_INPUT + "\n"),
    "payload with other characters": re_signed(SIGNING_INPUT.replace(".", ".!*(")),
    "payload in the standard alphabet": re_signed(
        f"{segment(HEADER)}.{base64.b64encode(ODD).decode().rstrip('=')}"
    ),
    "header not an object": forge([]),
    "header not JSON": forge(b"{"),
    "header not UTF-8": forge(b"\xff"),
    "header in UTF-16": forge(json.dumps(HEADER).encode("utf-16")),
    "header with NaN": forge(HEADER | {"cty": float("nan")}),
    "kid that is a number": forge(HEADER | {"kid": 0}),
    "kid null": forge(HEADER | {"kid": None}),
    "header nested deeply": forge(DEEP),
    "header with a number too long": forge(b'{"alg":' + b"1" * 5000 + b"}"),
    "signature empty": f"{SIGNING_INPUT}.",
    "signature cut": f"{SIGNING_INPUT}.{SIGNATURE[:-4]}",
    "signature padded": f"{SIGNING_INPUT}.{SIGNATURE}=",
    "signature with a space": f"{SIGNING_INPUT}.{SIGNATURE} ",
    "signature with a line end": f"{SIGNING_INPUT}.{SIGNATURE}\n",
    "one segment": SIGNATURE,
    "two segments": SIGNING_INPUT,
    "four segments": f"{SIGNING_INPUT}.{SIGNATURE}.{SIGNATURE}",
    "nothing": "",
    "dots": "..",
    "not ASCII": forge() + "é",
    "a lone surrogate": forge() + "\ud800",
    "bytes that are not UTF-8": forge().encode() + b"\xff",
    "payload not JSON": forge(claims=b"{"),
    "payload not UTF-8": forge(claims=b"\xff"),
    "payload in UTF-16": forge(claims=json.dumps(CLAIMS).encode("utf-16")),
    "payload with a byte order mark": forge(claims=b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
    "payload a list": forge(claims=[CLAIMS]),
    "payload a string": forge(claims="AC123"),
    "payload null": forge(claims=None),
    "payload with a lone surrogate": forge(claims=CLAIMS | {"friendly_name": "\ud800"}),
    "header with a lone surrogate": forge(HEADER | {"kid": "\udfff"}),
    "longer than the limit": forge(claims=CLAIMS | {"padding": "x" * 50_000}),
    "four segments, one empty": f"{SIGNING_INPUT}..{SIGNATURE}",
    "a million dots": b"." * 10**6,
    "payload nested deeply": forge(claims=DEEP),
    "payload with NaN": forge(claims=CLAIMS | {"score": float("nan")}),
    "payload with an infinity": forge(claims=CLAIMS | {"score": [float("-inf")]}),
    "exp missing": forge(claims=without("exp")),
    **varied("exp", None, True, "4102444800", "soon", [4_102_444_800], {}, float("nan"), float("inf"), 1, -1),
    "exp too large for a number": forge(claims=json.dumps(CLAIMS).replace("4102444800", "1e999").encode()),
    "exp with too many digits": forge(claims=json.dumps(CLAIMS).replace("4102444800", "1" * 5000).encode()),
    **varied("nbf", None, False, "0", "soon", [0], 4_102_444_800, float("inf")),
    "iss missing": forge(claims=without("iss")),
    "account_sid missing": forge(claims=without("account_sid")),
    "workspace_sid missing": forge(claims=without("workspace_sid")),
    "channel missing": forge(claims=without("channel")),
    "policies missing": forge(claims=without("policies")),
    **varied("iss", None, 5, ["AC123"], {}, True),
    **varied("account_sid", None, 5, ["AC123"], {}, True),
    **varied("workspace_sid", None, 5, ["WS456"], {}, True),
    **varied("channel", None, 5, ["WK789"], {}, True),
    **varied("worker_sid", 5, [], {}, False),
    **varied("taskqueue_sid", 5, [], {}, False),
    **varied("friendly_name", 5, [], {}, False),
    **varied("version", 5, [], {}, False),
    "iss of another account": forge(claims=CLAIMS | {"iss": "AC999"}),
    **varied("policies", None, {}, "GET", 5, [5], [{}], [None], [[RULE]]),
    **varied("policies", [RULE | {"method": "PUT"}], [RULE | {"post_filter": {"A": 5}}]),
    "policies in conflict": forge(claims=CLAIMS | {"policies": [RULE, RULE | {"allow": False}]}),
}


class TestAttack:
    @pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS)
    def test_attack_is_refused(self, token: Any) -> None:
        with pytest.raises(jwt.InvalidTokenError) as caught:
            verify_token(token, KEY)
        assert KEY not in str(caught.value)

    def test_token_to_attack_is_good(self) -> None:
        assert verify_token(forge(), KEY)

    def test_longest_token_is_read(self) -> None:
        # RFC 4648: 49,088 bytes are 65,451 characters of base64. Header, signature and dots are 85.
        room = 49_088 - len(json.dumps(CLAIMS | {"padding": ""}))
        longest, longer = (forge(claims=CLAIMS | {"padding": "x" * length}) for length in (room, room + 1))
        assert (len(longest), len(longer)) == (65_536, 65_537)
        assert verify_token(longest, KEY)
        with pytest.raises(jwt.DecodeError, match=r"at most 65,536 characters, not 65,537$"):
            verify_token(longer, KEY)

    def test_escaped_backslash_is_good(self) -> None:
        name = "\\ud800 \U0001f600"
        assert verify_token(forge(claims=CLAIMS | {"friendly_name": name}), KEY).friendly_name == name

    def test_nested_too_deeply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The limit depends on the Python: since 3.14, no token reaches the limit."""

        def read(_: str) -> None:
            raise RecursionError

        monkeypatch.setattr("twilio.task_router.tokens._read_json", read)
        with pytest.raises(jwt.DecodeError, match="the header is nested too deeply"):
            verify_token(forge(), KEY)

    def test_any_character_changed(self) -> None:
        token = forge()
        others = string.ascii_letters + string.digits + "-_+/=. \né"
        for place, character in enumerate(token):
            # Every other character in the signature, where base64 has bits to spare; elsewhere a few.
            tried = others if place > token.rindex(".") else "A-b+=."
            for other in set(tried) - {character}:
                with pytest.raises(jwt.InvalidTokenError):
                    verify_token(token[:place] + other + token[place + 1 :], KEY)

    @pytest.mark.parametrize(
        ("attack", "error"),
        [
            ("another key", jwt.InvalidSignatureError),
            ("alg none", jwt.InvalidAlgorithmError),
            ("alg HS512", jwt.InvalidAlgorithmError),
            ("exp 1", jwt.ExpiredSignatureError),
            ("nbf 4102444800", jwt.ImmatureSignatureError),
            ("exp missing", jwt.MissingRequiredClaimError),
            ("channel missing", jwt.MissingRequiredClaimError),
            ("iss of another account", jwt.InvalidIssuerError),
            ("channel 5", InvalidClaimError),
            ("policies in conflict", InvalidClaimError),
        ],
    )
    def test_errors_of_attacks(self, attack: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            verify_token(ATTACKS[attack], KEY)

    @pytest.mark.parametrize(
        ("attack", "says"),
        [
            ("another key", "Signature verification failed"),
            ("alg none", "the header's alg must be HS256, not 'none'"),
            ("alg missing", "the header's alg must be HS256, not None"),
            ("crit unknown", "the header asks for extensions that no token of TaskRouter uses"),
            ("kid that is a number", "the header's kid must be a string, not 0"),
            ("signature empty", "an HS256 signature has 32 bytes, not 0"),
            ("two segments", "the token cannot be read: a token has three segments, not 2"),
            ("payload padded", "the token cannot be read: a segment is not valid base64url"),
            ("header not an object", "the token cannot be read: the header must be a JSON object"),
            ("payload a list", "the token cannot be read: the payload must be a JSON object"),
            ("header with a lone surrogate", "the header has a lone surrogate, which is not text"),
            ("payload with a lone surrogate", "the payload has a lone surrogate, which is not text"),
            ("payload with NaN", "the token cannot be read: NaN is not JSON"),
            ("exp too large for a number", "the token cannot be read: 1e999 is too large a number"),
            ("exp 1", "Signature has expired"),
            ("nbf 4102444800", "The token is not yet valid (nbf)"),
            ("channel missing", 'Token is missing the "channel" claim'),  # in PyJWT's words
            ("iss of another account", "the claims iss and account_sid differ: 'AC999', 'AC123'"),
        ],
    )
    def test_messages_of_attacks(self, attack: str, says: str) -> None:
        with pytest.raises(jwt.InvalidTokenError) as caught:
            verify_token(ATTACKS[attack], KEY)
        assert str(caught.value).endswith(says)

    @pytest.mark.parametrize(
        ("attack", "claim", "problem"),
        [
            ("exp 'soon'", "exp", "must be a number, not 'soon'"),
            ("nbf None", "nbf", "must be a number, not None"),
            ("channel 5", "channel", "must be a string, not 5"),
            ("worker_sid 5", "worker_sid", "must be a string, not 5"),
            ("policies 'GET'", "policies", "must be a list, not 'GET'"),
            ("policies [{}]", "policies", "is not an access policy: policy rule 0: url is missing"),
        ],
    )
    def test_error_names_the_claim(self, attack: str, claim: str, problem: str) -> None:
        with pytest.raises(InvalidClaimError) as caught:
            verify_token(ATTACKS[attack], KEY)
        assert caught.value.claim == claim
        assert str(caught.value) == f"the claim {claim} {problem}"

    def test_error_has_its_cause(self) -> None:
        with pytest.raises(InvalidClaimError) as caught:
            verify_token(ATTACKS["policies [{}]"], KEY)
        assert type(caught.value.__cause__) is InvalidRuleError

    def test_malformed_token_has_a_cause(self) -> None:
        with pytest.raises(jwt.DecodeError) as caught:
            verify_token("a.b.c", KEY)
        assert isinstance(caught.value.__cause__, ValueError)
        assert str(caught.value) == f"the token cannot be read: {caught.value.__cause__}"

    def test_claim_error_is_pickled(self) -> None:
        error = InvalidClaimError("exp", "is odd")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (again.claim, str(again), again.args) == ("exp", "the claim exp is odd", ("exp", "is odd"))


class TestMisuse:
    @pytest.mark.parametrize(
        ("bad", "error", "says"),
        [
            ({"token": None}, TypeError, "must be a str or bytes, not NoneType"),
            ({"token": 5}, TypeError, "must be a str or bytes, not int"),
            ({"token": bytearray(forge().encode())}, TypeError, "must be a str or bytes, not bytearray"),
            ({"auth_token": None}, TypeError, "must be a str, not NoneType"),
            ({"auth_token": KEY.encode()}, TypeError, "must be a str, not bytes"),
            ({"auth_token": ""}, ValueError, "must not be empty"),
            ({"auth_token": f"{KEY}\n"}, ValueError, "must be stripped of white space"),
            ({"leeway": None}, TypeError, "must be seconds or a timedelta, not NoneType"),
            ({"leeway": "10"}, TypeError, "must be seconds or a timedelta, not str"),
            ({"leeway": True}, TypeError, "must be seconds or a timedelta, not bool"),
            ({"leeway": -1}, ValueError, "must be finite and not negative, got -1"),
            ({"leeway": timedelta(seconds=-1)}, ValueError, "must be finite and not negative, got datetime"),
            ({"leeway": float("nan")}, ValueError, "must be finite and not negative, got nan"),
            ({"leeway": float("inf")}, ValueError, "must be finite and not negative, got inf"),
            ({"leeway": 10**400}, ValueError, "must be finite and not negative, got 1000"),
            ({"at": 1.5}, TypeError, "must be a datetime, not float: 1.5"),
            ({"at": datetime(2030, 1, 1).date()}, TypeError, "must be a datetime, not date"),  # noqa: DTZ001
            (
                {"at": datetime(2030, 1, 1)},  # noqa: DTZ001 - this is the mistake
                ValueError,
                r"must have a time zone, as datetime.now\(timezone.utc\) has, got datetime",
            ),
        ],
        ids=lambda case: ascii(case)[:40],
    )
    def test_misuse_is_refused(self, bad: dict[str, Any], error: type[Exception], says: str) -> None:
        with pytest.raises(error, match=f"^{next(iter(bad))} {says}") as caught:
            verify_token(**({"token": forge(), "auth_token": KEY} | bad))
        assert not isinstance(caught.value, jwt.InvalidTokenError)
        assert KEY not in str(caught.value)
