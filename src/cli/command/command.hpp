// SPDX-License-Identifier: Apache-2.0
/// The commands, one function and one file each, and what they share.
#pragma once

#include "apply/transaction.hpp"
#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "cli/context.hpp"
#include "cli/view/json.hpp"
#include "profile/settled.hpp"

#include <optional>

namespace eligate::cli {

catalog::Exit apply_site(const Context& context);
catalog::Exit check(const Context& context);
catalog::Exit confirm_change(const Context& context);
catalog::Exit explain(const Context& context);
catalog::Exit history(const Context& context);
catalog::Exit plan_site(const Context& context);
catalog::Exit profile_check(const Context& context);
catalog::Exit profile_list(const Context& context);
catalog::Exit profile_show(const Context& context);
catalog::Exit remove_site(const Context& context);
catalog::Exit restore_kernel(const Context& context);
catalog::Exit rollback_site(const Context& context);
catalog::Exit status(const Context& context);
catalog::Exit verify_site(const Context& context);

/// null if nothing was ever committed.
Json generation_json(const std::optional<apply::Record>& record);

/// Writes a record to standard output.
void write(const Context& context, const Json& json);

/// Tells the error to the person, and with --json also as a record; answers with its exit code.
catalog::Exit report(const Context& context, const base::Error& error);
/// The same for a command that has not changed anything: of what can go wrong only a wrong input and an
/// interruption have exit codes of their own.
catalog::Exit report_untouched(const Context& context, const base::Error& error);

/// Writes what is wrong with the input: to people on standard error, with --json as a record.
catalog::Exit report(const Context& context, const base::Diagnostics& diagnostics);

/// What the site file and all it leads to mean. Tells all faults and warnings; nothing if there are errors
/// (then the exit code is `invalid`).
std::optional<profile::Settled> load_site(const Context& context);

/// Shows the question on the terminal and waits for an answer; true for "y" or "yes", and at once with --yes.
/// Without a terminal, or when interrupted: false.
bool confirmed(const Context& context, const base::Message& question);

/// The seam that the transaction wants.
apply::Engine engine_for(const Context& context, const Appliance& appliance, apply::Observer& observer);

} // namespace eligate::cli
