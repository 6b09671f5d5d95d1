// SPDX-License-Identifier: Apache-2.0
// A site of many destinations: its routes are one step of the journal and one of the machine.
#include "apply/restore.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace eligate;
using namespace eligate::apply;
namespace code = catalog::code;

namespace {

constexpr unsigned destinations = 200;

plan::Route route_to(unsigned number) {
    return {.table = 8470,
            .destination = *net::Prefix::parse(fmt::format("10.{}.0.0/16", number)),
            .type = plan::RouteType::unreachable,
            .device = "",
            .metric = 200};
}

plan::State many() {
    auto state = wanted();
    for (unsigned number = 0; number < destinations; ++number)
        plan::put(state, route_to(number));
    return state;
}

std::size_t lines_with(const std::string& text, std::string_view word) {
    std::size_t lines = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++lines;
    return lines;
}

bool has(const std::vector<std::size_t>& sizes, std::size_t size) {
    return std::ranges::find(sizes, size) != sizes.end();
}

/// The journal as it was when the proof began.
struct Watched : Scene {
    std::string journal;

    base::Result<Outcome> apply_watched(plan::State desired) {
        auto wish = goal(std::move(desired));
        wish.prove = [this](const verify::Report&) {
            journal = store.files.at("journal");
            return report(proof);
        };
        return apply_goal(engine, wish, [](const Plan&) { return true; });
    }
};

} // namespace

TEST_CASE("batch: routes are one call and one record of the journal, there and back") {
    Watched scene;
    CHECK(scene.apply_watched(many()).value().end == End::committed);
    CHECK(has(scene.machine.batches, destinations));
    // Each of the others by itself.
    CHECK(lines_with(scene.journal, R"("doing")") == wanted().size() + 1);
    CHECK(scene.machine.state == with_foreign(many()));

    scene.machine.batches.clear();
    CHECK(scene.remove().value().end == End::committed);
    CHECK(has(scene.machine.batches, destinations));
    CHECK(scene.machine.state == machine_before());

    scene.machine.batches.clear();
    scene.proof = verify::Status::fail;
    CHECK(scene.apply(many()).value().end == End::rolled_back);
    CHECK(std::ranges::count(scene.machine.batches, destinations) == 2);
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("batch: the one that fails is named, and all of it goes back") {
    const auto actions = plan::diff(machine_before(), with_foreign(many()));
    const auto at = static_cast<std::size_t>(
        std::ranges::find(actions, plan::key_of(route_to(77)), &plan::Action::key) - actions.begin());
    for (const bool after_the_effect : {false, true}) {
        Scene scene;
        scene.machine.fails_at = at;
        scene.machine.fails_after_the_effect = after_the_effect;
        const auto outcome = scene.apply(many());
        REQUIRE(outcome);
        CHECK(outcome->end == End::rolled_back);
        REQUIRE(outcome->error->context.size() == 1);
        CHECK(base::english(outcome->error->context[0]) == "Adding the unreachable route for 10.77.0.0/16");
        CHECK(scene.machine.state == machine_before());
        CHECK(scene.store.files.empty());
    }
}

TEST_CASE("batch: a request to stop is heeded between two of them") {
    Scene scene;
    scene.machine.side_effect = [&](plan::State& /*state*/, const plan::Action& action) {
        if (action.key() == plan::key_of(route_to(5)))
            scene.cancel.request();
    };
    const auto outcome = scene.apply(many());
    REQUIRE(outcome);
    CHECK(outcome->end == End::rolled_back);
    CHECK(outcome->error->code == code::interrupted);
    // The batch was ended, and nothing behind it was begun.
    CHECK(std::ranges::count(scene.machine.batches, destinations) == 2);
    CHECK(std::ranges::find(scene.observer.steps, "tunnel eligate") == scene.observer.steps.end());
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("batch: a run that was cut off in the middle of one is put back") {
    Scene scene;
    const auto actions = plan::diff(machine_before(), with_foreign(many()));
    const auto first = static_cast<std::size_t>(
        std::ranges::find_if(actions,
                             [](const plan::Action& action) {
                                 return std::holds_alternative<plan::Route>(action.subject());
                             }) -
        actions.begin());
    Journal journal(scene.store);
    REQUIRE(journal.begin(0, actions));
    REQUIRE(journal.doing(first, destinations));
    CHECK(Journal::read(scene.store).value()->begun == first + destinations);
    CHECK(Journal::read(scene.store).value()->done == first);
    // Half of the batch had its effect.
    for (std::size_t i = 0; i < first + destinations / 2; ++i)
        plan::put(scene.machine.state, *actions[i].after);
    CHECK(restore(scene.engine, [](const std::string& text) { return text; }).value().end ==
          Restoration::End::put_back);
    CHECK(scene.machine.state == machine_before());
    CHECK(has(scene.machine.batches, destinations));
}

TEST_CASE("batch: restore puts many routes back in one call, and says which one does not come") {
    Scene scene;
    REQUIRE(scene.apply(many()));
    for (unsigned number = 0; number < destinations; ++number)
        scene.machine.state.erase(plan::key_of(route_to(number)));
    scene.machine.batches.clear();
    const auto unchanged = [](const std::string& text) { return text; };
    CHECK(restore(scene.engine, unchanged).value().actions.size() == destinations);
    CHECK(scene.machine.batches == std::vector<std::size_t>{destinations});

    scene.machine.state.erase(plan::key_of(route_to(9)));
    scene.machine.acted.clear();
    scene.machine.fails_at = 0;
    scene.machine.stays_broken = true;
    const auto restoration = restore(scene.engine, unchanged);
    REQUIRE(restoration);
    CHECK(restoration->end == Restoration::End::incomplete);
    REQUIRE(restoration->error->context.size() == 1);
    CHECK(base::english(restoration->error->context[0]) == "Adding the unreachable route for 10.9.0.0/16");
}
