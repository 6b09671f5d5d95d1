// SPDX-License-Identifier: Apache-2.0
/// Where a terminal stands, for the rungs that look from there: the place, once lan.forwarding has entered
/// it, and the scene as it is seen from there and from the appliance.
#pragma once

#include "port/place.hpp"
#include "verify/scene.hpp"

#include <memory>
#include <string>

namespace eligate::verify {

/// What lan.forwarding enters, the rungs behind it use, and the last one leaves.
struct Standpoint {
    std::unique_ptr<port::Place> place;
    std::unique_ptr<port::LineWatch> watch;
    /// A name below one of the domains that nobody but dns.forwarder asks for.
    std::string own_name;
};

/// Below the first of the domains, and unlike anything that a device in the clinic would ask for.
std::string fresh_name(const Wanted& wanted);

/// All that the rungs of lan_rungs.cpp share.
struct Lan {
    explicit Lan(const ScenePtr& scene);

    Standpoint at;
    /// The place's, where there is one by the time it is used.
    std::unique_ptr<port::Wire> wire;
    ScenePtr appliance;
    /// From the terminal's place: of the provider's DNS servers, and of the forwarder where there is one.
    ScenePtr terminal;
    ScenePtr asking;
    /// The forwarder, from the appliance itself.
    ScenePtr beside;
};
using LanPtr = std::shared_ptr<Lan>;

} // namespace eligate::verify
