// SPDX-License-Identifier: Apache-2.0
#include "apply/foreign.hpp"

#include "catalog/catalog.hpp"

#include <algorithm>
#include <string>
#include <variant>

namespace eligate::apply {
namespace {

using base::msg;
namespace code = catalog::code;

/// A link that somebody made under our name after ours was gone.
bool is_another_link(const plan::Action& action) {
    const auto* const standing = std::get_if<plan::Link>(&*action.before);
    const auto* const wanted = std::get_if<plan::Link>(&action.subject());
    return standing != nullptr && wanted != nullptr && standing->if_id != wanted->if_id;
}

/// A value that is neither ours nor one that can be put back exactly (a secret in charon, a route: anything
/// but what was read in full).
bool is_foreign(const Plan& plan, const plan::Action& action) {
    if (!action.before)
        return false;
    if (plan.record && plan.record->owned.contains(action.key()))
        return is_another_link(action);
    return !std::holds_alternative<plan::File>(*action.before) &&
           !std::holds_alternative<plan::Sysctl>(*action.before);
}

/// Something that nobody but its maker knows in full (charon tells no secret, a link may carry another
/// tunnel) stands under a key of ours, and we have no record of it.
bool is_unrecorded(const Plan& plan, const std::string& key, const plan::Resource& resource) {
    const bool told_in_part = std::holds_alternative<plan::SharedSecret>(resource) ||
                              std::holds_alternative<plan::Connection>(resource) ||
                              std::holds_alternative<plan::Authority>(resource) ||
                              std::holds_alternative<plan::Link>(resource) ||
                              std::holds_alternative<plan::Tunnel>(resource);
    return told_in_part && !(plan.record && plan.record->owned.contains(key));
}

} // namespace

std::vector<base::Error> foreign_values(const Plan& plan) {
    std::vector<std::string> names;
    for (const auto& action : plan.actions)
        if (is_foreign(plan, action))
            names.push_back(action.key());
    for (const auto& [key, resource] : plan.observed)
        if (is_unrecorded(plan, key, resource) && std::ranges::find(names, key) == names.end())
            names.push_back(key);
    std::vector<base::Error> faults;
    faults.reserve(names.size());
    for (const auto& name : names)
        faults.push_back(
            {.code = code::foreign_value,
             .what = msg(N_("{name} is there already, and eligate did not make it"), {{"name", name}}),
             .evidence = {{"resource", name}}});
    return faults;
}

} // namespace eligate::apply
