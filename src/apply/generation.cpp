// SPDX-License-Identifier: Apache-2.0
#include "apply/generation.hpp"

#include "apply/message_json.hpp"
#include "apply/state_json.hpp"
#include "base/base64.hpp"
#include "catalog/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace eligate::apply {
namespace {

using base::Result;
using Json = nlohmann::ordered_json;

constexpr int version = 1;
constexpr std::string_view prefix = "generation-";
constexpr std::string_view plain_end = ".json";
constexpr std::string_view secret_end = ".secrets";

std::string name_of(std::uint32_t number, std::string_view end) {
    return fmt::format("{}{}{}", prefix, number, end);
}

/// The number in a file name of ours.
std::optional<std::uint32_t> number_in(std::string_view name) {
    for (const auto end : {plain_end, secret_end}) {
        if (!name.starts_with(prefix) || !name.ends_with(end))
            continue;
        const auto digits = name.substr(prefix.size(), name.size() - prefix.size() - end.size());
        std::uint32_t number = 0;
        const auto [rest, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (fault == std::errc() && rest == digits.data() + digits.size())
            return number;
    }
    return std::nullopt;
}

base::Unexpected damaged(std::uint32_t number) {
    return base::fail(catalog::code::record_damaged, base::msg(N_("eligate's record is not readable")),
                      {{"file", name_of(number, plain_end)}});
}

template <class T>
T word_of(const std::string& id, std::initializer_list<T> all) {
    for (const T candidate : all)
        if (id_of(candidate) == id)
            return candidate;
    throw nlohmann::json::other_error::create(501, "unknown word", nullptr);
}

verify::Status status_of(const std::string& id) {
    using enum verify::Status;
    return word_of(id, {pass, warn, fail, skip, unknown});
}

catalog::Party party_of(const std::string& id) {
    using enum catalog::Party;
    return word_of(id, {site, appliance, line, provider, centre, terminal});
}

Json to_json(const verify::Check& check) {
    auto evidence = Json::array();
    for (const auto& [name, value] : check.evidence)
        evidence.push_back({name, value});
    return {{"id", check.id},
            {"status", id_of(check.status)},
            {"party", id_of(check.party)},
            {"title", apply::to_json(check.title)},
            {"what", apply::to_json(check.what)},
            {"evidence", std::move(evidence)},
            {"millis", check.millis.count()},
            {"code", check.code ? Json(check.code->id) : Json(nullptr)}};
}

Result<verify::Check> check_of(const Json& json) {
    verify::Check check{.id = json.at("id").get<std::string>(),
                        .status = status_of(json.at("status").get<std::string>()),
                        .party = party_of(json.at("party").get<std::string>()),
                        .title = {},
                        .what = {},
                        .evidence = {},
                        .millis = std::chrono::milliseconds(json.at("millis").get<std::int64_t>()),
                        .code = std::nullopt};
    ELIGATE_TRY_ASSIGN(check.title, message_of(json.at("title")));
    ELIGATE_TRY_ASSIGN(check.what, message_of(json.at("what")));
    for (const auto& pair : json.at("evidence"))
        check.evidence.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
    // A code that a later version took away is told without its explanation.
    if (const auto& code = json.at("code"); code.is_string())
        if (const auto row = catalog::find(code.get<std::string>()))
            check.code = row->code;
    return check;
}

Json to_json(const Provenance& provenance) {
    auto inputs = Json::array();
    for (const auto& input : provenance.inputs)
        inputs.push_back({{"path", input.path},
                          {"sensitive", input.sensitive},
                          {"text", input.sensitive ? Json(nullptr) : Json(input.text.expose())}});
    return {{"by", provenance.by},
            {"site", provenance.site},
            {"secrets", provenance.secrets},
            {"inputs", std::move(inputs)},
            {"back_to", provenance.back_to ? Json(*provenance.back_to) : Json(nullptr)}};
}

Provenance provenance_of(const Json& json) {
    Provenance provenance{.by = json.at("by").get<std::string>(),
                          .site = json.at("site").get<std::string>(),
                          .secrets = json.at("secrets").get<std::string>(),
                          .inputs = {},
                          .back_to = std::nullopt};
    for (const auto& input : json.at("inputs")) {
        const auto& text = input.at("text");
        provenance.inputs.push_back(
            {.path = input.at("path").get<std::string>(),
             .text = base::Secret(text.is_string() ? text.get<std::string>() : std::string()),
             .sensitive = input.at("sensitive").get<bool>()});
    }
    if (const auto& number = json.at("back_to"); number.is_number_unsigned())
        provenance.back_to = number.get<std::uint32_t>();
    return provenance;
}

Json to_json(const Generation& generation) {
    auto steps = Json::array();
    for (const auto& step : generation.steps)
        steps.push_back(apply::to_json(step));
    auto checks = Json::array();
    for (const auto& check : generation.ladder.checks)
        checks.push_back(to_json(check));
    auto files = Json::array();
    for (const auto& file : generation.files)
        files.push_back({{"path", file.path},
                         {"mode", file.mode},
                         {"text", file.text ? Json(*file.text) : Json(nullptr)}});
    return {{"version", version},
            {"generation", generation.number},
            {"committed_at", generation.committed_at},
            {"profile", generation.profile_id},
            {"revision", generation.revision},
            {"clinic", generation.clinic},
            {"provenance", to_json(generation.provenance)},
            {"steps", std::move(steps)},
            {"ladder", std::move(checks)},
            {"files", std::move(files)}};
}

Result<Generation> generation_of(const Json& json) {
    Generation generation{.number = json.at("generation").get<std::uint32_t>(),
                          .committed_at = json.at("committed_at").get<std::int64_t>(),
                          .profile_id = json.at("profile").get<std::string>(),
                          .revision = json.at("revision").get<std::uint32_t>(),
                          .clinic = json.at("clinic").get<std::string>(),
                          .provenance = provenance_of(json.at("provenance")),
                          .steps = {},
                          .ladder = {},
                          .files = {}};
    for (const auto& step : json.at("steps")) {
        ELIGATE_TRY_ASSIGN(auto message, message_of(step));
        generation.steps.push_back(std::move(message));
    }
    for (const auto& check : json.at("ladder")) {
        ELIGATE_TRY_ASSIGN(auto read, check_of(check));
        generation.ladder.checks.push_back(std::move(read));
    }
    for (const auto& file : json.at("files")) {
        const auto& text = file.at("text");
        generation.files.push_back(
            {.path = file.at("path").get<std::string>(),
             .mode = file.at("mode").get<std::uint32_t>(),
             .text = text.is_string() ? std::optional(text.get<std::string>()) : std::nullopt});
    }
    return generation;
}

/// A user's name, or what a peer answered, may be no UTF-8; that must not keep a proven change from being
/// kept.
base::Secret plain_text_of(const Json& json) {
    return base::Secret(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// The secrets, one file: the sensitive inputs in their order, in base64, since a key file is no UTF-8.
base::Secret secrets_of(const std::vector<Input>& inputs) {
    auto list = Json::array();
    for (const auto& input : inputs)
        if (input.sensitive)
            list.push_back(std::string(base::base64(input.text.expose()).expose()));
    return text_of({{"version", version}, {"inputs", std::move(list)}});
}

bool has_secrets(const Provenance& provenance) {
    return std::ranges::any_of(provenance.inputs, &Input::sensitive);
}

Result<std::vector<std::string>> superfluous(port::Store& store, std::uint32_t newest) {
    ELIGATE_TRY_ASSIGN(auto names, store.names());
    std::erase_if(names, [newest](const std::string& name) {
        const auto number = number_in(name);
        const auto kept = name.ends_with(secret_end) ? kept_secrets : kept_generations;
        return !number || (*number <= newest && *number + kept > newest);
    });
    return names;
}

/// What the JSON library takes for a text.
bool is_text(std::string_view bytes) {
    const Json json(bytes);
    using enum Json::error_handler_t;
    return json.dump(-1, ' ', false, ignore) == json.dump(-1, ' ', false, replace);
}

std::string digest_of(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL wants unsigned bytes
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return fmt::format("{} bytes, SHA-256 {:02x}\n", bytes.size(), fmt::join(digest, ""));
}

} // namespace

KeptFile kept(const plan::File& file) {
    KeptFile kept{.path = file.path, .mode = file.mode, .text = std::nullopt};
    const auto bytes = file.content.expose();
    if (!file.sensitive)
        kept.text = is_text(bytes) ? std::string(bytes) : digest_of(bytes);
    return kept;
}

Result<> write_generation(port::Store& store, const Generation& generation) {
    if (has_secrets(generation.provenance)) {
        ELIGATE_TRY(
            store.write(name_of(generation.number, secret_end), secrets_of(generation.provenance.inputs)));
    }
    return store.write(name_of(generation.number, plain_end), plain_text_of(to_json(generation)));
}

Result<std::optional<Generation>> read_generation(port::Store& store, std::uint32_t number) {
    ELIGATE_TRY_ASSIGN(const auto text, store.read(name_of(number, plain_end)));
    if (!text)
        return std::nullopt;
    ELIGATE_TRY_ASSIGN(const auto json, json_of(text->expose()));
    if (!json.is_object() || json.value("version", 0) != version)
        return damaged(number);
    try {
        ELIGATE_TRY_ASSIGN(auto generation, generation_of(json));
        return generation;
    } catch (const nlohmann::json::exception&) {
        return damaged(number);
    }
}

Result<std::optional<std::vector<Input>>> read_inputs(port::Store& store, const Generation& generation) {
    auto inputs = generation.provenance.inputs;
    if (!has_secrets(generation.provenance))
        return inputs;
    ELIGATE_TRY_ASSIGN(const auto text, store.read(name_of(generation.number, secret_end)));
    if (!text)
        return std::nullopt;
    ELIGATE_TRY_ASSIGN(const auto json, json_of(text->expose()));
    try {
        std::size_t next = 0;
        for (auto& input : inputs) {
            if (!input.sensitive)
                continue;
            const auto decoded = base::from_base64(json.at("inputs").at(next++).get<std::string>());
            if (!decoded)
                return damaged(generation.number);
            input.text = *decoded;
        }
    } catch (const nlohmann::json::exception&) {
        return damaged(generation.number);
    }
    return inputs;
}

bool is_made_of_others(port::Store& store, std::uint32_t number, const std::vector<Input>& inputs) {
    const auto generation = read_generation(store, number);
    if (!generation || !*generation)
        return false;
    const auto made_of = read_inputs(store, **generation);
    return made_of && *made_of && !std::ranges::equal(**made_of, inputs, [](const Input& a, const Input& b) {
               return a.path == b.path && a.text == b.text;
           });
}

Result<std::vector<std::uint32_t>> kept_numbers(port::Store& store, std::uint32_t newest) {
    ELIGATE_TRY_ASSIGN(const auto names, store.names());
    std::vector<std::uint32_t> numbers;
    for (const auto& name : names)
        if (const auto number = number_in(name); number && *number <= newest && name.ends_with(plain_end))
            numbers.push_back(*number);
    std::ranges::sort(numbers);
    return numbers;
}

Result<> prune_generations(port::Store& store, std::uint32_t newest) {
    ELIGATE_TRY_ASSIGN(const auto names, superfluous(store, newest));
    Result<> removed;
    for (const auto& name : names)
        if (auto one = store.remove(name); !one && removed)
            removed = std::move(one);
    if (removed)
        return removed;
    // What stands there decides, as with the record: a folder that cannot be fsynced has lost its file all
    // the same.
    ELIGATE_TRY_ASSIGN(const auto left, superfluous(store, newest));
    return left.empty() ? Result<>() : removed;
}

} // namespace eligate::apply
