// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

namespace {

using namespace eligate;
using verify::Status;
namespace code = catalog::code;

} // namespace

TEST_CASE("ike.established: needs an established IKE_SA of ours") {
    test::World world;
    CHECK(world.run("ike.established").status == Status::pass);
    world.sas.front().state = "REKEYING";
    CHECK(world.run("ike.established").status == Status::pass);
    world.sas.front().state = "CONNECTING";
    CHECK(world.run("ike.established").code == code::ike_not_established);
    world.sas.front().state = "ESTABLISHED";
    world.sas.front().name = "somebody-else";
    const auto finding = world.run("ike.established");
    CHECK(finding.status == Status::fail);
    CHECK(base::english(finding.what) == "there is no IKE_SA of this tunnel");
}

TEST_CASE("child.installed: needs our child, carrying traffic") {
    test::World world;
    auto& child = world.sas.front().children.front();
    CHECK(world.run("child.installed").status == Status::pass);
    child.state = "DELETING";
    const auto finding = world.run("child.installed");
    CHECK(finding.code == code::child_not_installed);
    CHECK(test::evidence(finding, "net") == "DELETING");
    child.state = "INSTALLED";
    child.name = "other";
    CHECK(world.run("child.installed").status == Status::fail);
}

TEST_CASE("child.installed: must belong to the interface that our routes lead to") {
    test::World world;
    world.if_id = 33904;
    auto& child = world.sas.front().children.front();
    CHECK(world.run("child.installed").code == code::child_of_another_interface);
    child.if_id_in = 33904;
    child.if_id_out = 33904;
    CHECK(world.run("child.installed").status == Status::pass);
    world.if_id = 0;
    CHECK(world.run("child.installed").code == code::child_of_another_interface);
}

TEST_CASE("child.selectors: every destination must be covered") {
    test::World world;
    auto& child = world.sas.front().children.front();
    CHECK(world.run("child.selectors").status == Status::pass);
    child.remote_ts = {"0.0.0.0/0"};
    CHECK(world.run("child.selectors").status == Status::pass);
    child.remote_ts = {"10.20.0.0/16"};
    CHECK(world.run("child.selectors").status == Status::warn);
    CHECK(world.run("child.selectors").code == code::selectors_narrowed);
    child.remote_ts = {"10.20.0.0/17", "10.20.128.0/17"};
    CHECK(world.run("child.selectors").status == Status::warn);
    child.remote_ts = {"10.20.0.0/17"};
    const auto finding = world.run("child.selectors");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::selectors_too_narrow);
    CHECK(test::evidence(finding, "negotiated") == "10.20.0.0/17");
}

TEST_CASE("child.selectors: a selector for one protocol does not carry a destination") {
    test::World world;
    world.sas.front().children.front().remote_ts = {"10.0.0.0/8[tcp/443]"};
    CHECK(world.run("child.selectors").code == code::selectors_too_narrow);
}

TEST_CASE("address.assigned: the address must be given and be on the interface") {
    test::World world;
    CHECK(world.run("address.assigned").status == Status::pass);
    world.links.links["ipsec0"].addresses = {test::address("10.200.1.2")};
    CHECK(world.run("address.assigned").code == code::virtual_ip_missing);
    world.links.links.erase("ipsec0");
    CHECK(world.run("address.assigned").code == code::virtual_ip_missing);
    world.sas.front().local_vips.clear();
    CHECK(world.run("address.assigned").code == code::virtual_ip_unassigned);
}

TEST_CASE("address.assigned: an address of the clinic's own LAN would be answered there") {
    test::World world;
    world.settled.lan_prefixes = {test::prefix("192.168.1.0/24"), test::prefix("10.200.0.0/16")};
    const auto finding = world.run("address.assigned");
    CHECK(finding.code == code::virtual_ip_in_lan);
    CHECK(test::evidence(finding, "assigned") == "10.200.1.1");
    world.settled.lan_prefixes.pop_back();
    CHECK(world.run("address.assigned").status == Status::pass);
}

TEST_CASE("address.assigned: waits for the program that sets it, but not for ever") {
    test::World world;
    world.if_id = 33904;
    const auto address = world.links.links["ipsec0"].addresses;
    world.links.links["ipsec0"].addresses.clear();
    CHECK(world.run("address.assigned").code == code::virtual_ip_missing);
    unsigned looks = 0;
    world.links.on_look = [&] {
        if (++looks == 3)
            world.links.links["ipsec0"].addresses = address;
    };
    CHECK(world.run("address.assigned").status == Status::pass);
    CHECK(looks == 3);
}
