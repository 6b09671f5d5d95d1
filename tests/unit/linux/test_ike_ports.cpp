// SPDX-License-Identifier: Apache-2.0
#include "linux/ike_ports.hpp"
#include "support/catch.hpp"

using namespace eligate::linux_adapter;

TEST_CASE("ike ports: the kernel's table of UDP sockets") {
    constexpr const char* table =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode "
        "ref "
        "pointer drops\n"
        "  244: 00000000:01F4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52001 2 "
        "0000000000000000 0\n"
        "  500: 0A03A8C0:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52002 2 "
        "0000000000000000 0\n"
        " 1170: 00000000000000000000000000000000:1194 00000000000000000000000000000000:0000 07 "
        "00000000:00000000 "
        "00:00000000 00000000     0        0 52003 2 0000000000000000 0\n";
    CHECK(ike_sockets(table) ==
          std::vector<UdpSocket>{{.port = 500, .inode = "52001"}, {.port = 4500, .inode = "52003"}});
}

TEST_CASE("ike ports: what is no table is no socket") {
    for (const auto* const text :
         {"", "\n\n", "sl local_address", "1: :01F4 0 0 0 0 0 0 0", "1: 0:1F4Z 0 7 0 0 0 0 0 9",
          "1: 01F4 0 7 0 0 0 0 0 9", "1: 0:FFFFF01F4 0 7 0 0 0 0 0 9"})
        CHECK(ike_sockets(text).empty());
}
