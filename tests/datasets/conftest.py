"""What tests of several data sets share."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def no_network(monkeypatch):
    """Refuses each connection."""

    def refuse(*_):
        raise AssertionError("A test must not use the network.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for lookup in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, lookup, refuse)
