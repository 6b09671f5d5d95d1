// SPDX-License-Identifier: Apache-2.0
// Against a real charon: what the unit tests assume about it, and what only it can answer.
#include "catalog/catalog.hpp"
#include "linux/vici_stream.hpp"
#include "real_charon.hpp"
#include "support/catch.hpp"
#include "vici/cause.hpp"
#include "vici/charon.hpp"
#include "vici_values.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <thread>

using namespace eligate;
using namespace eligate::vici;
using namespace std::chrono_literals;
namespace code = catalog::code;

namespace {

const base::Cancel never;

const test::RealCharon& real() {
    static const test::RealCharon charon;
    return charon;
}

Charon charon_for_test() {
    return {real().connect(), never};
}

template <class T>
void require(const base::Result<T>& result) {
    if (!result)
        FAIL(result.error().code.id << " " << base::english(result.error().what));
}

std::vector<ListedConnection> listed(Charon& charon) {
    const auto connections = charon.list_connections();
    require(connections);
    return *connections;
}

/// Loads it, reads it back, takes it away again.
void check_arrives(Charon& charon, const ipsec::Connection& connection) {
    require(charon.load_connection(connection));
    const auto all = listed(charon);
    require(charon.unload_connection(connection.name));
    REQUIRE(all.size() == 1);
    const auto& found = all.front();
    const auto expected = as_listed(connection);
    CHECK(found.local.front().id == expected.local.front().id);
    CHECK(found.local.front().eap_id == expected.local.front().eap_id);
    CHECK(found.remote.front().id == expected.remote.front().id);
    CHECK(found == expected);
}

/// A name that is up to nothing in a namespace without a route.
ipsec::Connection unreachable_connection() {
    auto connection = test::psk_connection();
    connection.gateway = "192.0.2.9";
    return connection;
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

} // namespace

TEST_CASE("charon: says who it is and what it has") {
    auto charon = charon_for_test();
    const auto version = charon.version();
    require(version);
    CHECK(version->daemon == "charon-systemd");
    CHECK_FALSE(version->version.empty());
    const auto stats = charon.stats();
    require(stats);
    CHECK(stats->has_plugin("eap-mschapv2"));
    CHECK_FALSE(stats->since.empty());
    require(charon.reload_settings());
}

TEST_CASE("charon: connections of all three kinds are understood as they were meant") {
    auto charon = charon_for_test();
    check_arrives(charon, test::psk_connection());
    check_arrives(charon, test::eap_connection());
    check_arrives(charon, test::certificate_connection());
    auto tuned = test::psk_connection();
    tuned.mobike = false;
    tuned.child.replay_window = 128;
    tuned.child.if_id = 42;
    check_arrives(charon, tuned);
    CHECK(listed(charon).empty());
}

TEST_CASE("charon: identities arrive exactly, whatever characters they hold") {
    auto charon = charon_for_test();
    std::size_t tried = 0;
    for (const char* text :
         {R"(fqdn:a}b"c#d$(x);e\n'f.example)", "fqdn:include /etc/passwd", "fqdn:%any", "fqdn:@#0102",
          "fqdn:10.0.0.1", "email:user+tag@example.net", "ipv4:192.0.2.7", "ipv6:2001:db8::7",
          "keyid:AB12345678", "keyid:exactly-twenty-chars", "keyid:{99}:x",
          "asn1dn:C=JP, O=Example Net, CN=AB12345678", "asn1dn:C=JP, O=Ex \"quoted\" }, OU=a;b, CN=x y"}) {
        const auto identity = ipsec::Identity::parse(text);
        if (!identity)
            continue;
        CAPTURE(text);
        ++tried;
        auto connection = test::psk_connection();
        connection.local.id = *identity;
        check_arrives(charon, connection);
        connection.local.id = test::identity("fqdn:x.example.net");
        connection.remote.id = *identity;
        check_arrives(charon, connection);
    }
    // ipsec:: may refuse some of them; the plain ones it must let through.
    CHECK(tried >= 6);
}

TEST_CASE("charon: EAP user names arrive exactly, whatever they look like") {
    auto charon = charon_for_test();
    for (const char* user : {"AB12345678", "user@realm", "10.1.2.3", "%any", "*", "@#0102", "{2}:x",
                             R"(a "b" } # ;)", "C=JP, CN=x", "fqdn:x"}) {
        CAPTURE(user);
        auto connection = test::eap_connection();
        connection.local.eap_id = user;
        check_arrives(charon, connection);
    }
}

TEST_CASE("charon: shared secrets come, are replaced and go by their id") {
    auto charon = charon_for_test();
    const Shared psk{.id = "eligate-psk",
                     .type = SharedType::ike,
                     .owners = {"fqdn:clinic.example.net", "fqdn:gw.example.net"},
                     .secret = base::Secret(std::string_view("0x\0\xff\n", 5))};
    require(charon.load_shared(psk));
    require(charon.load_shared(psk));
    require(charon.load_shared(
        {.id = "eligate-eap", .type = SharedType::eap, .owners = {"fqdn:u"}, .secret = base::Secret("p")}));
    auto ids = charon.shared_ids();
    require(ids);
    std::ranges::sort(*ids);
    CHECK(*ids == std::vector<std::string>{"eligate-eap", "eligate-psk"});
    require(charon.unload_shared("eligate-psk"));
    require(charon.unload_shared("eligate-eap"));
    require(charon.unload_shared("eligate-eap"));
    CHECK(charon.shared_ids()->empty());
}

TEST_CASE("charon: keys, certificates and authorities") {
    auto charon = charon_for_test();
    const auto authority = test::make_certificate("Test CA", true);
    const auto client = test::make_certificate("clinic.example.net", false);

    const auto key_id = charon.load_key(base::Secret(client.key));
    require(key_id);
    CHECK(key_id->size() == 40);
    CHECK(*charon.key_ids() == std::vector<std::string>{*key_id});
    CHECK(charon.load_key(base::Secret("rubbish")).error().code == code::charon_refused);

    require(charon.load_authority("eligate-ca", authority.der));
    CHECK(*charon.authorities() == std::vector<std::string>{"eligate-ca"});
    CHECK(charon.load_authority("eligate-x", "rubbish").error().code == code::charon_refused);
    CHECK(charon.load_authority("eligate-x", client.der).error().code == code::charon_refused);

    auto connection = test::certificate_connection();
    require(charon.load_connection(connection, {.own = {client.der}}));
    CHECK(listed(charon).front() == as_listed(connection, {"C=JP, O=Test, CN=clinic.example.net"}));
    require(charon.unload_connection(connection.name));

    connection = test::eap_connection();
    connection.remote.authority_subject = authority.subject;
    check_arrives(charon, connection);

    require(charon.load_certificate(client.der));
    const auto certificates = charon.certificates();
    require(certificates);
    CHECK(std::ranges::any_of(*certificates,
                              [&](const auto& c) { return c.der == authority.der && c.is_authority; }));
    CHECK(std::ranges::any_of(*certificates,
                              [&](const auto& c) { return c.der == client.der && c.has_private_key; }));

    require(charon.unload_key(*key_id));
    require(charon.unload_authority("eligate-ca"));
    CHECK(charon.key_ids()->empty());
    CHECK(charon.authorities()->empty());
    CHECK(std::ranges::none_of(*charon.certificates(), [&](const auto& c) { return c.is_authority; }));
    CHECK(charon.unload_authority("eligate-ca").error().code == code::charon_refused);
    CHECK(charon.unload_key(*key_id).error().code == code::charon_refused);
}

TEST_CASE("charon: a name that does not resolve ends the attempt at once") {
    auto charon = charon_for_test();
    auto connection = test::psk_connection();
    connection.gateway = "nowhere.invalid";
    require(charon.load_connection(connection));
    const auto start = std::chrono::steady_clock::now();
    const auto attempt = charon.initiate(connection.name, connection.child.name, 20s);
    require(attempt);
    CHECK_FALSE(attempt->established);
    CHECK(since(start) < 15s);
    CHECK(error_of(attempt->log, connection).code == code::gateway_unresolved);
    CHECK(charon.list_sas()->empty());
    require(charon.unload_connection(connection.name));
}

TEST_CASE("charon: after a timeout it goes on trying, until it is terminated") {
    auto charon = charon_for_test();
    const auto connection = unreachable_connection();
    require(charon.load_connection(connection));
    auto start = std::chrono::steady_clock::now();
    const auto attempt = charon.initiate(connection.name, connection.child.name, 200ms);
    require(attempt);
    CHECK(since(start) >= 200ms);
    CHECK(since(start) < 2s);
    CHECK_FALSE(attempt->established);
    CHECK(error_of(attempt->log, connection).code == code::network_unreachable);

    auto sas = charon.list_sas(connection.name);
    require(sas);
    REQUIRE(sas->size() == 1);
    CHECK(sas->front().state == "CONNECTING");
    // Taking the connection away does not end it.
    require(charon.unload_connection(connection.name));
    CHECK(charon.list_sas(connection.name)->size() == 1);

    start = std::chrono::steady_clock::now();
    const auto ended = charon.terminate(connection.name, true, 5s);
    require(ended);
    CHECK(ended->terminated == 1);
    CHECK(since(start) < 2s);
    CHECK(charon.list_sas()->empty());
    CHECK(charon.terminate(connection.name, true, 1s)->matches == 0);
}

TEST_CASE("charon: an attempt can be given up, or interrupted, long before its timeout") {
    auto charon = charon_for_test();
    const auto connection = unreachable_connection();
    require(charon.load_connection(connection));

    auto start = std::chrono::steady_clock::now();
    const auto attempt =
        charon.initiate(connection.name, connection.child.name, 30s, [](const LogLine& line) {
            return line.text.starts_with("error writing") ? Attention::give_up : Attention::go_on;
        });
    require(attempt);
    CHECK_FALSE(attempt->established);
    CHECK(since(start) < 10s);
    CHECK(charon.list_sas()->empty());

    const base::Cancel cancel;
    Charon interrupted(real().connect(), cancel);
    start = std::chrono::steady_clock::now();
    const auto stopped =
        interrupted.initiate(connection.name, connection.child.name, 30s, [&](const LogLine& /*line*/) {
            cancel.request();
            return Attention::go_on;
        });
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == code::interrupted);
    CHECK(since(start) < 10s);
    require(charon.terminate(connection.name, true, 1s));
    require(charon.unload_connection(connection.name));
}

TEST_CASE("charon: what is not there is refused in its own words") {
    auto charon = charon_for_test();
    const auto unload = charon.unload_connection("eligate-none");
    REQUIRE_FALSE(unload);
    CHECK(unload.error().code == code::charon_refused);
    CHECK(unload.error().evidence.back().second.find("not found") != std::string::npos);
    const auto attempt = charon.initiate("eligate-none", "c", 1s);
    require(attempt);
    CHECK(attempt->errmsg == "CHILD_SA config 'c' not found");
    CHECK(charon.load_connection(test::certificate_connection(), {.own = {"rubbish"}}).error().code ==
          code::charon_refused);
}

TEST_CASE("session: feature detection on a real charon") {
    const Wait wait{.deadline = std::chrono::steady_clock::now() + 5s, .cancel = never};
    auto stream = real().connect()(wait);
    require(stream);
    Session session(std::move(*stream));
    CHECK(*session.subscribe("log", wait));
    CHECK_FALSE(*session.subscribe("no-such-event", wait));
    CHECK(session.request("no-such-command", {}, wait).error().code == code::charon_refused);
    CHECK(session.request("version", {}, wait));
}

TEST_CASE("stream: nobody there is unreachable, nobody answering is silent") {
    static_cast<void>(real());
    const Wait short_wait{.deadline = std::chrono::steady_clock::now() + 300ms, .cancel = never};
    CHECK(linux_adapter::connect_vici("/run/absent.vici", short_wait).error().code ==
          code::charon_unreachable);
    CHECK(linux_adapter::connect_vici(std::string(200, 'x'), short_wait).error().code ==
          code::charon_unreachable);

    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "/run/mute.vici"); // NOLINT(clang-analyzer-security.insecureAPI.strcpy)
    const base::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 0) == 0);
    // The first waits in the backlog for an answer; with the backlog full, the next cannot even connect.
    auto first = linux_adapter::connect_vici("/run/mute.vici", short_wait);
    require(first);
    Session session(std::move(*first));
    CHECK(session.request("version", {}, short_wait).error().code == code::charon_silent);
    Charon second([](const Wait& wait) { return linux_adapter::connect_vici("/run/mute.vici", wait); }, never,
                  300ms);
    CHECK(second.version().error().code == code::charon_silent);
}
