// SPDX-License-Identifier: Apache-2.0
/// What must be true of a machine before the first change: all that is not is told at once, each with its
/// cause and its remedy, and the machine stays as it was. Looking and judging are apart, so that the
/// judgement is pure.
#pragma once

#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "plan/action.hpp"
#include "port/ground.hpp"
#include "profile/settled.hpp"
#include "vici/algorithms.hpp"
#include "vici/charon.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

/// The parts that a tunnel stands on, as they were found.
struct Footing {
    /// Why strongSwan could not be asked; then the next three say nothing.
    std::optional<base::Error> charon_fault = std::nullopt;
    vici::Version version = {};
    std::vector<std::string> plugins = {};
    vici::OfferedAlgorithms algorithms = {};
    std::optional<base::Error> filter_fault = std::nullopt;
    std::vector<port::IkePort> ike_ports = {};
};

/// Asks strongSwan and the kernel side by side; blocks as long as strongSwan takes, at most its patience.
/// `charon` is used by nobody else meanwhile.
Footing look_at_footing(port::Ground& ground, vici::Charon& charon);

/// Everything in the way of this site. Pure.
std::vector<base::Error> judge(const profile::Settled& settled, const Footing& footing);

/// Bytes that carrying out `actions` writes, by folder: the files, the journal, the record, the lock. Pure.
std::map<std::string, std::size_t> room_for(const std::vector<plan::Action>& actions);
/// What a first apply writes, where its actions cannot be known.
std::map<std::string, std::size_t> room_for_any();

/// What is in the way of writing that much.
std::vector<base::Error> check_room(port::Ground& ground, const std::map<std::string, std::size_t>& room,
                                    Trying trying);

} // namespace eligate::apply
