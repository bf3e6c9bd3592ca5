"""The wheel beside Twilio's official SDKs, as pip and npm install them today."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import jwt
import pytest

from twilio import task_router
from twilio.task_router import TaskRouterWorkerCapability, verify_token

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".cache"
LINES = ("6", "7", "8", "9")

OURS = """
from twilio.task_router import TaskRouterWorkerCapability, verify_token
capability = TaskRouterWorkerCapability("AC123", "secret", "WS456", "WK789")
capability.allow_activity_updates()
ours = capability.generate_token()
assert verify_token(ours, "secret").worker_sid == "WK789"
"""
THEIRS = """
from twilio.jwt import Jwt
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken
from twilio.rest import Client
Client("AC123", "secret")
theirs = WorkerCapabilityToken("AC123", "secret", "WS456", "WK789", allow_update_activities=True).to_jwt()
Jwt.from_jwt(theirs, "secret")
"""
EACH_OTHERS = """
assert Jwt.from_jwt(ours.encode(), "secret").payload["worker_sid"] == "WK789"
verified = verify_token(theirs, "secret")
assert verified.access_policy.rules == verify_token(ours, "secret").access_policy.rules
"""

# Each class of ours and of the SDKs, with the grants of both. The first is the grants from the start.
SAME_GRANTS = {
    ("TaskRouterWorkerCapability", "WorkerCapabilityToken", "WK789"): {
        "": "",
        "allow_activity_updates": "allow_update_activities",
        "allow_reservation_updates": "allow_update_reservations",
        "allow_worker_fetch_attributes": "",
        "allow_worker_activity_updates": "allow_update_activities",
    },
    ("TaskRouterTaskQueueCapability", "TaskQueueCapabilityToken", "WQ789"): {"": ""},
    ("TaskRouterWorkspaceCapability", "WorkspaceCapabilityToken", ""): {"": ""},
}
GRANTS_OF_ALL = {
    "allow_fetch_subresources": "allow_fetch_subresources",
    "allow_updates": "allow_update_self",
    "allow_updates_subresources": "allow_update_subresources",
    "allow_delete": "allow_delete_self",
    "allow_delete_subresources": "allow_delete_subresources",
}
CASES = [
    [*classes, ours, theirs]
    for classes, grants in SAME_GRANTS.items()
    for ours, theirs in (grants | GRANTS_OF_ALL).items()
]

COMPARING = """
import json, sys, warnings
import twilio.task_router
from twilio.jwt.taskrouter import capabilities
warnings.simplefilter("ignore", DeprecationWarning)

def ours(name, channel, *grants):
    args = ["AC123", "secret", "WS456", *filter(None, [channel])]
    capability = getattr(twilio.task_router, name)(*args)
    for grant in filter(None, grants):
        getattr(capability, grant)()
    return twilio.task_router.verify_token(capability.generate_token(), "secret").access_policy

def theirs(name, channel, *grants, **options):
    args = ["AC123", "secret", "WS456", *filter(None, [channel])]
    token = getattr(capabilities, name)(*args, **options)
    for grant in filter(None, grants):
        getattr(token, grant)()
    return twilio.task_router.verify_token(token.to_jwt(), "secret").access_policy

narrow = {
    "allow_fetch_self": False,
    "allow_fetch_reservations": False,
    "allow_fetch_worker_reservations": False,
}

def differences(one, other):
    return [[str(request) for request in a.beyond(b)] for a, b in ((one, other), (other, one))]
"""
EACH_GRANT = """
for our_class, their_class, channel, our_grant, their_grant in json.loads(sys.argv[1]):
    found = differences(ours(our_class, channel, our_grant), theirs(their_class, channel, their_grant))
    assert found == [[], []], (our_class, our_grant, found)
"""
CLASS_OF_3_7_0 = """
for our_grant, their_grant in json.loads(sys.argv[1]).items():
    found = differences(
        ours("TaskRouterCapability", "WK789", our_grant),
        theirs("WorkerCapabilityToken", "WK789", their_grant, **narrow),
    )
    assert found == [[], []], (our_grant, found)
"""
RESERVATIONS = """
workspace = "https://taskrouter.twilio.com/v1/Workspaces/WS456"
reservations = f"POST {workspace}/Workers/WK789/Reservations"
found = differences(
    ours("TaskRouterCapability", "WK789", "allow_task_reservation_updates"),
    theirs("WorkerCapabilityToken", "WK789", "allow_update_reservations", **narrow),
)
assert found == [[], [f"POST {workspace}/Tasks", reservations]], found
deprecated = differences(
    ours("TaskRouterWorkerCapability", "WK789", "allow_task_reservation_updates"),
    theirs("WorkerCapabilityToken", "WK789", "allow_update_reservations"),
)
assert deprecated == [[], [reservations]], deprecated
"""


@pytest.fixture(autouse=True)
def _only_when_asked(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--everything"):
        pytest.skip("installs the SDKs from their indexes: run with --everything")


class Environment:
    """A fresh virtual environment."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self._python = str(folder / "bin" / "python")
        self._folder = folder

    def pip(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "pip", "--python", self._python, "--quiet", *map(str, arguments)]
        subprocess.run(command, check=True)

    def install(self, *arguments: str | Path) -> None:
        # An SDK has a thousand modules, and a test imports few of them.
        self.pip("install", "--no-compile", *arguments)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # The newest SDK of line 6 has invalid escapes in its strings, so their warnings stay warnings.
        command = [self._python, "-c", program, *arguments]
        return subprocess.run(command, cwd=self._folder, check=False, capture_output=True, text=True)

    def script(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._folder / "bin" / words[0]), *words[1:]]
        return subprocess.run(command, cwd=self._folder, check=False, capture_output=True, text=True)

    def assert_runs(self, program: str, *arguments: str) -> None:
        done = self.run(program, *arguments)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("order", ["ours first", "theirs first"])
def test_wheel_beside_an_sdk(line: str, order: str, wheel: Path, environment: Environment) -> None:
    both = [str(wheel), f"twilio=={line}.*"]
    for requirement in both if order == "ours first" else reversed(both):
        environment.install(requirement)
    environment.pip("check")
    environment.assert_runs(OURS + THEIRS + EACH_OTHERS)

    if order == "ours first":
        environment.pip("uninstall", "--yes", "twilio-task-router")
        environment.assert_runs(THEIRS)
    else:
        environment.pip("uninstall", "--yes", "twilio")
        environment.assert_runs(OURS)


@pytest.fixture(scope="module", params=LINES)
def both(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """An environment with the wheel and an official SDK."""
    if not request.config.getoption("--everything"):
        pytest.skip("installs the SDKs from their indexes: run with --everything")
    environment = Environment(tmp_path_factory.mktemp("both") / "environment")
    environment.install(wheel, f"twilio=={request.param}.*")
    return environment


class TestTheSamePermissions:
    """Our tokens and an official SDK's, compared both ways."""

    def test_same_permissions(self, both: Environment) -> None:
        both.assert_runs(COMPARING + EACH_GRANT, json.dumps(CASES))

    def test_same_as_the_class_of_3_7_0(self, both: Environment) -> None:
        """Without the rules of the SDKs that the class does not grant."""
        grants = {
            "": "",
            "allow_worker_fetch_attributes": "allow_fetch_self",
            "allow_worker_activity_updates": "allow_update_activities",
            **GRANTS_OF_ALL,
        }
        both.assert_runs(COMPARING + CLASS_OF_3_7_0, json.dumps(grants))

    def test_narrower_reservations(self, both: Environment) -> None:
        both.assert_runs(COMPARING + RESERVATIONS)


class TestOverTheOldSdk:
    """Where ``twilio<6`` is installed, whose files have the same names."""

    def test_old_sdk_fails_first(self, wheel: Path, environment: Environment) -> None:
        """Our code never runs, so no message of ours can help."""
        environment.install("twilio==5.7.0", wheel)
        done = environment.run(OURS)
        assert done.returncode != 0
        assert re.search(
            r"site-packages.twilio.__init__\.py.*site-packages.twilio.rest.*Error: ", done.stderr, re.DOTALL
        )
        assert "twilio/task_router" not in done.stderr

    def test_removal_takes_our_files(self, wheel: Path, environment: Environment) -> None:
        environment.install("twilio==5.7.0", wheel)
        environment.pip("uninstall", "--yes", "twilio")
        assert "cannot import name 'TaskRouterWorkerCapability'" in environment.run(OURS).stderr
        environment.install("--force-reinstall", "--no-deps", wheel)
        environment.assert_runs(OURS)

    def test_command_names_the_cure(self, wheel: Path, environment: Environment) -> None:
        environment.install("twilio==5.7.0", wheel)
        environment.install("--upgrade", "twilio")
        done = environment.script("twilio-task-router", "demo")
        assert (done.returncode, done.stdout) == (2, "")
        assert "pip install --force-reinstall --no-deps twilio-task-router" in done.stderr
        environment.install("--force-reinstall", "--no-deps", wheel)
        assert environment.script("twilio-task-router", "demo").returncode == 0

    def test_way_out_works(self, wheel: Path, environment: Environment) -> None:
        environment.install("twilio==5.7.0", wheel)
        environment.pip("uninstall", "--yes", "twilio", "twilio-task-router")
        environment.install(wheel, "twilio==9.*")
        environment.assert_runs(OURS + THEIRS + EACH_OTHERS)


class TestThePages:
    """The code of the documentation that uses the official SDK 9."""

    # A stand-in for Twilio's REST API, which creates whatever is asked for and knows no worker.
    REST_API = """
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
sent = []
SIDS = {"Workspaces": "WS456", "Workers": "WK789", "Tasks": "WT1"}
def answer(client, method, url, *, data=None, **more):
    *path, last = url.removeprefix("https://taskrouter.twilio.com/v1/").split("/")
    if method != "POST":
        return Response(404, '{"code": 20404, "message": "not found"}')
    sent.append(("/".join([*path, last]), data))
    return Response(201, '{"sid": "%s"}' % SIDS[last])
TwilioHttpClient.request = answer
"""
    # https://www.twilio.com/docs/taskrouter/api
    QUICKSTART = """
assert sent == [
    ("Workspaces", {"FriendlyName": "Trial", "Template": "FIFO"}),
    ("Workspaces/WS456/Workers", {"FriendlyName": "Alice"}),
    ("Workspaces/WS456/Tasks", {"Attributes": '{"title": "A call from Ada"}'}),
]
"""
    # What 5.7.0 made of the old code. The signature is that of twilio-python's own tests, in 5.7.0 as in 9.
    MIGRATING = """
assert client.account_sid == "AC123"
assert workers._uri == "/Workspaces/WS456/Workers"
assert str(response) == (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Response><Enqueue workflowSid="WW123"><Task>{"language": "en"}</Task></Enqueue></Response>'
)
assert claims["iss"] == "AC123"
assert claims["scope"] == "scope:client:incoming?clientName=alice"
assert claims["exp"] - claims["nbf"] in (600, 601)  # the SDK reads the clock twice
assert name_of("WK789") == "HTTP status 404"
form = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
url = "https://mycompany.com/myapp.php?foo=1&bar=2"
assert is_from_twilio(url, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
assert not is_from_twilio(url, form | {"Digits": "1235"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
"""
    # https://www.twilio.com/docs/iam/access-tokens
    MOVING_ON = """
import jwt
from twilio.task_router import verify_token
v1, v2 = capability_token("WK789"), access_token("WK789", "alice")
assert verify_token(v1, os.environ["TWILIO_AUTH_TOKEN"]).worker_sid == "WK789"
assert jwt.get_unverified_header(v2)["cty"] == "twilio-fpa;v=1"
claims = jwt.decode(v2, os.environ["TWILIO_API_KEY_SECRET"], algorithms=["HS256"])
assert (claims["iss"], claims["sub"]) == ("SK123", "AC123")
assert claims["exp"] - claims["nbf"] in (600, 601)  # the SDK reads the clock twice
assert claims["grants"] == {
    "identity": "alice",
    "task_router": {"workspace_sid": "WS456", "worker_sid": "WK789", "role": "worker"},
}
assert len(v2) < len(v1)
try:
    verify_token(v2, os.environ["TWILIO_API_KEY_SECRET"])
except jwt.InvalidTokenError:
    pass
else:
    raise AssertionError("an access token passed for a capability token")
"""

    @pytest.mark.parametrize(
        ("page", "caption", "expectations"),
        [
            ("quickstart", "new_", QUICKSTART),
            ("migrating", "Now", MIGRATING),
            ("moving-on", "For v", MOVING_ON),
        ],
        ids=["quickstart", "migrating", "moving-on"],
    )
    def test_page_is_right(
        self,
        page: str,
        caption: str,
        expectations: str,
        wheel: Path,
        environment: Environment,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC123")
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef")
        monkeypatch.setenv("TWILIO_WORKSPACE_SID", "WS456")
        monkeypatch.setenv("TWILIO_API_KEY_SECRET", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
        text = (ROOT / "docs" / f"{page}.rst").read_text(encoding="utf-8")
        block = rf"^\.\. code-block:: python\n   :caption: {caption}.*\n\n((?:   .*\n|\n)+)"
        blocks = re.findall(block, text, re.MULTILINE)
        assert blocks
        environment.install(wheel, "twilio==9.*")
        environment.assert_runs("\n".join([self.REST_API, *map(textwrap.dedent, blocks), expectations]))


@pytest.fixture(scope="session")
def modules(do_without: Callable[[str], NoReturn]) -> Path:
    folder = CACHE / "node"
    if not shutil.which("node"):
        do_without("Node is not installed")
    npm = shutil.which("npm") or do_without("npm, which fetches the Node SDK, is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--silent", "--prefix", str(folder), "twilio", "jsonwebtoken"]
    if subprocess.run(command, check=False, cwd=folder, timeout=300).returncode:
        do_without("npm cannot fetch the Node SDK")
    return folder


class TestNode:
    def node(self, modules: Path, program: str, *arguments: str) -> str:
        command = ["node", "-e", program, *arguments]
        return subprocess.run(command, cwd=modules, check=True, capture_output=True, text=True).stdout

    def test_node_accepts_our_token(self, modules: Path) -> None:
        capability = TaskRouterWorkerCapability("AC123", "secret", "WS456", "WK789")
        capability.deny(capability.resource_url, "DELETE")
        token = capability.generate_token()
        program = """
            const { verify } = require("jsonwebtoken");
            console.log(JSON.stringify(verify(process.argv[1], "secret", { algorithms: ["HS256"] })));
        """
        claims = json.loads(self.node(modules, program, token))
        assert claims == jwt.decode(token, "secret", algorithms=["HS256"])

    def test_token_of_node_verifies(self, modules: Path) -> None:
        program = """
            const { TaskRouterCapability } = require("twilio").jwt.taskrouter;
            const util = require("twilio/lib/jwt/taskrouter/util");
            const capability = new TaskRouterCapability({
                accountSid: "AC123", authToken: "secret", workspaceSid: "WS456", channelId: "WK789",
            });
            util.defaultEventBridgePolicies("AC123", "WK789").forEach((one) => capability.addPolicy(one));
            util.defaultWorkerPolicies("v1", "WS456", "WK789").forEach((one) => capability.addPolicy(one));
            console.log(capability.toJwt());
        """
        verified = verify_token(self.node(modules, program).strip(), "secret")
        assert verified.worker_sid == "WK789"
        own = TaskRouterWorkerCapability("AC123", "secret", "WS456", "WK789")
        urls = {rule["url"] for rule in own.policies}
        assert {rule["url"] for rule in verified.access_policy.rules} == urls

    @pytest.mark.parametrize(
        ("kind", "channel", "grant"),
        [
            (kind, channel, ours)
            for (kind, _, channel), grants in SAME_GRANTS.items()
            for ours in grants | GRANTS_OF_ALL
            if not ours.startswith("allow_worker_")
        ],
    )
    def test_token_of_node_permits(self, modules: Path, kind: str, channel: str, grant: str) -> None:
        # The Node SDK has no grants: a page's backend adds policies with the URLs that the SDK makes.
        program = """
            const { TaskRouterCapability } = require("twilio").jwt.taskrouter;
            const util = require("twilio/lib/jwt/taskrouter/util");
            const [channel, grant] = process.argv.slice(1);
            const workspace = util.workspacesUrl("WS456");
            const resource = {
                WS: workspace,
                WK: util.workersUrl("WS456", channel),
                WQ: util.taskQueuesUrl("WS456", channel),
            }[channel.slice(0, 2)];
            const policies = {
                "": [],
                allow_activity_updates: [["POST", resource, { ActivitySid: { required: true } }]],
                allow_reservation_updates: [
                    ["POST", util.tasksUrl("WS456", "**")],
                    ["POST", resource + "/Reservations/**"],
                ],
                allow_fetch_subresources: [["GET", resource + "/**"]],
                allow_updates: [["POST", resource]],
                allow_updates_subresources: [["POST", resource + "/**"]],
                allow_delete: [["DELETE", resource]],
                allow_delete_subresources: [["DELETE", resource + "/**"]],
            }[grant].map(([method, url, postFilter]) =>
                new TaskRouterCapability.Policy({ method, url, postFilter, allow: true }));
            const fromTheStart = channel.startsWith("WK")
                ? util.defaultWorkerPolicies("v1", "WS456", channel)
                : [new TaskRouterCapability.Policy({ method: "GET", url: resource, allow: true })];
            const capability = new TaskRouterCapability({
                accountSid: "AC123", authToken: "secret", workspaceSid: "WS456", channelId: channel,
            });
            [...util.defaultEventBridgePolicies("AC123", channel), ...fromTheStart, ...policies]
                .forEach((one) => capability.addPolicy(one));
            console.log(capability.toJwt());
        """
        token = self.node(modules, program, channel or "WS456", grant).strip()
        theirs = verify_token(token, "secret").access_policy
        capability = getattr(task_router, kind)("AC123", "secret", "WS456", *filter(None, [channel]))
        if grant:
            getattr(capability, grant)()
        ours = capability.access_policy()
        assert ours.beyond(theirs) == []
        assert theirs.beyond(ours) == []
