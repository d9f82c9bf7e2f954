"""The demo's house on ports that are not free."""

import socket
from pathlib import Path

import pytest

from tools.house import House, HouseFell, free_ports


def test_a_taken_port_is_said_in_a_sentence_and_nothing_is_touched(tmp_path: Path) -> None:
    app, sandbox, shop, smtp = free_ports(4)
    kept = tmp_path / "sandbox.db"
    kept.write_text("somebody's orders")
    house = House(tmp_path, ports=(app, sandbox, shop, smtp))
    with socket.socket() as other:
        other.bind(("127.0.0.1", shop))
        other.listen()
        for deed in (house.start, house.wipe):
            with pytest.raises(HouseFell, match=f"Port {shop} is taken"):
                deed()
        # The other one may be this very house, run twice: its database is not ours to stop.
        house.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.db"]
    assert kept.read_text() == "somebody's orders"
