// SPDX-License-Identifier: Apache-2.0
/// What apply and rollback share: a site's inputs carried out through the one gate.
#pragma once

#include "apply/generation.hpp"
#include "apply/transaction.hpp"
#include "catalog/catalog.hpp"
#include "cli/context.hpp"
#include "cli/view/report.hpp"
#include "profile/settled.hpp"

#include <optional>
#include <string>

namespace eligate::cli {

/// A site with what it was read from.
struct Site {
    profile::Settled settled;
    apply::Provenance provenance;
};

/// Looks, shows, asks, carries out, proves, keeps or puts back, and tells the end.
catalog::Exit carry_out(const Context& context, const Appliance& appliance, const Site& site,
                        const base::Message& question);

/// Whose change it was, for whoever reads its end.
struct Place {
    std::string site;
    Contact contact;
};

/// The one sentence that says how it ended.
base::Message conclusion(const apply::Outcome& outcome);

/// Tells the end of a change, to a person or as a record; its exit code.
catalog::Exit conclude(const Context& context, const apply::Outcome& outcome, const Place& place,
                       const base::Message& sentence);

/// Asks, and puts the change back that waits for its confirmation.
catalog::Exit give_up_change(const Context& context, const Appliance& appliance);

/// The site as the files say; like load_site() in command.hpp.
std::optional<Site> read_site(const Context& context);

/// The site as it was read for a generation, from what is kept of it. Faults are told: a profile that was
/// good once may not be good enough for this version.
std::optional<Site> read_site(const Context& context, const apply::Generation& generation,
                              std::vector<apply::Input> inputs);

} // namespace eligate::cli
