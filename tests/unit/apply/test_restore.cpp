// SPDX-License-Identifier: Apache-2.0
#include "apply/restore.hpp"

#include "apply/journal.hpp"
#include "catalog/catalog.hpp"
#include "committed.hpp"

using namespace eligate;
using namespace eligate::apply;
using Became = Restoration::End;

namespace {

const std::string route = "route 8470 10.20.0.0/16 metric 9000";
const std::string forwarding = "sysctl net.ipv4.ip_forward";

} // namespace

TEST_CASE("restore: does nothing where nothing was ever committed") {
    Appliance appliance;
    appliance.store.files.clear();
    appliance.machine.state.clear();
    CHECK(appliance.restored().end == Became::no_record);
    CHECK(appliance.machine.observations == 0);
}

TEST_CASE("restore: a machine that stands is not written to, locked, or asked about charon and files") {
    Appliance appliance;
    appliance.store.locked = true; // would be busy if it were asked
    const auto answer = appliance.restored();
    CHECK(answer.end == Became::standing);
    CHECK(answer.generation == 3);
    CHECK(appliance.machine.acted.empty());
    CHECK(appliance.canonical_asked == 0);
    for (const auto& key : appliance.machine.asked)
        CHECK((key.starts_with("nft") || key.starts_with("sysctl") || key.starts_with("ru") ||
               key.starts_with("route")));
}

TEST_CASE("restore: after a reboot everything of the kernel comes back, the firewall first") {
    Appliance appliance;
    appliance.machine.state.clear();
    plan::put(appliance.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    const auto answer = appliance.restored();
    CHECK(answer.end == Became::restored);
    CHECK(appliance.done() == std::vector<std::string>{table, forwarding, route, "rule 211 to all"});
    CHECK(answer.actions.size() == 4);
    // Before the lock, under it, and what became of it: the boot waits for each.
    CHECK(std::ranges::count(appliance.machine.asked, table) == 3);
    CHECK(appliance.restored().end == Became::standing);
}

TEST_CASE("restore: replaces a table that somebody changed, but not one that nft lists in other words") {
    Appliance appliance;
    plan::put(appliance.machine.state, plan::FirewallTable{.listing = "table inet eligate { }\n"});
    SECTION("changed") {
        CHECK(appliance.restored().end == Became::restored);
        CHECK(appliance.machine.state == committed());
    }
    SECTION("another nft") {
        appliance.canonical = [](const std::string&) {
            return base::Result<std::string>("table inet eligate { }\n");
        };
        CHECK(appliance.restored().end == Became::standing);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("another nft, and no namespace to find out: loaded once, then its words are known") {
        appliance.canonical = [](const std::string&) -> base::Result<std::string> {
            return base::fail(fake_fault, base::msg("unshare"));
        };
        appliance.machine.side_effect = [](plan::State& state, const plan::Action&) {
            plan::put(state, plan::FirewallTable{.listing = "table inet eligate { other words }\n"});
        };
        CHECK(appliance.restored().end == Became::restored);
        CHECK(appliance.machine.acted.size() == 1);
        CHECK(appliance.restored().end == Became::standing);
        CHECK(appliance.machine.acted.size() == 1);
        CHECK(read_record(appliance.store).value()->generation == 3);
    }
    SECTION("no namespace to find out") {
        appliance.canonical = [](const std::string&) -> base::Result<std::string> {
            return base::fail(fake_fault, base::msg("unshare"));
        };
        CHECK(appliance.restored().end == Became::restored);
    }
}

TEST_CASE("restore: leaves the work to whoever holds the lock") {
    Appliance appliance;
    appliance.lose(table);
    appliance.store.locked = true;
    const auto answer = appliance.restored();
    CHECK(answer.end == Became::busy);
    REQUIRE(answer.error);
    CHECK(answer.error->code == catalog::code::locked);
    CHECK(appliance.machine.acted.empty());
}

TEST_CASE("restore: what cannot be read does not keep the rest from standing") {
    Appliance appliance;
    appliance.lose(route);
    SECTION("the setting of an interface that is not there yet is no fault") {
        appliance.machine.unreadable = {forwarding};
        CHECK(appliance.restored().end == Became::restored);
        CHECK(appliance.done() == std::vector<std::string>{route});
    }
    SECTION("a firewall that nft does not list is loaded, told, and never believed") {
        appliance.machine.unreadable = {table};
        const auto answer = appliance.restored();
        CHECK(answer.end == Became::incomplete);
        REQUIRE(answer.error);
        CHECK(answer.error->code == catalog::code::not_restored);
        CHECK(answer.error->evidence.front().second == "no such thing");
        REQUIRE(answer.leftover.size() == 1);
        CHECK(answer.leftover.front().key() == table);
        CHECK(appliance.machine.state.contains(route));
    }
}

TEST_CASE("restore: says what does not come back, and goes on with the rest") {
    Appliance appliance;
    appliance.lose(table);
    appliance.lose(route);
    appliance.machine.side_effect = [](plan::State& state, const plan::Action&) { state.erase(table); };
    const auto answer = appliance.restored();
    CHECK(answer.end == Became::incomplete);
    REQUIRE(answer.leftover.size() == 1);
    CHECK(answer.leftover.front().key() == table);
    CHECK(appliance.machine.state.contains(route));
}

TEST_CASE("restore: one step may undo another; a second round puts that right") {
    Appliance appliance;
    appliance.lose(route);
    appliance.lose("rule 211 to all");
    bool once = true;
    appliance.machine.side_effect = [&](plan::State& state, const plan::Action& action) {
        if (once && action.key() == "rule 211 to all")
            plan::put(state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
        once = once && action.key() != "rule 211 to all";
    };
    CHECK(appliance.restored().end == Became::restored);
    CHECK(appliance.machine.state == committed());
}

TEST_CASE("restore: a change that was cut off is put back") {
    Appliance appliance;
    auto wanted = committed();
    plan::put(wanted, unreachable("10.30.0.0/16"));
    plan::put(wanted, plan::File{.path = "/etc/swanctl/conf.d/eligate.conf", .content = base::Secret("new")});
    const auto actions = plan::diff(committed(), wanted);
    Journal journal(appliance.store);
    REQUIRE(journal.begin(3, actions));
    REQUIRE(journal.doing(actions.size() - 1));
    appliance.machine.state = wanted;

    SECTION("on a machine that runs") {
        const auto answer = appliance.restored();
        CHECK(answer.end == Became::put_back);
        CHECK_FALSE(answer.unfinished);
        CHECK(appliance.machine.state == committed());
        CHECK_FALSE(appliance.store.files.contains("journal"));
    }
    SECTION("of a first apply") {
        REQUIRE(delete_record(appliance.store));
        const auto first = plan::diff({}, wanted);
        REQUIRE(journal.begin(0, first));
        REQUIRE(journal.doing(first.size() - 1));
        const auto answer = appliance.restored();
        CHECK(answer.end == Became::put_back);
        CHECK(answer.generation == 0);
        CHECK(appliance.machine.state.empty());
        CHECK(appliance.store.files.empty());
    }
    SECTION("not while the run is still at work") {
        appliance.store.locked = true;
        const auto answer = appliance.restored();
        CHECK(answer.end == Became::busy);
        CHECK_FALSE(answer.unfinished);
        CHECK(appliance.machine.acted.empty());
    }
}

TEST_CASE("restore: at boot, before charon runs, files and kernel go back, and the next run ends it") {
    Appliance appliance;
    auto wanted = committed();
    plan::put(wanted, plan::File{.path = "/etc/swanctl/conf.d/eligate.conf", .content = base::Secret("new")});
    plan::put(wanted, plan::Tunnel{.name = "eligate", .via = {}, .credential = "g"});
    const auto actions = plan::diff(committed(), wanted);
    Journal journal(appliance.store);
    REQUIRE(journal.begin(3, actions));
    REQUIRE(journal.doing(actions.size() - 1));
    appliance.machine.state = wanted;
    appliance.lose(table);
    appliance.lose("tunnel eligate");
    appliance.machine.unreadable = {"tunnel eligate"};

    auto answer = appliance.restored();
    CHECK(answer.end == Became::restored);
    CHECK(appliance.machine.state.contains(table));
    CHECK(appliance.machine.state.at("file /etc/swanctl/conf.d/eligate.conf") ==
          committed().at("file /etc/swanctl/conf.d/eligate.conf"));

    appliance.machine.unreadable.clear();
    answer = appliance.restored();
    CHECK_FALSE(answer.unfinished);
    CHECK_FALSE(appliance.store.files.contains("journal"));
    CHECK(appliance.machine.state == committed());
}

TEST_CASE("restore: where a first apply's file cannot be taken away, its guard stands") {
    Appliance appliance;
    REQUIRE(delete_record(appliance.store));
    auto wanted = committed();
    plan::put(wanted, plan::Sysctl{.name = "net.ipv4.conf.all.rp_filter", .value = "0"});
    const auto actions = plan::diff({}, wanted);
    Journal journal(appliance.store);
    REQUIRE(journal.begin(0, actions));
    REQUIRE(journal.doing(actions.size() - 1));
    // After a power cut only the files are left; the folder can be read, but not written to.
    appliance.machine.state.clear();
    const auto left = committed().at("file /etc/swanctl/conf.d/eligate.conf");
    plan::put(appliance.machine.state, left);
    appliance.machine.side_effect = [&](plan::State& state, const plan::Action& /*action*/) {
        plan::put(state, left);
    };
    const auto answer = appliance.restored();
    CHECK(answer.end == Became::restored);
    CHECK(answer.unfinished);
    CHECK(answer.generation == 0);
    CHECK(appliance.machine.state.contains(table));
    CHECK(appliance.machine.state.contains(route));
    CHECK_FALSE(appliance.machine.state.contains("sysctl net.ipv4.conf.all.rp_filter"));
    CHECK(appliance.store.files.contains("journal"));
}

TEST_CASE("restore: what a run that was cut off had begun to write goes, under the lock") {
    Appliance appliance;
    appliance.store.half_written = true;
    SECTION("on a site that stands") {
        CHECK(appliance.restored().end == Became::standing);
        CHECK_FALSE(appliance.store.half_written);
    }
    SECTION("where nothing was ever committed") {
        appliance.store.files.clear();
        appliance.machine.state.clear();
        CHECK(appliance.restored().end == Became::no_record);
        CHECK_FALSE(appliance.store.half_written);
    }
    SECTION("not beside the run that is writing it") {
        appliance.store.locked = true;
        CHECK(appliance.restored().end == Became::busy);
        CHECK(appliance.store.half_written);
    }
    CHECK(appliance.machine.acted.empty());
}

TEST_CASE("restore: guesses nothing from a damaged record") {
    Appliance appliance;
    appliance.store.files.insert_or_assign("state.json", std::string("{"));
    const auto answer = restore(appliance.engine(), appliance.canonical);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == catalog::code::record_damaged);
    CHECK(appliance.machine.acted.empty());
}

TEST_CASE("restore: the terminals' forwarder runs again, and where it does not start, that is what is told") {
    Appliance appliance;
    auto owned = committed();
    plan::put(owned, plan::Forwarder{.settings = "/etc/eligate/forwarder.conf"});
    REQUIRE(write_record(appliance.store, {.generation = 3,
                                           .committed_at = 1,
                                           .profile_id = "example-psk",
                                           .revision = 1,
                                           .clinic = "",
                                           .owned = owned,
                                           .baseline = {}}));
    SECTION("stopped by somebody") {
        const auto answer = appliance.restored();
        CHECK(answer.end == Became::restored);
        CHECK(appliance.done() == std::vector<std::string>{"forwarder /etc/eligate/forwarder.conf"});
        CHECK(appliance.restored().end == Became::standing);
    }
    SECTION("refused") {
        appliance.machine.fails_at = 0;
        appliance.machine.stays_broken = true;
        appliance.machine.fault = catalog::code::forwarder_not_started;
        const auto answer = appliance.restored();
        CHECK(answer.end == Became::incomplete);
        REQUIRE(answer.error);
        CHECK(answer.error->code == catalog::code::forwarder_not_started);
    }
}
