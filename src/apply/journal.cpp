// SPDX-License-Identifier: Apache-2.0
#include "apply/journal.hpp"

#include "apply/state_json.hpp"
#include "catalog/catalog.hpp"

#include <nlohmann/json.hpp>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace eligate::apply {
namespace {

constexpr const char* file_name = "journal";
constexpr int version = 2;
constexpr std::size_t checksum_digits = 8;

std::string checksum(std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL wants unsigned bytes
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return fmt::format("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
}

base::Secret line_of(const nlohmann::ordered_json& json) {
    const auto text = text_of(json);
    base::Secret line(checksum(text.expose()) + " ");
    line.append(text.expose());
    line.append("\n");
    return line;
}

/// The JSON of a whole line; nothing if the checksum says it is torn.
std::optional<std::string_view> payload_of(std::string_view line) {
    if (line.size() <= checksum_digits + 1)
        return std::nullopt;
    const auto payload = line.substr(checksum_digits + 1);
    return line.substr(0, checksum_digits) == checksum(payload) ? std::optional(payload) : std::nullopt;
}

void note_progress(Unfinished& unfinished, const nlohmann::ordered_json& json) {
    const auto all = unfinished.actions.size();
    if (json.contains("doing"))
        unfinished.begun = std::min(std::max(unfinished.begun, json.value("doing", std::size_t{0}) + 1), all);
    if (json.contains("done"))
        unfinished.done = std::min(std::max(unfinished.done, json.value("done", std::size_t{0})), all);
}

/// Short enough to be typed; it tells changes of one machine apart, and opens nothing.
std::string new_id() {
    std::array<unsigned char, 3> bytes{};
    RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
    return fmt::format("{:02x}{:02x}{:02x}", bytes[0], bytes[1], bytes[2]);
}

base::Unexpected damaged() {
    return base::fail(catalog::code::record_damaged,
                      base::msg(N_("the journal of an unfinished change is damaged")), {{"file", file_name}});
}

} // namespace

base::Result<std::string> Journal::begin(std::uint32_t base, const std::vector<plan::Action>& actions) {
    auto id = new_id();
    ELIGATE_TRY(m_store.write(
        file_name,
        line_of({{"version", version}, {"base", base}, {"id", id}, {"actions", to_json(actions)}})));
    return id;
}

base::Result<> Journal::doing(std::size_t index, std::size_t count) {
    auto lines = line_of({{"done", index}});
    // The last of them: all up to it may have had an effect.
    lines.append(line_of({{"doing", index + count - 1}}).expose());
    return m_store.append(file_name, lines);
}

base::Result<> Journal::done(std::size_t count) {
    return m_store.append(file_name, line_of({{"done", count}}));
}

base::Result<> Journal::close() {
    return m_store.remove(file_name);
}

base::Result<std::optional<Unfinished>> Journal::read(port::Store& store) {
    ELIGATE_TRY_ASSIGN(const auto text, store.read(file_name));
    if (!text)
        return std::nullopt;
    auto rest = text->expose();
    std::optional<Unfinished> unfinished;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const auto payload = end == std::string_view::npos ? std::nullopt : payload_of(rest.substr(0, end));
        // Nothing was begun after a record that did not reach the disk whole.
        if (!payload)
            break;
        rest.remove_prefix(end + 1);
        ELIGATE_TRY_ASSIGN(const auto json, json_of(*payload));
        if (unfinished) {
            note_progress(*unfinished, json);
            continue;
        }
        if (json.value("version", 0) != version || !json.contains("actions"))
            return damaged();
        unfinished.emplace();
        unfinished->base = json.value("base", std::uint32_t{0});
        unfinished->id = json.value("id", std::string());
        ELIGATE_TRY_ASSIGN(unfinished->actions, actions_of(json["actions"]));
    }
    if (!unfinished)
        return damaged();
    return unfinished;
}

} // namespace eligate::apply
