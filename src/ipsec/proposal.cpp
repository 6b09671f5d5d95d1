// SPDX-License-Identifier: Apache-2.0
#include "ipsec/proposal.hpp"

#include "base/suggest.hpp"
#include "ipsec/keywords.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::ipsec {
namespace {

// vici_query.c prints a proposal into a buffer of 512 bytes; the wire's own limit is further away.
constexpr std::size_t longest_text = 256;
// What a finding repeats of a token nobody knows.
constexpr std::size_t longest_shown_token = 64;

class Reading {
  public:
    Reading(std::string_view text, Protocol protocol)
        : m_text(text)
        , m_protocol(protocol) {}

    void read_tokens() {
        for (std::size_t begin = 0; begin <= m_text.size();) {
            const auto end = std::min(m_text.find('-', begin), m_text.size());
            read_token(m_text.substr(begin, end - begin), begin);
            begin = end + 1;
        }
    }

    /// What strongSwan's check_proposal() would refuse or silently change.
    void check_together() {
        const bool aead = std::ranges::any_of(transforms, is_aead);
        const bool classic = std::ranges::any_of(transforms, [](const Transform& transform) {
            return transform.type == TransformType::encryption && !is_aead(transform);
        });
        if (!aead && !classic)
            about_whole(ProposalFault::no_encryption);
        const bool mixed = aead && (classic || has(TransformType::integrity));
        if (mixed)
            about_whole(ProposalFault::mixed_aead);
        if (classic && !has(TransformType::integrity))
            about_whole(ProposalFault::no_integrity);
        if (m_protocol == Protocol::ike) {
            if (aead && !mixed && !has(TransformType::prf))
                about_whole(ProposalFault::no_prf);
            if (!has(TransformType::dh_group))
                about_whole(ProposalFault::no_dh_group);
        }
    }

    /// What charon adds by itself before it sends the proposal.
    void complete() {
        if (m_protocol == Protocol::ike && !has(TransformType::prf))
            add_prfs_of_integrity();
        if (m_protocol == Protocol::esp && !has(TransformType::esn))
            transforms.push_back(find_keyword("noesn")->transform);
    }

    std::vector<Transform> transforms;
    std::vector<ProposalFinding> findings;

  private:
    bool has(TransformType type) const {
        return std::ranges::find(transforms, type, &Transform::type) != transforms.end();
    }

    void about_whole(ProposalFault fault) {
        findings.push_back({.fault = fault, .token = std::string(m_text), .offset = 0, .nearest = {}});
    }

    void read_token(std::string_view token, std::size_t offset) {
        const auto finding = [&](ProposalFault fault) {
            findings.push_back({.fault = fault,
                                .token = std::string(token.substr(0, longest_shown_token)),
                                .offset = offset,
                                .nearest = {}});
        };
        const auto* const keyword = find_keyword(token);
        if (keyword == nullptr || !belongs(keyword->transform.type)) {
            finding(ProposalFault::unknown_algorithm);
            if (keyword == nullptr)
                findings.back().nearest = base::nearest(token, accepted_keywords());
            return;
        }
        if (keyword->judgement == Judgement::refused)
            finding(ProposalFault::refused_algorithm);
        if (keyword->judgement == Judgement::weak)
            finding(ProposalFault::weak_algorithm);
        // "aes128" and "aes" are one on the wire, and charon sends each once.
        const bool sent = std::ranges::any_of(transforms, [&](const Transform& transform) {
            return transform.type == keyword->transform.type && transform.id == keyword->transform.id &&
                   transform.key_bits == keyword->transform.key_bits;
        });
        if (!sent)
            transforms.push_back(keyword->transform);
    }

    /// IKE has no extended sequence numbers, ESP has no prf.
    bool belongs(TransformType type) const {
        return m_protocol == Protocol::ike ? type != TransformType::esn : type != TransformType::prf;
    }

    void add_prfs_of_integrity() {
        // proposal.c, integ_prf_map.
        constexpr auto prfs = std::to_array<std::pair<std::uint16_t, std::string_view>>({{2, "prfsha1"},
                                                                                         {12, "prfsha256"},
                                                                                         {13, "prfsha384"},
                                                                                         {14, "prfsha512"},
                                                                                         {5, "prfaesxcbc"},
                                                                                         {8, "prfaescmac"}});
        const auto written = transforms;
        for (const auto& transform : written) {
            const auto* const prf = std::ranges::find(prfs, transform.id, &decltype(prfs)::value_type::first);
            if (transform.type == TransformType::integrity && prf != prfs.end())
                transforms.push_back(find_keyword(prf->second)->transform);
        }
    }

    std::string_view m_text;
    Protocol m_protocol;
};

} // namespace

Proposal::Parsed Proposal::parse(std::string_view text, Protocol protocol) {
    Parsed parsed;
    if (text.size() > longest_text) {
        parsed.findings.push_back({.fault = ProposalFault::too_long,
                                   .token = std::string(text.substr(0, longest_shown_token)),
                                   .offset = 0,
                                   .nearest = {}});
        return parsed;
    }
    Reading reading(text, protocol);
    reading.read_tokens();
    const bool understood = std::ranges::none_of(reading.findings, [](const ProposalFinding& finding) {
        return finding.fault == ProposalFault::unknown_algorithm;
    });
    // With a word missing, what is missing beside it would only be a guess.
    if (understood)
        reading.check_together();
    parsed.findings = std::move(reading.findings);
    if (std::ranges::any_of(parsed.findings, [](const ProposalFinding& finding) {
            return finding.fault != ProposalFault::weak_algorithm;
        }))
        return parsed;
    reading.complete();
    parsed.proposal.emplace();
    parsed.proposal->m_text = text;
    parsed.proposal->m_transforms = std::move(reading.transforms);
    return parsed;
}

} // namespace eligate::ipsec
