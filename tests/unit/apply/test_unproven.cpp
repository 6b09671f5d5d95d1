// SPDX-License-Identifier: Apache-2.0
/// What may be kept without proof: a site to which nothing is missing but the other side.
#include "apply/revive.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

namespace eligate::apply {
namespace {

verify::Check failed(const char* id, catalog::Party party) {
    auto check = report(verify::Status::fail).checks.front();
    check.id = id;
    check.party = party;
    return check;
}

struct Unproven : Scene {
    std::vector<verify::Check> ladder;
    bool asked = false;

    base::Result<Outcome> apply_unproven(bool allowed = true) {
        auto site = goal(wanted());
        site.unproven = allowed;
        site.prove = [this](const verify::Report&) { return verify::Report{.checks = ladder}; };
        asked = false;
        return apply_goal(engine, site, [this](const Plan&) { return asked = true; });
    }
    /// The tunnel is the last of wanted(), and the provider's side refuses it.
    void refuse_tunnel() {
        machine.fails_at = wanted().size() - 1;
        machine.fault = catalog::code::auth_refused_psk;
    }
    bool proven() { return read_record(store).value().value().proven; }
};

} // namespace

TEST_CASE("unproven: kept where only the provider or the centre fails, and marked") {
    Unproven scene;
    const auto party = GENERATE(catalog::Party::provider, catalog::Party::centre);
    scene.ladder = {failed("dns.x", party)};
    const auto outcome = scene.apply_unproven().value();
    CHECK(outcome.end == End::committed);
    CHECK_FALSE(outcome.proven);
    CHECK_FALSE(scene.proven());
    CHECK(scene.machine.state == with_foreign(wanted()));
}

TEST_CASE("unproven: nobody else's failure is forgiven, and none without being asked for") {
    Unproven scene;
    using enum catalog::Party;
    const auto party = GENERATE(site, appliance, line, terminal);
    scene.ladder = {failed("dns.x", provider), failed("link.wan", party)};
    CHECK(scene.apply_unproven().value().end == End::rolled_back);
    scene.ladder = {failed("dns.x", provider)};
    CHECK(scene.apply_unproven(false).value().end == End::rolled_back);
    CHECK(scene.machine.state == machine_before());
    CHECK(scene.store.files.empty());
}

TEST_CASE("unproven: a tunnel that the provider refuses does not stop it, any other step does") {
    Unproven scene;
    scene.ladder = {failed("ike.established", catalog::Party::appliance),
                    failed("child.installed", catalog::Party::provider)};
    SECTION("refused") {
        scene.refuse_tunnel();
        CHECK(scene.apply_unproven().value().end == End::committed);
        CHECK_FALSE(scene.machine.state.contains("tunnel eligate"));
        CHECK(scene.machine.state.contains(plan::key_of(plan::FirewallTable{})));
    }
    SECTION("refused, and not allowed") {
        scene.refuse_tunnel();
        CHECK(scene.apply_unproven(false).value().end == End::rolled_back);
    }
    SECTION("not refused: then these rungs are the appliance's affair") {
        CHECK(scene.apply_unproven().value().end == End::rolled_back);
    }
    SECTION("another step with the same words") {
        scene.refuse_tunnel();
        scene.machine.fails_at = 0;
        CHECK(scene.apply_unproven().value().end == End::rolled_back);
    }
    SECTION("the tunnel, for a reason of ours") {
        scene.refuse_tunnel();
        scene.machine.fault = catalog::code::charon_refused;
        CHECK(scene.apply_unproven().value().end == End::rolled_back);
    }
}

TEST_CASE("unproven: the proof is made up for by the next apply, without a question where nothing changes") {
    Unproven scene;
    scene.ladder = {failed("dns.x", catalog::Party::centre)};
    REQUIRE(scene.apply_unproven().value().end == End::committed);
    CHECK(scene.apply_unproven(false).value().end == End::rolled_back);
    CHECK_FALSE(scene.proven());

    scene.ladder = report(verify::Status::pass).checks;
    const auto outcome = scene.apply_unproven(false).value();
    CHECK(outcome.end == End::committed);
    CHECK(outcome.proven);
    CHECK(outcome.generation == 2);
    CHECK_FALSE(scene.asked);
    CHECK(scene.proven());
    CHECK(scene.apply_unproven(false).value().end == End::unchanged);
}

TEST_CASE("unproven: the provider is asked every ten minutes, not with every run of the timer") {
    Unproven scene;
    scene.refuse_tunnel();
    scene.ladder = {failed("dns.x", catalog::Party::provider)};
    REQUIRE(scene.apply_unproven().value().end == End::committed);
    scene.machine.fails_at.reset();
    int asked = 0;
    // The timer's runs of an hour.
    for (std::int64_t after = 30; after <= 3600; after += 30) {
        scene.engine.now = [after] { return 1'700'000'000 + after; };
        if (revive(scene.engine).value() == Revival::revived) {
            ++asked;
            scene.machine.state.erase("tunnel eligate");
        }
    }
    CHECK(asked >= 6);
    CHECK(asked <= 13);
}

} // namespace eligate::apply
