// SPDX-License-Identifier: Apache-2.0
#include "scripted_stream.hpp"
#include "support/catch.hpp"
#include "vici/charon.hpp"
#include "vici_values.hpp"

using namespace eligate;
using namespace eligate::vici;
using namespace std::chrono_literals;
namespace code = catalog::code;

namespace {

const base::Cancel never;

Message yes() {
    return Message().add("success", "yes");
}

Message log_event(const char* group, const char* ike, const char* text) {
    Message message;
    message.add("group", group).add("level", "1");
    if (*ike != '\0')
        message.add("ikesa-name", ike).add("ikesa-uniqueid", "4");
    return message.add("msg", text);
}

} // namespace

TEST_CASE("charon: a shared secret never goes out without an owner") {
    test::Script script{.answers = {test::response(yes())}};
    Charon charon(test::connect_to(script), never);
    CHECK(charon.load_shared({.id = "x", .type = SharedType::ike, .owners = {}, .secret = base::Secret("k")})
              .error()
              .code == code::value_unfit);
    CHECK(charon
              .load_shared(
                  {.id = "x", .type = SharedType::ike, .owners = {std::string(256, 'o')}, .secret = {}})
              .error()
              .code == code::value_unfit);
    CHECK(script.requests.empty());
    REQUIRE(charon.load_shared(
        {.id = "x", .type = SharedType::eap, .owners = {"fqdn:u"}, .secret = base::Secret("k")}));
    CHECK(script.requests.front().name == "load-shared");
    CHECK(script.requests.front().message ==
          Message().add("id", "x").add("type", "eap").add("data", "k").add_list("owners", {"fqdn:u"}));
}

TEST_CASE("charon: a lost connection is replaced at the next call") {
    test::Script script{.answers = {"", test::response(Message().add("version", "5.9.8"))}};
    Charon charon(test::connect_to(script), never);
    CHECK(charon.version().error().code == code::charon_silent);
    CHECK(charon.version()->version == "5.9.8");
    CHECK(script.connections == 2);
}

TEST_CASE("charon: stats tell the plugins and the start") {
    test::Script script{.answers = {test::response(
                            Message()
                                .add_section("uptime", Message().add("since", "Nov 22"))
                                .add_section("ikesas", Message().add("total", "3").add("half-open", "1"))
                                .add_list("plugins", {"openssl", "vici"}))}};
    Charon charon(test::connect_to(script), never);
    const auto stats = charon.stats();
    REQUIRE(stats);
    CHECK(stats->since == "Nov 22");
    CHECK(stats->ike_sas == 3);
    CHECK(stats->half_open == 1);
    CHECK(stats->has_plugin("openssl"));
    CHECK_FALSE(stats->has_plugin("eap-mschapv2"));
}

TEST_CASE("charon: busy SAs are waited for, or left out") {
    test::Script script{.answers = {test::confirm(), test::response(), test::confirm(), test::confirm(),
                                    test::response(), test::confirm()}};
    Charon charon(test::connect_to(script), never);
    CHECK(charon.list_sas("eligate-1")->empty());
    CHECK(script.requests[1].message == Message().add("ike", "eligate-1"));
    CHECK(charon.list_sas({}, Busy::leave_out)->empty());
    CHECK(script.requests[4].message.value("noblock"));
}

TEST_CASE("charon: terminating nothing is no error, failing to terminate is") {
    const auto none = Message().add("success", "no").add("matches", "0").add("errmsg", "no matching SAs");
    const auto failed =
        Message().add("success", "no").add("matches", "1").add("terminated", "0").add("errmsg", "x");
    test::Script script{.answers = {test::response(none), test::response(failed)}};
    Charon charon(test::connect_to(script), never);
    CHECK(charon.terminate("eligate-1", true, 0ms)->matches == 0);
    CHECK(script.requests.front().message ==
          Message().add("ike", "eligate-1").add("force", "yes").add("timeout", "1"));
    CHECK(charon.terminate_id(7, false, 2s).error().code == code::charon_refused);
}

TEST_CASE("charon: a peer that does not confirm the end is no failure when forced, if the SA is gone") {
    const auto failed =
        Message().add("success", "no").add("matches", "1").add("terminated", "0").add("errmsg", "failed");
    test::Script gone{
        .answers = {test::response(failed), test::confirm(), test::response(), test::confirm()}};
    Charon charon(test::connect_to(gone), never);
    const auto ended = charon.terminate_id(7, true, 2s);
    REQUIRE(ended);
    CHECK(ended->terminated == 1);
    CHECK(gone.requests[2].message == Message().add("ike-id", "7"));

    test::Script there{.answers = {test::response(failed), test::confirm(),
                                   test::event("list-sa") + test::response(), test::confirm()}};
    Charon other(test::connect_to(there), never);
    CHECK(other.terminate("eligate-1", true, 2s).error().code == code::charon_refused);
}

TEST_CASE("charon: an attempt keeps its own lines and the resolver's, and drops foreign ones") {
    const auto answer = Message().add("success", "no").add("errmsg", "establishing CHILD_SA 'c' failed");
    test::Script script{
        .answers = {
            test::confirm(), test::confirm(),
            test::event("log", log_event("LIB", "", "resolving 'gw' failed: x")) +
                test::event("log", log_event("CFG", "", "vici initiate CHILD_SA 'c'")) +
                test::event("log", log_event("IKE", "foreign", "received NO_PROPOSAL_CHOSEN notify error")) +
                test::event("log", log_event("IKE", "eligate-1", "unable to resolve gw")) +
                test::event("control-log", log_event("IKE", "eligate-1", "unable to resolve gw")) +
                test::response(answer),
            test::event("log", log_event("NET", "", "error writing to socket: x\x1b[2J")) + test::confirm()}};
    Charon charon(test::connect_to(script), never);
    const auto attempt = charon.initiate("eligate-1", "c", 10s);
    REQUIRE(attempt);
    CHECK_FALSE(attempt->established);
    CHECK(attempt->errmsg == "establishing CHILD_SA 'c' failed");
    REQUIRE(attempt->log.size() == 3);
    CHECK(attempt->log[0].text == "resolving 'gw' failed: x");
    CHECK(attempt->log[1].ike_id == 4);
    CHECK(attempt->log[2].text == "error writing to socket: x?[2J");
    CHECK(script.requests[2].message ==
          Message().add("child", "c").add("ike", "eligate-1").add("timeout", "10000").add("loglevel", "1"));
}

TEST_CASE("charon: a child that is up already is up") {
    test::Script script{
        .answers = {
            test::confirm(), test::confirm(),
            test::event("control-log",
                        log_event("IKE", "eligate-1",
                                  "not establishing CHILD_SA c{2} due to existing duplicate {1} with SPIs "
                                  "1_i 2_o and TS 10.0.0.1/32 === 10.20.0.0/16")) +
                test::response(Message().add("success", "no").add("errmsg", "failed")),
            test::confirm()}};
    Charon charon(test::connect_to(script), never);
    CHECK(charon.initiate("eligate-1", "c", 10s)->established);
}

TEST_CASE("charon: a sink that gives up terminates the attempt over another connection") {
    test::Script script{.answers = {test::confirm(), test::confirm(),
                                    test::event("control-log", log_event("IKE", "eligate-1", "enough")) +
                                        test::event("control-log", log_event("IKE", "eligate-1", "enough")) +
                                        test::response(Message().add("success", "no")),
                                    test::response(Message().add("success", "yes").add("matches", "1")),
                                    test::confirm()}};
    Charon charon(test::connect_to(script), never);
    const auto attempt =
        charon.initiate("eligate-1", "c", 10s, [](const LogLine& /*line*/) { return Attention::give_up; });
    REQUIRE(attempt);
    CHECK(script.connections == 2);
    CHECK(script.requests[3].name == "terminate");
    CHECK(script.requests[4].type == PacketType::event_unregister);
    CHECK(attempt->log.size() == 2);
}

TEST_CASE("charon: a connection with a value that does not fit is not loaded") {
    test::Script script{.answers = {test::response(yes())}};
    Charon charon(test::connect_to(script), never);
    auto connection = test::psk_connection();
    connection.gateway = "a,b";
    CHECK(charon.load_connection(connection).error().code == code::value_unfit);
    CHECK(script.requests.empty());
}
