"""Which device signs in: a short name from its user agent, and whether it has signed in before."""

import re
from dataclasses import dataclass

from heartsense.service.ids import digest

UNKNOWN = "Unknown device"

# In this order: browsers also name those that they resemble.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,29}")


@dataclass(frozen=True, slots=True)
class Client:
    """Where a sign-in comes from.

    Parameters
    ----------
    source
        A keyed digest of its network.
    device
        A short name, such as "Firefox on Linux".
    """

    source: str
    device: str = UNKNOWN

    @property
    def digest(self) -> str:
        """What an account remembers of it: the same device on another network is another one."""
        return digest(f"{self.source} {self.device}")


def device_name(user_agent: str) -> str:
    """A short name of a user agent; versions and details, which identify people, are left out."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is not None:
        return browser if system is None else f"{browser} on {system}"
    product = _PRODUCT.match(user_agent)
    return UNKNOWN if product is None else product[0]
