"""A request as the network views of browsers copy it: their quoting, written after their sources.

Chrome: ``NetworkLogView.ts`` of devtools-frontend; Firefox: ``devtools/client/shared/curl.js``; Safari:
``Resource.js`` and ``HARBuilder.js`` of WebInspectorUI.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HEADERS = {
    "accept": "*/*",
    "content-type": "application/json",
    "sec-ch-ua": '"Not;A=Brand";v="99", "Chromium";v="118"',
    "x-odd": "it's 100% {odd}!^&|$",
}


def ansi_c(text: str, escape: Callable[[str], str]) -> str:
    """Bash's quoting: ``'...'``, or ``$'...'`` if that will not do."""
    if not re.search(r"[\x00-\x1f\x7f-\x9f!']", text):
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return "$'" + re.sub(r"[\x00-\x1f\x7f-\x9f!]", lambda match: escape(match[0]), escaped) + "'"


def chrome_bash(text: str) -> str:
    return ansi_c(text, lambda character: f"\\u{ord(character):04x}")


def firefox_bash(text: str) -> str:
    if text.isascii() and text.isprintable() and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    escaped = escaped.replace("!", "\\041")
    units = escaped.encode("utf-16-be", "surrogatepass")
    return (
        "$'"
        + "".join(
            chr(unit) if 0x20 <= unit < 0x7F else f"\\x{unit:02x}" if unit < 256 else f"\\u{unit:04x}"
            for unit in (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
        )
        + "'"
    )


def chrome_cmd(text: str) -> str:
    """Of today: a caret before all that might mean something to cmd.exe, also before the quotes."""
    return f'^"{_careted(text)}^"'


def older_chrome_cmd(text: str) -> str:
    return f'^"{_careted(text)}^"' if "\n" in text else f'"{_careted(text)}"'


def _careted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]", r"^\g<0>", escaped)
    return re.sub(r"%(?=[a-zA-Z0-9_])", "%^", escaped).replace("\n", "^\n\n")


def firefox_cmd(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"[^a-zA-Z0-9\s_\-:=+~/.',?;()*$&\\{}\"`]", r"^\g<0>", escaped)
    return '^"' + re.sub(r"%(?=[a-zA-Z0-9_])", "%^", escaped).replace("\n", "^\n\n") + '^"'


def oldest_cmd(text: str) -> str:
    """Of both browsers until about 2018: doubled quotes."""
    return '"' + text.replace('"', '""').replace("%", '"%"').replace("\\", "\\\\") + '"'


def curl(
    url: str, body: str | None, quoted: Callable[[str], str], line: str, data: str = "--data-raw"
) -> str:
    parts = [f"curl {quoted(url)}", *(f"-H {quoted(f'{name}: {HEADERS[name]}')}" for name in HEADERS)]
    if body is not None:
        parts.append(f"{data} {quoted(body)}")
    return line.join([*parts, "--compressed"])


def fetch(url: str, body: str | None, *, awaited: bool = False, indent: int = 2) -> str:
    options = {
        "headers": HEADERS,
        "referrer": "https://example.org/",
        "body": body,
        "method": "POST",
        "mode": "cors",
    }
    call = f"fetch({json.dumps(url)}, {json.dumps(options, indent=indent, ensure_ascii=False)});"
    return f"await {call}" if awaited else call


def powershell(url: str, body: str | None) -> str:
    def quoted(text: str) -> str:
        escaped = re.sub(r'[`$"]', r"`\g<0>", text)
        units = escaped.encode("utf-16-be", "surrogatepass")
        return (
            '"'
            + "".join(
                chr(unit) if 0x20 <= unit < 0x7F else f"$([char]{unit})"
                for unit in (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
            )
            + '"'
        )

    headers = "\n  ".join(f"{quoted(name)}={quoted(value)}" for name, value in HEADERS.items())
    lines = [
        "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession",
        f"$session.UserAgent = {quoted('Mozilla/5.0 (Windows NT 10.0)')}",
        f"Invoke-WebRequest -UseBasicParsing -Uri {quoted(url)} `",
        f"-Method {quoted('POST')} `",
        "-WebSession $session `",
        f"-Headers @{{\n{headers}\n}} `",
        f"-ContentType {quoted('application/json')}",
    ]
    if body is not None:
        utf_8 = f"([System.Text.Encoding]::UTF8.GetBytes({quoted(body)}))"
        lines[-1] += f" `\n-Body {quoted(body) if body.isascii() and body.isprintable() else utf_8}"
    return "\n".join(lines)


BASH, CMD = " \\\n  ", " ^\n  "

#: Each form, made of a URL and a body.
FORMS: dict[str, Callable[[str, str | None], str]] = {
    "Chrome, cURL (bash)": lambda url, body: curl(url, body, chrome_bash, BASH),
    "Chrome, cURL (cmd)": lambda url, body: curl(url, body, chrome_cmd, CMD),
    "an older Chrome, cURL (cmd)": lambda url, body: curl(url, body, older_chrome_cmd, CMD),
    "an old Chrome, cURL (cmd)": lambda url, body: curl(url, body, oldest_cmd, " ", "--data-binary"),
    "Chrome, cURL (cmd), with CRLF": lambda url, body: curl(url, body, chrome_cmd, CMD).replace("\n", "\r\n"),
    "Chrome, fetch": fetch,
    "Chrome, PowerShell": powershell,
    "Firefox, cURL (bash)": lambda url, body: curl(url, body, firefox_bash, BASH),
    "Firefox, cURL (cmd)": lambda url, body: curl(url, body, firefox_cmd, CMD),
    "Firefox, fetch": lambda url, body: fetch(url, body, awaited=True, indent=4),
    "Safari, cURL": lambda url, body: curl(url, body, firefox_bash, BASH, "--data-binary"),
}
