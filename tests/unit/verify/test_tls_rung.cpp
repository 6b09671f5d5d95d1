// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

namespace {

using namespace eligate;
using port::TlsStatus;
using verify::Status;
namespace code = catalog::code;

const std::string id = "tls.hweb.oqs.onshikaku.org";

} // namespace

TEST_CASE("tls: reached and asked for the client certificate is a pass") {
    test::World world;
    const auto finding = world.run(id);
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "client certificate") == "requested");
    CHECK(test::evidence(finding, "valid until") == "2028-01-31");
    CHECK(test::evidence(finding, "server") == "10.20.2.0:443");
}

TEST_CASE("tls: a server that hangs up for want of the certificate is a pass too") {
    test::World world;
    world.wire.on_tls = [](const auto&) {
        return port::TlsOutcome{.status = TlsStatus::aborted,
                                .client_certificate_requested = true,
                                .protocol = "TLSv1.2",
                                .reason = "sslv3 alert handshake failure"};
    };
    CHECK(world.run(id).status == Status::pass);
}

TEST_CASE("tls: each way of failing has its code") {
    test::World world;
    port::TlsOutcome outcome;
    world.wire.on_tls = [&outcome](const auto&) { return outcome; };
    const std::vector<std::pair<TlsStatus, base::Code>> cases{
        {TlsStatus::refused, code::service_refused},   {TlsStatus::no_answer, code::service_silent},
        {TlsStatus::unsendable, code::service_silent}, {TlsStatus::stalled, code::tls_stalled},
        {TlsStatus::aborted, code::tls_failed},        {TlsStatus::not_tls, code::tls_failed}};
    for (const auto& [status, expected] : cases) {
        outcome.status = status;
        const auto finding = world.run(id);
        CHECK(finding.status == Status::fail);
        CHECK(finding.code == expected);
    }
}

TEST_CASE("tls: being asked for a certificate must be as the network file says") {
    test::World world;
    auto& check = std::get<profile::TlsCheck>(world.settled.services.front().checks.back());
    bool asks = false;
    world.wire.on_tls = [&asks](const auto&) {
        return port::TlsOutcome{
            .status = TlsStatus::established, .client_certificate_requested = asks, .protocol = "TLSv1.3"};
    };
    CHECK(world.run(id).code == code::client_certificate_unasked);
    check.client_certificate_requested.reset();
    CHECK(world.run(id).status == Status::pass);
    check.client_certificate_requested = false;
    CHECK(world.run(id).status == Status::pass);
    asks = true;
    CHECK(world.run(id).code == code::client_certificate_unasked);
}

TEST_CASE("tls: an expired server certificate warns") {
    test::World world;
    world.clock.time = std::chrono::sys_days(std::chrono::year(2028) / 2 / 1);
    const auto finding = world.run(id);
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::server_certificate_expired);
}

TEST_CASE("tls: the next address is tried when one does not answer") {
    test::World world;
    world.zone["hweb.oqs.onshikaku.org"] = 3;
    std::vector<std::string> tried;
    const auto healthy = world.wire.on_tls;
    world.wire.on_tls = [&](const port::TlsRequest& request) {
        tried.push_back(request.to.address.text());
        CHECK(request.server_name == "hweb.oqs.onshikaku.org");
        return tried.size() < 3 ? port::TlsOutcome{} : healthy(request);
    };
    CHECK(world.run(id).status == Status::pass);
    CHECK(tried == std::vector<std::string>{"10.20.2.0", "10.20.2.1", "10.20.2.2"});
}
