"""No sockets in unit tests: what needs a server is tested in tests/integration."""

import socket
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest


class SocketUsedError(AssertionError):
    """A unit test used a socket."""


@pytest.fixture(scope="package", autouse=True)
def no_sockets() -> Iterator[None]:
    """Fail whatever connects, binds or listens; socket pairs, as in multiprocessing, still work.

    For the package, so that fixtures of modules are under it too.
    """

    def refuse(sock: socket.socket, *arguments: Any) -> NoReturn:
        raise SocketUsedError(
            f"unit tests use no sockets ({sock.family.name} {arguments}): "
            "move this test to tests/integration"
        )

    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "bind", "listen"):
            patch.setattr(socket.socket, method, refuse)
        yield
