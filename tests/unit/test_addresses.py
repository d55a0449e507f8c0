from __future__ import annotations

import pytest

from img_super.addresses import customer_of, is_in, read_address, read_networks


@pytest.mark.parametrize(
    ("address", "customer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::7", "2001:db8:1:3::/64"),
        ("testclient", "testclient"),
    ],
)
def test_ipv6_network_is_one_caller(address: str, customer: str) -> None:
    assert customer_of(address) == customer


def test_reads_networks_and_single_addresses() -> None:
    networks = read_networks("10.0.0.0/8, ::1,192.0.2.1")
    assert [is_in(read_address(one), networks) for one in ("10.1.2.3", "::1", "192.0.2.1", "192.0.2.2", "x")] == [
        *(True, True, True),
        *(False, False),
    ]
    assert read_networks("") == ()
    with pytest.raises(ValueError, match="nonsense"):
        read_networks("nonsense")
