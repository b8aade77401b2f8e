"""Refusals that people read, and trouble that may pass."""

from __future__ import annotations

from typing import Any

from ..i18n.texts import LazyText
from ..i18n.texts import lazy_gettext as _l


class ZhangguiError(Exception):
    """Root of everything the framework raises on purpose."""


class Stop(BaseException):
    """Ends the work that it meets, such as a job whose time is over. No ``Exception``: nothing on the way may swallow it."""


class DomainError(ZhangguiError):
    """An expected refusal: reaches the user as a translated sentence, is never logged as an error.

    Subclasses set ``code`` (stable, for programs), ``status`` (HTTP) and ``message`` (an English
    msgid with ``%(name)s`` places, marked with ``lazy_gettext``). ``params`` fill it.
    """

    code = "refused"
    status = 409
    retry_after: int | None = None  # seconds after which trying again may help
    message: Any = _l("This cannot be done.")

    def __init__(self, message: Any | None = None, /, *, field: str | None = None, **params: Any) -> None:
        if message is not None:
            self.message = message
        self.field = field
        self.params = params
        super().__init__(self.text())

    def said(self) -> Any:
        """The sentence with what fills it, to be kept and read later in the language of each reader."""
        message = self.message
        return LazyText(message.msgid, {**message.params, **self.params}, message.domain) if isinstance(message, LazyText) else self.text()

    def text(self) -> str:
        """The sentence in the language of the reader."""
        text = str(self.message)
        return text % self.params if self.params else text

    def __str__(self) -> str:
        return self.text()

    def members(self) -> dict[str, Any]:
        """What a program is told beside the sentence, as JSON: a price that changed comes with the new one."""
        return {}


class NotFound(DomainError):
    """No such row, or none that this actor may see: the two answer alike."""

    code = "not_found"
    status = 404
    message = _l("There is no such entry.")


class Forbidden(DomainError):
    """The actor is known and may not do this."""

    code = "forbidden"
    status = 403
    message = _l("You are not allowed to do this.")


class OutOfScope(Forbidden):
    """A token was made for less than this, or whoever made it holds less by now; ``scope`` is what it would need."""

    code = "out_of_scope"
    message = _l("This token may not do that: it needs the scope %(scope)s.")

    def __init__(self, permission: str, resource: str) -> None:
        super().__init__(scope=f"{resource}:{permission.removeprefix('can_')}")

    def members(self) -> dict[str, Any]:
        return {"scope": self.params["scope"]}


class Invalid(DomainError):
    """Input that cannot be accepted; ``errors`` maps a field to its sentence."""

    code = "invalid"
    status = 422
    message = _l("Some fields need another look.")

    def __init__(self, message: Any | None = None, /, *, errors: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.errors = errors or {}


class BadRequest(DomainError):
    """A request that makes no sense as sent: an unknown page, filter, sort or size."""

    code = "bad_request"
    status = 400
    message = _l("This request cannot be understood.")


class NotGenuine(DomainError):
    """A message from outside that is not from whom it says, or too old: nothing of it is kept."""

    code = "not_genuine"
    status = 401
    message = _l("This message is not genuine.")


class IllegalMove(DomainError):
    """A status may not change that way now."""

    code = "illegal_move"
    message = _l("%(thing)s is %(state)s and cannot become %(wanted)s.")


class StaleRow(DomainError):
    """Somebody else saved this row first; ``changed`` names what differs."""

    code = "stale"
    message = _l("Somebody else changed this in the meantime.")

    def __init__(self, message: Any | None = None, /, *, changed: dict[str, Any] | None = None, **params: Any) -> None:
        super().__init__(message, **params)
        self.changed = changed or {}

    def members(self) -> dict[str, Any]:
        return {"changed": sorted(self.changed)}


class ProviderError(ZhangguiError):
    """Trouble outside our walls, as a sentence for people.

    ``retry`` says whether trying again can help; ``sent`` whether they may have acted on what was asked all the same.
    """

    def __init__(self, message: str, *, retry: bool, sent: bool = False) -> None:
        super().__init__(message)
        self.retry, self.sent = retry, sent


class ConfigError(ZhangguiError):
    """A setting stops the start; the sentence names the key and the layer it came from."""


class WiringError(ZhangguiError):
    """A plugin or the core is put together wrongly: an unknown hook, a table name taken twice.

    :param at: where it stands: the function or class, or steps as ``host.spots`` takes them.
    """

    def __init__(self, sentence: Any, *, at: Any = None) -> None:
        super().__init__(sentence)
        self.sentence, self.at = sentence, at
