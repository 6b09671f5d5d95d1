// SPDX-License-Identifier: Apache-2.0
/// The verification ladder's answers.
#pragma once

#include "cli/style.hpp"
#include "cli/view/json.hpp"
#include "profile/settled.hpp"
#include "verify/check.hpp"

#include <string>

namespace eligate::cli {

/// Whom to call where it is the provider's turn; from the profile.
struct Contact {
    base::LocalText name;
    std::string phone;
    std::string hours;
};
Contact contact_of(const profile::Settled& settled);
/// "Call: …"; empty if the profile names no telephone.
std::string render_call(const Contact& contact, const Style& style);

/// One line a check; below a failure what was seen, why, what to do and who; the last line says what is next.
std::string render(const verify::Report& report, const Contact& contact, const Style& style);

/// Its parts: the checks alone, and what is to be done next.
std::string render_checks(const verify::Report& report, const Style& style);
std::string render_next_step(const verify::Report& report, const Contact& contact, const Style& style);

/// "OK    DNS pweb.base.oqs-pdl.org        12 ms", without what stands below a failure.
std::string render_line(const verify::Check& check, const Style& style);

/// The list for the key "checks" (design, section 8).
Json checks_json(const verify::Report& report, const Style& style);

} // namespace eligate::cli
