// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

#include <algorithm>

namespace {

using namespace eligate;
using verify::Status;
namespace code = catalog::code;

struct Clinic : test::World {
    Clinic() {
        settled.terminals = {test::prefix("192.168.1.48/30")};
        settled.places = {test::address("192.168.1.50"), test::address("192.168.1.49")};
    }

    const verify::Check& check(const std::string& id) {
        report = climb();
        const auto found = std::ranges::find(report.checks, id, &verify::Check::id);
        REQUIRE(found != report.checks.end());
        return *found;
    }
    Status status(const char* id) const {
        return std::ranges::find(report.checks, id, &verify::Check::id)->status;
    }

    verify::Report report;
};

void drop_what_the_terminal_sends(Clinic& clinic) {
    clinic.from_there.on_udp = [](const auto&) { return test::silence(); };
    clinic.from_there.on_echo = [](const auto&) { return test::silence(); };
    clinic.from_there.on_tcp = [](const auto&) { return port::TcpOutcome{}; };
}

} // namespace

TEST_CASE("lan: nothing is looked at where nobody on a LAN may use the tunnel") {
    test::World world;
    const auto report = world.climb();
    CHECK(std::ranges::none_of(report.checks, [](const auto& check) {
        return check.id.starts_with("lan.") || check.id.starts_with("leak.") || check.id == "dns.forwarder";
    }));
}

TEST_CASE("lan: the same services from a terminal's place, and then it is gone") {
    Clinic clinic;
    CHECK(clinic.check("lan.forwarding").status == Status::pass);
    for (const auto* const id :
         {"lan.dns.pweb.base.oqs-pdl.org", "lan.tls.hweb.oqs.onshikaku.org", "leak.destinations", "leak.dns"})
        CHECK(clinic.status(id) == Status::pass);
    CHECK(clinic.places.standing == 0);
    CHECK(clinic.watcher.sought.interface == "wan0");
    CHECK(clinic.watcher.sought.destinations == clinic.settled.destinations);
}

TEST_CASE("lan: what the kernel takes to make the place is not taken from the time for an answer") {
    Clinic clinic;
    CHECK(clinic.run("lan.forwarding", false).status == Status::pass);
}

TEST_CASE("lan: an address that somebody has is passed over; without any, it says so and proves nothing") {
    Clinic clinic;
    clinic.places.taken = {test::address("192.168.1.50")};
    CHECK(clinic.check("lan.forwarding").status == Status::pass);
    clinic.places.taken.push_back(test::address("192.168.1.49"));
    const auto& none = clinic.check("lan.forwarding");
    CHECK(none.status == Status::warn);
    CHECK(none.code == code::no_free_address);
    CHECK(clinic.status("lan.dns.pweb.base.oqs-pdl.org") == Status::skip);
    CHECK(clinic.status("leak.destinations") == Status::pass);
    CHECK(clinic.report.passed());
}

TEST_CASE("lan: packets that are not forwarded, not answered, or not brought back") {
    Clinic clinic;
    drop_what_the_terminal_sends(clinic);
    SECTION("nothing goes into the tunnel") {
        clinic.watcher.reaches_tunnel = clinic.watcher.answered = false;
        CHECK(clinic.check("lan.forwarding").code == code::lan_not_forwarded);
    }
    SECTION("nothing comes back to an address of the clinic's own") {
        clinic.settled.address = profile::AddressMode::routed;
        clinic.sas.front().children.front().local_ts = {"192.168.1.0/24"};
        clinic.watcher.answered = false;
        const auto& check = clinic.check("lan.forwarding");
        CHECK(check.code == code::lan_unanswered);
        CHECK(check.party == catalog::Party::provider);
    }
    SECTION("nothing comes back to an address that the provider takes for the appliance's") {
        clinic.watcher.answered = false;
        const auto& check = clinic.check("lan.forwarding");
        CHECK(check.code == code::lan_source_lost);
        CHECK(check.party == catalog::Party::appliance);
    }
    SECTION("the answer is lost on its last way") {
        CHECK(clinic.check("lan.forwarding").code == code::lan_answers_lost);
    }
    CHECK(clinic.places.standing == 0);
    CHECK(clinic.status("leak.dns") == Status::pass);
}

TEST_CASE("lan: an answer that did not come through the tunnel is none") {
    Clinic clinic;
    clinic.watcher.reaches_tunnel = clinic.watcher.answered = false;
    CHECK(clinic.check("lan.forwarding").code == code::lan_not_forwarded);
}

TEST_CASE("lan: what works from the appliance and not from there is not the centre's") {
    Clinic clinic;
    clinic.from_there.on_tls = [](const auto&) {
        return port::TlsOutcome{.status = port::TlsStatus::refused};
    };
    const auto& check = clinic.check("lan.tls.hweb.oqs.onshikaku.org");
    CHECK(check.status == Status::fail);
    CHECK(check.code == code::lan_service_fails);
    CHECK(check.party == catalog::Party::appliance);
}

TEST_CASE("lan: what does not work from the appliance is told once") {
    Clinic clinic;
    clinic.wire.on_tls = [](const auto&) { return port::TlsOutcome{.status = port::TlsStatus::refused}; };
    CHECK(clinic.check("lan.tls.hweb.oqs.onshikaku.org").status == Status::skip);
    CHECK(clinic.status("tls.hweb.oqs.onshikaku.org") == Status::fail);
}

TEST_CASE("leak: where not everything was seen, nothing is said") {
    Clinic clinic;
    clinic.watcher.leaks.missed = true;
    CHECK(clinic.check("leak.destinations").status == Status::unknown);
    CHECK(clinic.status("leak.dns") == Status::unknown);
    clinic.watcher.leaks.packets = 1;
    CHECK(clinic.check("leak.destinations").status == Status::fail);
}

TEST_CASE("leak: a packet for the destinations that left by the line is a failure") {
    Clinic clinic;
    clinic.watcher.leaks = {.packets = 3, .first_packet = "192.168.1.50 > 10.20.0.53", .questions = {}};
    const auto& check = clinic.check("leak.destinations");
    CHECK(check.code == code::leaked_packet);
    CHECK_FALSE(clinic.report.passed());
}

TEST_CASE("leak: somebody else's question on the line is told, and stands in nobody's way") {
    Clinic clinic;
    clinic.watcher.leaks.questions = {"pweb.base.oqs-pdl.org"};
    const auto& check = clinic.check("leak.dns");
    CHECK(check.status == Status::warn);
    CHECK(check.code == code::name_asked_outside);
    CHECK(clinic.report.passed());
}

TEST_CASE("forwarder: asked from the terminal's place, or from the appliance where there is none") {
    Clinic clinic;
    clinic.forwarder = {test::address("192.168.1.1")};
    SECTION("a place") {}
    SECTION("none") {
        clinic.places.taken = clinic.settled.places;
    }
    CHECK(clinic.check("dns.forwarder").status == Status::pass);
}

TEST_CASE("forwarder: silence is the appliance's, and what needs names is not tried") {
    Clinic clinic;
    clinic.forwarder = {test::address("192.168.1.1")};
    const auto ours = clinic.forwarder.front();
    clinic.wire.on_udp = [&clinic, ours](const auto& request) {
        return request.to.address == ours ? test::silence() : clinic.healthy_udp(request);
    };
    const auto& check = clinic.check("dns.forwarder");
    CHECK(check.code == code::forwarder_silent);
    CHECK(check.party == catalog::Party::appliance);
    CHECK(clinic.status("lan.dns.pweb.base.oqs-pdl.org") == Status::skip);
}

TEST_CASE("forwarder: what the provider's servers do not answer is not the forwarder's") {
    Clinic clinic;
    clinic.forwarder = {test::address("192.168.1.1")};
    SECTION("nothing at all") {
        clinic.wire.on_udp = [&clinic](const auto& request) {
            return request.to.port == 53 ? test::silence() : clinic.healthy_udp(request);
        };
        const auto& check = clinic.check("dns.forwarder");
        CHECK(check.code == code::dns_silent);
        CHECK(check.party == catalog::Party::provider);
    }
    SECTION("only over TCP") {
        clinic.wire.on_tcp = [&clinic](const auto& request) {
            return request.to.port == 53 ? port::TcpOutcome{} : clinic.healthy_tcp(request);
        };
        const auto& check = clinic.check("dns.forwarder");
        CHECK(check.status == Status::warn);
        CHECK(check.code == code::dns_large_tcp);
    }
}
