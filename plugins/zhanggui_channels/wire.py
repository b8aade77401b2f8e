"""One call to a provider, and what its end means for the message: a refusal inside a status 200 is found by who reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhanggui.api import Later, ProviderError, Refused, Sent, Unknown, _, outside

SECONDS, CONNECT_SECONDS = 8.0, 4.0
SOON, LONGEST = 60, 3600  # seconds until it is tried again
Result = Sent | Refused | Later | Unknown


def ask(method: str, url: str, *, headers: Mapping[str, str] | None = None, json: Any = None, body: bytes = b"") -> dict[str, Any] | Result:
    """The object that they answer, or what became of the message when there is none.

    Whoever left without an answer may have been heard: nothing of it is sent again here.
    """
    try:
        answer = outside.request(method, url, headers=headers, json=json, body=body, seconds=SECONDS, connect_seconds=CONNECT_SECONDS)
    except ProviderError as trouble:
        return Unknown() if trouble.sent else Later(SOON, "provider_down") if trouble.retry else Refused("provider_refused")
    if answer.status in (429, 503):
        wait = answer.headers.get("Retry-After", "")
        seconds = min(int(wait), LONGEST) if wait.isascii() and wait.isdecimal() else SOON
        return Later(seconds, "too_many" if answer.status == 429 else "provider_down", str(answer.status))
    try:
        said = answer.json()
    except ProviderError:
        said = None
    if isinstance(said, dict) and answer.status < 500:
        return said
    return Unknown() if answer.status < 300 or answer.status >= 500 else Refused("provider_refused", str(answer.status))


def told(result: Result) -> None:
    """For a test: nothing when it was sent.

    :raises ProviderError: with the sentence otherwise.
    """
    match result:
        case Sent():
            return
        case Refused(code=code) if code:
            raise ProviderError(_("They refused it with code %(code)s.", code=code), retry=False, sent=True)
        case Refused():
            raise ProviderError(_("It was refused. Look at the settings once more."), retry=False)
        case Later():
            raise ProviderError(_("They are busy or ask to wait. Please try again in a minute."), retry=True)
    raise ProviderError(_("No answer came. It may have arrived all the same: look before you try again."), retry=True, sent=True)
