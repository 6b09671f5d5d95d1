// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/dns_server.hpp"
#include "verify/dns_message.hpp"

namespace {

using namespace eligate;
using namespace eligate::verify;
using Bytes = std::vector<std::uint8_t>;

const DnsQuestion question{.id = 0x1234, .name = "pweb.example"};

} // namespace

TEST_CASE("dns: a question asks for A records with EDNS 4096, byte for byte") {
    CHECK(encode(question) == Bytes{0x12, 0x34, 1,   0, 0,   1,   0,   0,   0,   0,   0,   1, 4, 'p',
                                    'w',  'e',  'b', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1,
                                    0,    1,    0,   0, 41,  16,  0,   0,   0,   0,   0,   0, 0});
}

TEST_CASE("dns: padding brings the question to the wanted size") {
    auto padded = question;
    padded.padded_size = 1372;
    const auto message = encode(padded);
    REQUIRE(message);
    CHECK(message->size() == 1372);
    padded.padded_size = 10; // too small to be possible
    CHECK(encode(padded) == encode(question));
}

TEST_CASE("dns: only names can be asked for") {
    for (const auto* const name : {"", ".", "a..b", "a b", "a\n", "-;rm", "\x80", "a.b..", ".a"})
        CHECK_FALSE(encode({.id = 1, .name = name}));
    CHECK_FALSE(encode({.id = 1, .name = std::string(64, 'a')}));
    CHECK(encode({.id = 1, .name = std::string(63, 'a')}));
    std::string longest;
    for (int i = 0; i < 127; ++i)
        longest += "a.";
    CHECK(encode({.id = 1, .name = longest}));
    CHECK_FALSE(encode({.id = 1, .name = "a." + longest}));
    CHECK(encode({.id = 1, .name = "a.b."}) == encode({.id = 1, .name = "A.B"}));
}

TEST_CASE("dns: a reply tells its addresses, size and truncation") {
    const auto message = test::dns_reply(*encode(question), {.addresses = 3});
    const auto reply = read_reply(message, question);
    REQUIRE(reply);
    CHECK(reply->rcode == Rcode::no_error);
    CHECK_FALSE(reply->truncated);
    CHECK(reply->size == message.size());
    REQUIRE(reply->addresses.size() == 3);
    CHECK(reply->addresses[0].text() == "10.20.2.0");
    CHECK(read_reply(test::dns_reply(*encode(question), {.rcode = 3}), question)->rcode ==
          Rcode::no_such_name);
    CHECK(read_reply(test::dns_reply(*encode(question), {.truncated = true}), question)->truncated);
}

TEST_CASE("dns: other letters' case is the same name, another name or id is no answer") {
    auto message = test::dns_reply(*encode(question), {.addresses = 1});
    message[13] = 'P';
    CHECK(read_reply(message, question));
    message[13] = 'q';
    CHECK_FALSE(read_reply(message, question));
    message[13] = 'p';
    message[0] = 0;
    CHECK_FALSE(read_reply(message, question));
    CHECK_FALSE(read_reply(*encode(question), question)); // a question is no answer
}

TEST_CASE("dns: a server that could not read the question may leave it out") {
    const Bytes formerr{0x12, 0x34, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    CHECK(read_reply(formerr, question)->rcode == Rcode::format_error);
}

TEST_CASE("dns: every cut of a reply is refused and nothing is read beyond it") {
    const auto whole = test::dns_reply(*encode(question), {.addresses = 2});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        // What is cut is the EDNS record at the end once both answers are there.
        const auto reply = read_reply(cut, question);
        if (reply)
            CHECK(reply->addresses.size() == 2);
    }
}

TEST_CASE("dns: a record that claims more than there is, is refused") {
    auto message = test::dns_reply(*encode(question), {.addresses = 1});
    message[7] = 255; // 255 answers
    CHECK_FALSE(read_reply(message, question));
}

TEST_CASE("dns: a TCP frame is complete when its bytes are there") {
    const Bytes message{1, 2, 3};
    auto frame = framed(message);
    CHECK(frame == Bytes{0, 3, 1, 2, 3});
    CHECK(frame_complete(frame));
    const auto inner = unframed(frame);
    CHECK(Bytes(inner.begin(), inner.end()) == message);
    frame.pop_back();
    CHECK_FALSE(frame_complete(frame));
    CHECK(unframed(frame).empty());
    CHECK_FALSE(frame_complete({}));
}
