"""The guard of this folder."""

import socket

import pytest

from tests.unit.conftest import SocketUsedError


@pytest.mark.parametrize("method", ["connect", "connect_ex", "bind"])
def test_an_internet_socket_is_refused(method: str) -> None:
    with socket.socket() as sock, pytest.raises(SocketUsedError, match="tests/integration"):
        getattr(sock, method)(("127.0.0.1", 80))


def test_a_listening_socket_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(SocketUsedError):
        sock.listen()


def test_a_socket_pair_works() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"x")
        assert other.recv(1) == b"x"
