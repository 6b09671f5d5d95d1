// SPDX-License-Identifier: Apache-2.0
#include "profile/shelf.hpp"
#include "base/suggest.hpp"
#include "catalog/catalog.hpp"
#include "profile/load.hpp"
#include "profile/utf8.hpp"
#include "profile/word.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::string_view suffix = ".toml";
// Nobody has that many providers; a folder with more is not a shelf.
constexpr std::size_t most_profiles = 256;

std::string file_of(const std::string& folder, std::string_view id) {
    return folder + "/" + std::string(id) + std::string(suffix);
}

/// The ids whose files are in the folder, sorted.
std::vector<std::string> ids_in(const std::string& folder, const ListFolder& list) {
    std::vector<std::string> ids;
    const auto names = list(folder);
    if (!names)
        return ids;
    for (const auto& name : *names)
        if (name.ends_with(suffix) &&
            is(Word::id, std::string_view(name).substr(0, name.size() - suffix.size())))
            ids.push_back(name.substr(0, name.size() - suffix.size()));
    std::ranges::sort(ids);
    if (ids.size() > most_profiles)
        ids.resize(most_profiles);
    return ids;
}

template <class T>
void check_id(const T& file_content, std::string_view id, base::Diagnostics& diagnostics) {
    if (file_content.id.value != id)
        diagnostics.add({.code = code::id_mismatch,
                         .what = msg(N_("the file is named {name}, and its id is {id}"),
                                     {{"name", std::string(id)}, {"id", file_content.id.value}}),
                         .where = file_content.id.where,
                         .hints = {}});
}

} // namespace

std::optional<base::Secret> read_into(const std::string& path, const ReadFile& read,
                                      base::Diagnostics& diagnostics) {
    auto text = read(path);
    if (text)
        return std::move(*text);
    diagnostics.add(
        {.code = text.error().code, .what = text.error().what, .where = std::nullopt, .hints = {}});
    return std::nullopt;
}

std::vector<std::string> known_ids(const std::vector<std::string>& folders, const ListFolder& list) {
    std::set<std::string> ids;
    for (const auto& folder : folders)
        for (auto& id : ids_in(folder, list))
            ids.insert(std::move(id));
    return {ids.begin(), ids.end()};
}

std::optional<OnShelf> find_on_shelf(std::string_view id, const std::vector<std::string>& folders,
                                     const ReadFile& read, base::Diagnostics& diagnostics) {
    // An id is a whitelisted word, so the path cannot leave the shelf.
    if (!is(Word::id, id))
        return std::nullopt;
    for (const auto& folder : folders) {
        auto path = file_of(folder, id);
        auto text = read(path);
        if (text)
            return OnShelf{.path = std::move(path), .text = std::move(*text)};
        if (text.error().code != code::file_missing) {
            diagnostics.add(
                {.code = text.error().code, .what = text.error().what, .where = std::nullopt, .hints = {}});
            return OnShelf{.path = std::move(path), .text = std::nullopt};
        }
    }
    return std::nullopt;
}

std::optional<Provider> provider_of(const OnShelf& found, std::string_view id,
                                    base::Diagnostics& diagnostics) {
    if (!found.text)
        return std::nullopt;
    auto document = Document::parse(found.path, *found.text, false, diagnostics);
    auto provider = read_provider(document, diagnostics);
    diagnostics.add_source(document.source());
    if (provider)
        check_id(*provider, id, diagnostics);
    return provider;
}

std::optional<Network> network_of(const OnShelf& found, std::string_view id, base::Diagnostics& diagnostics) {
    if (!found.text)
        return std::nullopt;
    const auto document = Document::parse(found.path, *found.text, false, diagnostics);
    auto network = read_network(document, diagnostics);
    diagnostics.add_source(document.source());
    if (network)
        check_id(*network, id, diagnostics);
    return network;
}

base::Diagnostic unknown_id(base::Code code, base::Message what, std::string_view id,
                            const std::vector<std::string>& known) {
    base::Diagnostic fault{.code = code, .what = std::move(what), .where = std::nullopt, .hints = {}};
    const std::vector<std::string_view> words(known.begin(), known.end());
    std::string all;
    for (const auto& word : known)
        all += (all.empty() ? "" : ", ") + word;
    if (const auto meant = base::nearest(id, words))
        fault.hints.push_back(msg(N_("did you mean {word}?"), {{"word", std::string(*meant)}}));
    else if (!all.empty())
        fault.hints.push_back(msg(N_("known here: {words}"), {{"words", all}}));
    return fault;
}

std::vector<ListedProfile> list_profiles(const Shelves& shelves, const Disk& disk) {
    std::vector<ListedProfile> listed;
    for (const auto& folder : shelves.providers)
        for (const auto& id : ids_in(folder, disk.list)) {
            const auto same = std::ranges::find(listed, id, &ListedProfile::id);
            if (same != listed.end()) {
                same->shadows = true;
                continue;
            }
            ListedProfile profile;
            profile.id = id;
            profile.file = file_of(folder, id);
            if (const auto found = find_on_shelf(id, {folder}, disk.read, profile.diagnostics))
                profile.provider = provider_of(*found, id, profile.diagnostics);
            if (profile.diagnostics.has_errors())
                profile.provider.reset();
            listed.push_back(std::move(profile));
        }
    std::ranges::sort(listed, {}, &ListedProfile::id);
    return listed;
}

FoundProfile find_profile(std::string_view id, const Shelves& shelves, const Disk& disk) {
    FoundProfile found;
    auto& diagnostics = found.diagnostics;
    const auto file = find_on_shelf(id, shelves.providers, disk.read, diagnostics);
    if (!file) {
        diagnostics.add(unknown_id(code::profile_unknown,
                                   msg(N_("there is no provider profile {id}"), {{"id", shown(id)}}), id,
                                   known_ids(shelves.providers, disk.list)));
        return found;
    }
    found.provider = provider_of(*file, id, diagnostics);
    if (found.provider)
        found.network = network_for(*found.provider, shelves, disk, diagnostics);
    if (diagnostics.has_errors()) {
        found.provider.reset();
        found.network.reset();
    }
    return found;
}

std::optional<Network> network_for(const Provider& provider, const Shelves& shelves, const Disk& disk,
                                   base::Diagnostics& diagnostics) {
    const auto& id = provider.network;
    const auto file = find_on_shelf(id.value, shelves.networks, disk.read, diagnostics);
    if (file)
        return network_of(*file, id.value, diagnostics);
    auto fault =
        unknown_id(code::network_unknown, msg(N_("there is no network file {id}"), {{"id", id.value}}),
                   id.value, known_ids(shelves.networks, disk.list));
    fault.where = id.where;
    diagnostics.add(std::move(fault));
    return std::nullopt;
}

} // namespace eligate::profile
