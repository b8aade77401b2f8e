"""Alipay's gateway."""

from .gateway import serve
from .notices import Notices

__all__ = ["Notices", "serve"]
