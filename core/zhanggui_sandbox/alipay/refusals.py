"""How Alipay says no."""

from __future__ import annotations

MESSAGES = {"10000": "Success", "20000": "Service Currently Unavailable", "40001": "Missing Required Arguments", "40002": "Invalid Arguments",
            "40004": "Business Failed", "40006": "Insufficient Permissions"}  # fmt: skip


class Refused(Exception):
    """An answer other than 10000. ``signed`` is False where the gateway does not know for whom to sign."""

    def __init__(self, code: str, sub_code: str, sub_msg: str, *, signed: bool = True) -> None:
        super().__init__(sub_msg)
        self.code, self.sub_code, self.sub_msg, self.signed = code, sub_code, sub_msg, signed

    def as_json(self) -> dict[str, str]:
        """The inner object."""
        return {"code": self.code, "msg": MESSAGES.get(self.code, "Business Failed"), "sub_code": self.sub_code, "sub_msg": self.sub_msg}


def business(sub_code: str, sub_msg: str) -> Refused:
    """40004: the request was understood, and refused."""
    return Refused("40004", f"ACQ.{sub_code}", sub_msg)


def invalid(sub_msg: str) -> Refused:
    """A field of biz_content that does not hold what it must."""
    return Refused("40004", "ACQ.INVALID_PARAMETER", f"参数无效：{sub_msg}")
