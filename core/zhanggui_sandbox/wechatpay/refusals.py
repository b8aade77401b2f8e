"""How WeChat Pay says no, and what it checks of a body before it looks at it."""

from __future__ import annotations

import re
from typing import Any

from ..web import Call

# Per status the code that a general failure carries.
CODES = {400: "PARAM_ERROR", 401: "SIGN_ERROR", 403: "NO_AUTH", 404: "RESOURCE_NOT_EXISTS", 429: "FREQUENCY_LIMITED", 500: "SYSTEM_ERROR",
         502: "SYSTEM_ERROR", 503: "SYSTEM_ERROR"}  # fmt: skip


class Refused(Exception):
    """An answer that is none of success."""

    def __init__(self, status: int, code: str, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.detail = status, code, message, detail

    def as_json(self) -> dict[str, Any]:
        """The body."""
        return {"code": self.code, "message": self.message, **({"detail": self.detail} if self.detail else {})}


def wrong(field: str, issue: str, value: Any = None, location: str = "body") -> Refused:
    """A field that does not hold what it must."""
    message = "输入源“/body/{0}”映射到字段“{0}”必填性规则校验失败" if value is None else "输入源“/body/{0}”映射到值字段“{0}”规则校验失败，{1}"
    return Refused(400, "PARAM_ERROR", message.format(field.lstrip("/").replace("/", "."), issue), field=field, issue=issue, location=location, value=value)


class Body:
    """A JSON object that was sent; fields are asked for by their address, such as ``/amount/total``."""

    def __init__(self, call: Call) -> None:
        if not call.headers.get("Content-Type", "").lower().startswith("application/json"):
            raise Refused(415, "PARAM_ERROR", "请求Content-Type须为application/json")
        try:
            self._found = call.json
        except ValueError:
            raise Refused(400, "PARAM_ERROR", "解析JSON请求体失败", location="body") from None
        if not isinstance(self._found, dict):
            raise Refused(400, "PARAM_ERROR", "请求体不是JSON对象", location="body")

    def get(self, field: str) -> Any:
        """What stands there, or None."""
        found: Any = self._found
        for name in field.strip("/").split("/"):
            if not isinstance(found, dict):
                raise wrong(field, "父级不是对象", found)
            found = found.get(name)
        return found

    def text(self, field: str, longest: int, *, shortest: int = 1, pattern: str = "", needed: bool = True) -> str:
        """A text of so many signs; "" when it may be left out and is."""
        value = self.get(field)
        if value is None or (value == "" and needed):
            if needed:
                raise wrong(field, "此字段为必填")
            return ""
        if not isinstance(value, str):
            raise wrong(field, "类型应为string", value)
        if len(value) > longest or (value and len(value) < shortest):
            raise wrong(field, f"字符串长度应在{shortest}到{longest}之间", value)
        if pattern and value and not re.fullmatch(pattern, value):
            raise wrong(field, "字符串不符合格式要求", value)
        return value

    def whole(self, field: str, *, least: int = 1, most: int = 100_000_000_00) -> int:
        """A whole number. JSON's true and 1.0 are none."""
        value = self.get(field)
        if value is None:
            raise wrong(field, "此字段为必填")
        if type(value) is not int:
            raise wrong(field, "类型应为int", value)
        if not least <= value <= most:
            raise wrong(field, f"数值应在{least}到{most}之间", value)
        return value
