// SPDX-License-Identifier: Apache-2.0
/// The algorithms that charon's plugins offer (VICI get-algorithms), and what charon calls ours there.
#pragma once

#include "ipsec/proposal.hpp"
#include "vici/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace eligate::vici {

struct OfferedAlgorithms {
    /// AEAD ciphers too. strongSwan's names: "AES_GCM_16".
    std::vector<std::string> encryption;
    std::vector<std::string> integrity;
    std::vector<std::string> prf;
    std::vector<std::string> key_exchange;

    /// True too for what needs no plugin (ESN).
    bool offers(const ipsec::Transform& transform) const;
};

OfferedAlgorithms offered_algorithms(const Message& answer);

/// "AES_GCM_16", "ECP_384"; empty for what needs no plugin, and for what no accepted keyword means.
std::string_view strongswan_name(const ipsec::Transform& transform);

} // namespace eligate::vici
