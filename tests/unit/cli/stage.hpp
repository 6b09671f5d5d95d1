// SPDX-License-Identifier: Apache-2.0
/// A whole command run on a machine in memory: the shipped example site, fakes for everything below.
#pragma once

#include "base/cancel.hpp"
#include "catalog/catalog.hpp"
#include "cli/engine.hpp"
#include "support/inputs.hpp"
#include "unit/apply/fakes.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::cli::test {

struct Ended {
    catalog::Exit exit = catalog::Exit::failed;
    std::string out;
    std::string err;
};

class Stage {
  public:
    Stage();

    /// `eligate --site site.toml --secrets secrets.toml ARGUMENTS`
    Ended run(std::initializer_list<std::string> arguments);

    /// What the site is to become; a file, a sysctl, a secret and a route to begin with.
    plan::State desired;
    verify::Report preflight;
    verify::Report ladder;
    std::vector<vici::IkeSa> sas;
    /// What opening the appliance or making the goal fails with.
    std::optional<base::Error> appliance_error;
    std::optional<base::Error> goal_error;
    /// What is in the way before the first change, and of writing.
    std::vector<base::Error> faults;
    std::vector<base::Error> room_faults;
    std::vector<std::string> answers;
    std::function<void()> before_answer = [] {};
    /// Whether somebody sits at a terminal.
    bool terminal = false;

    eligate::test::FakeDisk disk;
    apply::FakeMachine machine;
    apply::FakeStore store;
    apply::FakeLog system_log;
    apply::FakeDeadline deadline;
    /// The other end of the SSH session.
    std::string peer;
    base::Cancel cancel;

  private:
    Engine engine();
};

/// A check as a ladder answers it.
verify::Check check(const char* id, verify::Status status, catalog::Party party, const char* title,
                    std::optional<base::Code> code = std::nullopt);

/// A live tunnel of ours.
vici::IkeSa live_tunnel();

inline bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::vector<std::string> keys_of(const nlohmann::ordered_json& json);

inline constexpr const char* canary = "CANARY-of-the-stage";

} // namespace eligate::cli::test
