// SPDX-License-Identifier: Apache-2.0
/// The site file: one clinic. No secret stands in it.
#pragma once

#include "profile/lan.hpp"
#include "profile/located.hpp"
#include "profile/settled.hpp"
#include "profile/toml.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::profile {

struct SiteIntake {
    Located<std::string> key;
    /// Empty if it was malformed, and reported as that.
    Located<std::string> value;
};

struct SiteService {
    Located<std::string> id;
    bool used = false;
};

struct Site {
    std::string file;
    Located<std::string> profile;
    std::string clinic;
    Located<std::string> line;
    /// Empty where not given.
    Located<std::string> wan_interface;
    Lan lan;
    std::vector<SiteIntake> intake;
    /// Where the table [intake] stands, or the end of the file: the place to report a value that is missing.
    base::SourceSpan intake_where;
    std::vector<SiteService> services;
    base::SourceSpan services_where;
    Dataplane dataplane = Dataplane::automatic;
};

/// Reports everything that is wrong with the document as a site file, and hides in `document` what looks like
/// a secret that was typed into the wrong file. The value holds what could be understood, so that the other
/// files' faults are found in the same run; it is absent only if the text is not TOML or follows another
/// schema.
std::optional<Site> read_site(Document& document, base::Diagnostics& diagnostics);

} // namespace eligate::profile
