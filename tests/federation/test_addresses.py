"""Which machines may be reached: one address that is not of the public internet refuses its host."""

from __future__ import annotations

import pytest

from samvirke.federation.addresses import Forbidden, check

PUBLIC = ["91.198.174.192", "8.8.8.8", "2620:0:862:ed1a::1", "2a02:ec80:300:ed1a::1"]
PRIVATE = ["127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12:3456::1"]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2a00::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "8.8.8.8.",
    "0x7f.1",
    "",
]
assert len(NEVER) >= 38


@pytest.mark.parametrize("address", PUBLIC)
@pytest.mark.parametrize("private", [False, True])
def test_the_public_internet_may_be_reached(address, private):
    assert check([address], private=private) == [address]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_net_may_be_reached_only_where_it_is_named(address):
    assert check([address], private=True) == [address]
    with pytest.raises(Forbidden, match="not of the public internet"):
        check([address], private=False)


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("private", [False, True])
def test_some_addresses_are_never_reached(address, private):
    with pytest.raises(Forbidden, match="not of the public internet"):
        check([address], private=private)


@pytest.mark.parametrize("bad", ["127.0.0.1", "::1", "169.254.169.254", "fe80::1"])
@pytest.mark.parametrize("where", [0, 1, 2])
def test_one_bad_address_among_good_ones_refuses_them_all(bad, where):
    addresses = [*PUBLIC[:2]]
    addresses.insert(where, bad)
    with pytest.raises(Forbidden):
        check(addresses, private=False)


def test_no_address_is_no_way():
    with pytest.raises(Forbidden, match="has no address"):
        check([], private=True)
