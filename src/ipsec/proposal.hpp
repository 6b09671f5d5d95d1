// SPDX-License-Identifier: Apache-2.0
/// A proposal in strongSwan's notation ("aes256gcm16-prfsha384-ecp384"), understood down to the IANA numbers,
/// and judged: what CRYPTREC, RFC 8247 and RFC 8221 forbid is refused, what is on its way out warns.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::ipsec {

enum class Protocol { ike, esp };

/// RFC 7296 section 3.3.2; the values are the wire's.
enum class TransformType : std::uint8_t { encryption = 1, prf = 2, integrity = 3, dh_group = 4, esn = 5 };

struct Transform {
    TransformType type = TransformType::encryption;
    std::uint16_t id = 0;
    /// Bits; 0 where the algorithm has no key length attribute.
    std::uint16_t key_bits = 0;
    std::string_view keyword;
    bool operator==(const Transform&) const = default;
};

enum class ProposalFault {
    unknown_algorithm,
    refused_algorithm,
    /// Accepted, with a warning (SHA-1 HMAC).
    weak_algorithm,
    no_encryption,
    no_integrity,
    /// IKE with an AEAD cipher needs an explicit prf; strongSwan 5.9.8 rejects it otherwise.
    no_prf,
    no_dh_group,
    /// An AEAD cipher beside an integrity algorithm, or AEAD and classic ciphers in one proposal.
    mixed_aead,
    too_long,
};

struct ProposalFinding {
    ProposalFault fault;
    /// The token it is about, and where it stands in the proposal's text (bytes).
    std::string token;
    std::size_t offset = 0;
    /// For an unknown one: the nearest known keyword.
    std::optional<std::string_view> nearest;
};

class Proposal {
  public:
    struct Parsed;
    /// Only what is in the table of known keywords passes, so the text can hold nothing but [a-z0-9_-].
    static Parsed parse(std::string_view text, Protocol protocol);

    const std::string& text() const { return m_text; }
    /// What charon puts on the wire, in the order written: with the prfs it derives from the integrity
    /// algorithms (IKE) and its "noesn" (ESP) where the text leaves them out.
    std::span<const Transform> transforms() const { return m_transforms; }
    bool operator==(const Proposal&) const = default;

  private:
    std::string m_text;
    std::vector<Transform> m_transforms;
};

struct Proposal::Parsed {
    /// Empty if any finding is worse than weak_algorithm.
    std::optional<Proposal> proposal;
    std::vector<ProposalFinding> findings;
};

} // namespace eligate::ipsec
