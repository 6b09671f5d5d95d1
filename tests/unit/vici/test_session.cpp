// SPDX-License-Identifier: Apache-2.0
#include "scripted_stream.hpp"
#include "support/catch.hpp"
#include "vici/session.hpp"

using namespace eligate;
using namespace eligate::vici;
using namespace std::string_literals;
namespace code = catalog::code;

namespace {

const base::Cancel never;

Wait soon() {
    return {.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5), .cancel = never};
}

Session session_with(test::Script& script) {
    return Session(std::make_unique<test::ScriptedStream>(script));
}

} // namespace

TEST_CASE("session: a request is answered") {
    test::Script script{.answers = {test::response(Message().add("version", "5.9.8"))}};
    auto session = session_with(script);
    const auto answer = session.request("version", {}, soon());
    REQUIRE(answer);
    CHECK(answer->text("version") == "5.9.8");
    CHECK(script.requests.front().name == "version");
}

TEST_CASE("session: a frame may come one byte at a time") {
    test::Script script{.answers = {test::event("log", Message().add("msg", "x")) + test::response()},
                        .chunk = 1};
    auto session = session_with(script);
    CHECK(session.request("version", {}, soon()));
}

TEST_CASE("session: events may come before the response, and reach the handler in order") {
    test::Script script{.answers = {test::event("log", Message().add("msg", "1")) +
                                    test::event("log", Message().add("msg", "2")) + test::response()}};
    auto session = session_with(script);
    std::string seen;
    REQUIRE(session.request("initiate", {}, soon(), [&](std::string_view name, const Message& m) {
        seen += std::string(name) + m.text("msg");
    }));
    CHECK(seen == "log1log2");
}

TEST_CASE("session: success = no is an error with charon's words") {
    test::Script script{
        .answers = {test::response(Message().add("success", "no").add("errmsg", "no such thing"))}};
    auto session = session_with(script);
    const auto answer = session.request("unload-conn", {}, soon());
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == code::charon_refused);
    CHECK(answer.error().evidence ==
          base::Evidence{{"command", "unload-conn"}, {"strongswan", "no such thing"}});
    CHECK(session.usable());
}

TEST_CASE("session: an unknown command leaves the session usable") {
    test::Script script{.answers = {test::frame(PacketType::command_unknown), test::response()}};
    auto session = session_with(script);
    CHECK(session.request("load-moon", {}, soon()).error().code == code::charon_refused);
    CHECK(session.request("version", {}, soon()));
}

TEST_CASE("session: after a deadline the position is lost, and so is the session") {
    test::Script script{.answers = {test::response().substr(0, 3), test::response()}};
    auto session = session_with(script);
    CHECK(session.request("version", {}, soon()).error().code == code::charon_silent);
    CHECK_FALSE(session.usable());
    CHECK(session.request("version", {}, soon()).error().code == code::charon_lost);
    CHECK(script.requests.size() == 1);
}

TEST_CASE("session: charon going away is unreachable") {
    test::Script script{.answers = {""}, .hang_up = true};
    auto session = session_with(script);
    CHECK(session.request("version", {}, soon()).error().code == code::charon_lost);
}

TEST_CASE("session: what is not VICI ends it") {
    for (const auto& bytes : {"\xff\xff\xff\xff"s, "\0\0\0\0"s, "\0\0\0\x01\x09"s, "\0\0\0\x02\x01\x07"s,
                              test::frame(PacketType::event_confirm)}) {
        test::Script script{.answers = {bytes}};
        auto session = session_with(script);
        CHECK(session.request("version", {}, soon()).error().code == code::charon_protocol);
        CHECK_FALSE(session.usable());
    }
}

TEST_CASE("session: a request that does not fit is not sent") {
    test::Script script{.answers = {test::response()}};
    auto session = session_with(script);
    CHECK(session.request("x", Message().add(std::string(300, 'n'), "v"), soon()).error().code ==
          code::value_unfit);
    CHECK(script.requests.empty());
    CHECK(session.request("version", {}, soon()));
}

TEST_CASE("session: interrupted while waiting") {
    test::Script script{.answers = {test::response()}};
    auto session = session_with(script);
    const base::Cancel cancel;
    cancel.request();
    CHECK(session.request("version", {}, {.deadline = soon().deadline, .cancel = cancel}).error().code ==
          code::interrupted);
}

TEST_CASE("session: a list is collected between registration and end") {
    test::Script script{.answers = {test::confirm(),
                                    test::event("other") + test::event("list-sa", Message().add("n", "1")) +
                                        test::event("list-sa", Message().add("n", "2")) + test::response(),
                                    test::event("list-sa") + test::confirm()}};
    auto session = session_with(script);
    const auto listed = session.list("list-sas", {}, "list-sa", soon());
    REQUIRE(listed);
    REQUIRE(listed->size() == 2);
    CHECK((*listed)[1].text("n") == "2");
    CHECK(script.requests[0].type == PacketType::event_register);
    CHECK(script.requests[2].type == PacketType::event_unregister);
}

TEST_CASE("session: an endless list is refused, and the session goes on") {
    std::string flood;
    for (std::size_t i = 0; i <= Session::max_listed; ++i)
        flood += test::event("list-sa");
    test::Script script{.answers = {test::confirm(), flood + test::response(), test::confirm()}};
    auto session = session_with(script);
    CHECK(session.list("list-sas", {}, "list-sa", soon()).error().code == code::charon_protocol);
    CHECK(session.usable());
}

TEST_CASE("session: an event that charon does not have is detected") {
    test::Script script{.answers = {test::frame(PacketType::event_unknown), test::confirm()}};
    auto session = session_with(script);
    CHECK_FALSE(session.subscribe("alert", soon()).value());
    CHECK(session.subscribe("log", soon()).value());
}

TEST_CASE("session: waits for the next event") {
    test::Script script{
        .answers = {test::confirm() + test::event("child-updown", Message().add("up", "yes"))}};
    auto session = session_with(script);
    REQUIRE(session.subscribe("child-updown", soon()).value());
    const auto next = session.next_event(soon());
    REQUIRE(next);
    CHECK(next->name == "child-updown");
    CHECK(next->message.flag("up"));
    CHECK(session.next_event(soon()).error().code == code::charon_silent);
}
