"""A stand-in for WeChat Pay, Alipay and WeChat's sign-in: real signatures, simulated money.

It knows nothing of the shop that it stands in for, and imports nothing of it.
"""

from .keys import Keyring
from .server import Sandbox, running
from .world import Options

__all__ = ["Keyring", "Options", "Sandbox", "running"]
