"""WeChat Pay, interface version 3."""

from .gate import serve
from .notices import Notices

__all__ = ["Notices", "serve"]
