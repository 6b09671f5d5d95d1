// SPDX-License-Identifier: Apache-2.0
#include "linux/socket_holder.hpp"
#include "support/catch.hpp"

using namespace eligate;
using namespace eligate::linux_adapter;

TEST_CASE("sockets: addresses as the kernel lists them") {
    constexpr const char* table =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0101A8C0:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"
        "   1: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1002 1\n"
        "   2: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 "
        "1003 1\n"
        "   3: 0000000000000000FFFF00000101A8C0:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 "
        "1004 1\n"
        "   4: 000080FE00000000000000000100000A:0035 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 "
        "1005 1\n";
    const auto sockets = bound_sockets(table);
    REQUIRE(sockets.size() == 5);
    CHECK(
        sockets[0] ==
        BoundSocket{.address = net::Address::parse("192.168.1.1"), .port = 53, .state = 10, .inode = "1001"});
    CHECK_FALSE(sockets[1].address);
    CHECK_FALSE(sockets[2].address);
    CHECK(sockets[3].address == net::Address::parse("192.168.1.1"));
    CHECK(sockets[4].address == net::Address::parse("fe80::a00:1"));
}
