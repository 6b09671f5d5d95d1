// SPDX-License-Identifier: Apache-2.0
// Any bytes as each of the four kinds of file: whatever is wrong has a place inside the file and can be
// shown, and what is accepted holds nothing that could act on anybody.
#include "profile/load.hpp"
#include "profile/secrets.hpp"
#include "profile/site.hpp"
#include "profile/utf8.hpp"
#include "profile/word.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace eligate;
using namespace eligate::profile;

namespace {

void require(bool condition) {
    if (!condition)
        std::abort();
}

void require_harmless(std::string_view text) {
    while (!text.empty()) {
        const auto character = first_character(text);
        require(character && !is_hidden(character->value));
        text.remove_prefix(character->bytes);
    }
}

void check(const base::Diagnostics& diagnostics, const Document& document) {
    for (const auto& diagnostic : diagnostics.sorted()) {
        require(diagnostic.where && diagnostic.where->line >= 1 && diagnostic.where->column >= 1);
        require(diagnostic.where->line <= document.end().line);
        require_harmless(base::english(diagnostic.what));
        for (const auto& hint : diagnostic.hints)
            require_harmless(base::english(hint));
    }
    require_harmless(document.source().text);
}

void check(const Provider& provider) {
    for (const auto& proposal : provider.ike_proposals)
        require(ipsec::Proposal::parse(proposal.value.text(), ipsec::Protocol::ike).proposal ==
                proposal.value);
    for (const auto& gateway : provider.gateways)
        require(gateway.value.find_first_of(" \n\"';$`\\") == std::string::npos);
    require(is(Word::id, provider.id.value) && is(Word::id, provider.network.value));
    require(std::ranges::none_of(provider.destinations,
                                 [](const auto& prefix) { return prefix.value.length() == 0; }));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::Secret text(std::span(data, size));
    base::Diagnostics parsing;
    auto document = Document::parse("f.toml", text, false, parsing);
    require((document.root() != nullptr) == !parsing.has_errors());
    check(parsing, document);
    if (document.root() == nullptr)
        return 0;
    base::Diagnostics provider_faults;
    const auto provider = read_provider(document, provider_faults);
    require(provider.has_value() == !provider_faults.has_errors());
    if (provider)
        check(*provider);
    check(provider_faults, document);
    base::Diagnostics network_faults;
    read_network(document, network_faults);
    check(network_faults, document);
    base::Diagnostics site_faults;
    read_site(document, site_faults);
    check(site_faults, document);
    base::Diagnostics secret_faults;
    read_secrets(document, secret_faults);
    check(secret_faults, document);
    return 0;
}
