// SPDX-License-Identifier: Apache-2.0
#include "cli/system_entries.hpp"

#include "catalog/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace eligate::cli {
namespace {

using apply::End;
using port::LogEntry;
using port::Priority;

/// Made once with uuidgen(1). They are a contract: monitoring systems look for them.
namespace message_id {
constexpr std::string_view committed = "aa2caa69e0814ddd812cf25da1aa0b51";
constexpr std::string_view held = "6cfb46f18f4a49158d2d0df77addfe62";
constexpr std::string_view rolled_back = "a280c3f0ae534eeeb156fa5caf7c114c";
constexpr std::string_view incomplete = "a9c185da29284db8850e42e40ebf9056";
constexpr std::string_view removed = "2a34a5531afc49788cc82944298a7ac0";
constexpr std::string_view restored = "ef521add971846e1844a8925e3b2a1ec";
constexpr std::string_view not_restored = "40e794a9530745af8c0c02c7c9aa08ad";
constexpr std::string_view check_failed = "ca49e3addcca417894680dbdc46acdf9";
constexpr std::string_view put_back = "84ed0e8e7fb948f29e7e3e4025251c1e";
constexpr std::string_view revived = "e26ef37d16254796a5918dd986a4dcec";
constexpr std::string_view renewed = "0de3e46ff9c244b48292cfb3c816c87b";
} // namespace message_id

LogEntry entry_of(std::string_view id, Priority priority, std::string text, const Origin& origin) {
    LogEntry entry{.priority = priority, .message_id = id, .text = std::move(text)};
    if (!origin.profile_id.empty())
        entry.fields.emplace_back("ELIGATE_PROFILE", origin.profile_id);
    if (origin.generation > 0)
        entry.fields.emplace_back("ELIGATE_GENERATION", std::to_string(origin.generation));
    return entry;
}

/// The rung that an error is about; the ladder puts its id in front of the evidence.
std::string_view check_of(const base::Error& error) {
    const bool named = !error.evidence.empty() && error.evidence.front().first == "check";
    return named ? std::string_view(error.evidence.front().second) : std::string_view();
}

void add_cause(LogEntry& entry, base::Code code, std::string_view check,
               std::optional<catalog::Party> party = std::nullopt) {
    const auto& row = catalog::row_of(code);
    entry.text += fmt::format(": {} {}", code.id, row.summary);
    entry.fields.emplace_back("ELIGATE_CODE", code.id);
    if (!check.empty())
        entry.fields.emplace_back("ELIGATE_CHECK", check);
    entry.fields.emplace_back("ELIGATE_PARTY", catalog::id_of(party.value_or(row.party)));
}

void add_cause(LogEntry& entry, const std::optional<base::Error>& error) {
    if (error)
        add_cause(entry, error->code, check_of(*error));
}

void log_incomplete(port::SystemLog& log, const apply::Outcome& outcome, const Origin& origin) {
    auto entry = entry_of(message_id::incomplete, Priority::error,
                          fmt::format("{} steps are left to do by hand", outcome.leftover.size()), origin);
    add_cause(entry, outcome.error);
    log.write(entry);
}

} // namespace

void log_apply(port::SystemLog& log, const apply::Outcome& outcome, const Origin& origin) {
    if (outcome.end == End::committed) {
        log.write(entry_of(message_id::committed, outcome.proven ? Priority::notice : Priority::warning,
                           fmt::format("applied {}, generation {}",
                                       outcome.proven ? "and proven" : "without proof", outcome.generation),
                           {.profile_id = origin.profile_id, .generation = outcome.generation}));
    } else if (outcome.end == End::held) {
        log.write(
            entry_of(message_id::held, Priority::notice,
                     fmt::format("applied, generation {} waits for its confirmation", outcome.generation),
                     {.profile_id = origin.profile_id, .generation = outcome.generation}));
    } else if (outcome.end == End::rolled_back) {
        auto entry = entry_of(message_id::rolled_back, Priority::warning,
                              outcome.error ? "apply failed, everything was put back"
                                            : "a change was not confirmed, everything was put back",
                              origin);
        add_cause(entry, outcome.error);
        log.write(entry);
    } else if (outcome.end == End::incomplete) {
        log_incomplete(log, outcome, origin);
    }
}

void log_removal(port::SystemLog& log, const apply::Outcome& outcome, const Origin& origin) {
    if (outcome.end == End::rolled_back) {
        auto entry = entry_of(message_id::rolled_back, Priority::warning,
                              "removal failed, everything was put back", origin);
        add_cause(entry, outcome.error);
        log.write(entry);
    }
    if (outcome.end == End::committed)
        log.write(entry_of(message_id::removed, Priority::notice, "everything that eligate made was removed",
                           origin));
    else if (outcome.end == End::incomplete)
        log_incomplete(log, outcome, origin);
}

void log_restore(port::SystemLog& log, const apply::Restoration& restoration) {
    const Origin origin{.profile_id = restoration.profile_id, .generation = restoration.generation};
    if (restoration.end == apply::Restoration::End::restored) {
        log.write(entry_of(message_id::restored, Priority::notice,
                           fmt::format("firewall and routes were put back ({} changes){}",
                                       restoration.actions.size(),
                                       restoration.unfinished ? "; an apply was cut off" : ""),
                           origin));
    } else if (restoration.end == apply::Restoration::End::put_back) {
        log.write(entry_of(message_id::put_back, Priority::warning, "a change that was cut off was put back",
                           origin));
    } else if (restoration.end == apply::Restoration::End::incomplete) {
        auto entry = entry_of(message_id::not_restored, Priority::error,
                              fmt::format("{} resources do not stand", restoration.leftover.size()), origin);
        add_cause(entry, restoration.error);
        log.write(entry);
    }
}

void log_revival(port::SystemLog& log, const apply::Restoration& restoration) {
    log.write(entry_of(message_id::revived, Priority::notice, "the tunnel was down, and is up again",
                       {.profile_id = restoration.profile_id, .generation = restoration.generation}));
}

void log_renewal(port::SystemLog& log, const apply::Restoration& restoration) {
    log.write(entry_of(message_id::renewed, Priority::warning,
                       "the tunnel was up, but nothing came back through it; it was begun anew",
                       {.profile_id = restoration.profile_id, .generation = restoration.generation}));
}

void log_verify(port::SystemLog& log, const verify::Report& report, const Origin& origin) {
    for (const auto& check : report.checks) {
        if (check.status != verify::Status::fail)
            continue;
        auto entry = entry_of(message_id::check_failed, Priority::warning,
                              fmt::format("check {} failed", check.id), origin);
        add_cause(entry, check.code.value_or(catalog::code::not_proven), check.id, check.party);
        log.write(entry);
    }
}

} // namespace eligate::cli
