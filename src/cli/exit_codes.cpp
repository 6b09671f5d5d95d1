// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_codes.hpp"

#include <algorithm>
#include <array>

namespace eligate::cli {
namespace {

using catalog::Exit;

constexpr auto table = std::to_array<ExitRow>({
    {Exit::done, N_("done")},
    {Exit::failed, N_("failed, nothing changed")},
    {Exit::usage, N_("the command line was wrong")},
    {Exit::invalid, N_("profile or site invalid")},
    {Exit::pending, N_("changes are pending (plan --exit-code), or wait for `eligate confirm`")},
    {Exit::rolled_back, N_("verification failed and everything was put back (verify: a check failed)")},
    {Exit::rollback_incomplete, N_("something could not be put back; the steps to do by hand are printed")},
    {Exit::interrupted, N_("interrupted; everything was put back")},
});

} // namespace

std::span<const ExitRow> exit_codes() {
    return table;
}

base::Message meaning_of(Exit exit) {
    const auto* const found = std::ranges::find(table, exit, &ExitRow::exit);
    return found == table.end() ? base::Message() : base::msg(found->meaning);
}

} // namespace eligate::cli
