// SPDX-License-Identifier: Apache-2.0
#include "ike/answer.hpp"
#include "support/catch.hpp"

namespace {

using namespace eligate;
using ike::AnswerKind;
using Bytes = std::vector<std::uint8_t>;

constexpr ike::Spi spi{1, 2, 3, 4, 5, 6, 7, 8};

Bytes message(std::uint8_t first, const Bytes& payloads, std::uint8_t version = 0x20,
              std::uint8_t flags = 0x20) {
    Bytes out{1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, first, version, 34, flags, 0, 0, 0, 0, 0, 0, 0};
    out.push_back(static_cast<std::uint8_t>(28 + payloads.size()));
    out.insert(out.end(), payloads.begin(), payloads.end());
    return out;
}

Bytes notify(std::uint16_t type, const Bytes& data = {}, std::uint8_t next = 0) {
    Bytes out{next,
              0,
              0,
              static_cast<std::uint8_t>(8 + data.size()),
              0,
              0,
              static_cast<std::uint8_t>(type >> 8U),
              static_cast<std::uint8_t>(type)};
    out.insert(out.end(), data.begin(), data.end());
    return out;
}

} // namespace

TEST_CASE("ike: each answer has its meaning") {
    CHECK(ike::read_answer(message(41, notify(17, {0, 20})), spi, 500) ==
          ike::Answer{.kind = AnswerKind::invalid_ke, .group = 20, .notify = 17});
    CHECK(ike::read_answer(message(41, notify(14)), spi, 500) ==
          ike::Answer{.kind = AnswerKind::no_proposal, .notify = 14});
    CHECK(ike::read_answer(message(41, notify(16390, Bytes(20, 1))), spi, 500)->kind == AnswerKind::cookie);
    CHECK(ike::read_answer(message(41, notify(7)), spi, 500) ==
          ike::Answer{.kind = AnswerKind::other_notify, .notify = 7});
    CHECK(ike::read_answer(message(41, notify(5)), spi, 500)->kind == AnswerKind::other_version);
    CHECK(ike::read_answer(message(33, {0, 0, 0, 4}), spi, 500)->kind == AnswerKind::sa_init);
}

TEST_CASE("ike: a status notify before the error does not decide") {
    auto payloads = notify(16388, {1, 2, 3}, 41);
    const auto error = notify(14);
    payloads.insert(payloads.end(), error.begin(), error.end());
    CHECK(ike::read_answer(message(41, payloads), spi, 500)->kind == AnswerKind::no_proposal);
}

TEST_CASE("ike: an IKEv1-only daemon is told from silence") {
    CHECK(ike::read_answer(message(11, {}, 0x10, 0), spi, 500)->kind == AnswerKind::other_version);
}

TEST_CASE("ike: on 4500 the marker must be there") {
    const auto plain = message(41, notify(14));
    CHECK_FALSE(ike::read_answer(plain, spi, 4500));
    Bytes marked(4, 0);
    marked.insert(marked.end(), plain.begin(), plain.end());
    CHECK(ike::read_answer(marked, spi, 4500)->kind == AnswerKind::no_proposal);
    CHECK_FALSE(ike::read_answer(marked, spi, 500));
}

TEST_CASE("ike: what is not an answer to us is nothing") {
    const auto good = message(41, notify(14));
    auto other_spi = good;
    other_spi[0] = 99;
    auto request = good;
    request[19] = 0x08;
    auto other_exchange = good;
    other_exchange[18] = 37;
    auto longer = good;
    longer.push_back(0);
    for (const auto& bad : {other_spi, request, other_exchange, longer, Bytes{}, Bytes(27, 0)})
        CHECK_FALSE(ike::read_answer(bad, spi, 500));
}

TEST_CASE("ike: broken payload chains are nothing") {
    CHECK_FALSE(ike::read_answer(message(41, {0, 0, 0, 3}), spi, 500));   // shorter than its header
    CHECK_FALSE(ike::read_answer(message(41, {0, 0, 0, 200}), spi, 500)); // longer than the message
    CHECK_FALSE(
        ike::read_answer(message(41, {0, 0, 0, 8, 0, 99, 0, 14}), spi, 500)); // SPI longer than the payload
    CHECK_FALSE(ike::read_answer(message(41, {41, 0, 0, 8, 0, 0, 0, 14}), spi, 500)); // next payload missing
    CHECK_FALSE(ike::read_answer(message(0, {}), spi, 500));                          // nothing that decides
    auto trailing = notify(14);
    trailing.insert(trailing.end(), {1, 2, 3, 4});
    CHECK_FALSE(ike::read_answer(message(41, trailing), spi, 500));
}

TEST_CASE("ike: every cut of an answer is nothing, and no cut reads beyond it") {
    const auto whole = message(41, notify(17, {0, 20}));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(ike::read_answer(cut, spi, 500));
    }
}
