// SPDX-License-Identifier: Apache-2.0
/// strongSwan's algorithm keywords, with what they are on the wire and what is to be thought of them.
#pragma once

#include "ipsec/proposal.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace eligate::ipsec {

/// accepted · weak: on its way out, warned about · refused: MUST NOT or too weak (RFC 8247, RFC 8221,
/// CRYPTREC LS-0001), or nothing that belongs into a production tunnel.
enum class Judgement : std::uint8_t { accepted, weak, refused };

struct Keyword {
    Transform transform;
    Judgement judgement = Judgement::accepted;
};

std::span<const Keyword> keywords();
const Keyword* find_keyword(std::string_view token);
/// All of them, for "did you mean"; refused ones left out.
std::span<const std::string_view> accepted_keywords();

bool is_aead(const Transform& transform);

} // namespace eligate::ipsec
