"""IP addresses for limits: networks, and the customer that an address stands for."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

_OF_ONE_CUSTOMER: Final = 64
"""The bits of an IPv6 address that a provider assigns; the customer can change the others with each request."""


def read_networks(text: str) -> tuple[Network, ...]:
    """The networks and single addresses of a comma-separated list. Raises ValueError."""
    return tuple(ip_network(network.strip()) for network in text.split(",") if network.strip())


def read_address(text: str) -> Address | None:
    """Parse an address; an IPv4-mapped IPv6 address becomes IPv4."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_in(address: Address | None, networks: Sequence[Network]) -> bool:
    """Whether one of the networks contains this address."""
    return address is not None and any(address in network for network in networks)


def customer_of(text: str) -> str:
    """The key for counting an address's requests: IPv6 by its /64 network."""
    address = read_address(text)
    if address is None:
        return text
    return str(ip_network((address, _OF_ONE_CUSTOMER), strict=False)) if address.version == 6 else str(address)
