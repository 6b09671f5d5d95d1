// SPDX-License-Identifier: Apache-2.0
#include "apply/restore.hpp"

#include "apply/journal.hpp"
#include "apply/record.hpp"
#include "apply/revive.hpp"
#include "catalog/catalog.hpp"
#include "fakes.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace eligate;
using namespace eligate::apply;
using Became = Restoration::End;

namespace {

plan::Route unreachable(const char* destination) {
    return {.table = 8470,
            .destination = *net::Prefix::parse(destination),
            .type = plan::RouteType::unreachable,
            .device = "",
            .metric = 9000};
}

plan::Rule rule() {
    return {.priority = 211,
            .action = plan::RuleAction::lookup,
            .to = std::nullopt,
            .target = 8470,
            .suppress_prefixlength = std::nullopt};
}

/// As an apply leaves it: kernel, files and charon.
plan::State committed() {
    plan::State state;
    plan::put(state, plan::FirewallTable{.listing = "table inet eligate {\n}\n"});
    plan::put(state, plan::File{.path = "/etc/swanctl/conf.d/eligate.conf", .content = base::Secret()});
    plan::put(state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    plan::put(state, unreachable("10.20.0.0/16"));
    plan::put(state, rule());
    plan::put(state, plan::Tunnel{.name = "eligate", .via = {}, .credential = "f"});
    return state;
}

/// The machine that refuses to be read where a state names one of these keys.
class HalfBlindMachine : public FakeMachine {
  public:
    base::Result<plan::State> observe(std::span<const plan::State> scope) override {
        ++observations;
        for (const auto& named : scope)
            for (const auto& [key, resource] : named) {
                asked.push_back(key);
                if (std::ranges::find(unreadable, key) != unreadable.end())
                    return base::fail(fake_fault, base::msg("scripted"), {{"error", "no such thing"}});
            }
        return FakeMachine::observe(scope);
    }
    std::vector<std::string> unreadable;
    std::vector<std::string> asked;
    std::size_t observations = 0;
};

struct Appliance {
    Appliance() {
        machine.state = committed();
        REQUIRE(write_record(store, {.generation = 3,
                                     .committed_at = 1,
                                     .profile_id = "example-psk",
                                     .revision = 1,
                                     .clinic = "",
                                     .owned = committed(),
                                     .baseline = {}}));
        store.writes = 0;
    }
    Engine engine() {
        return {.machine = machine,
                .store = store,
                .observer = observer,
                .deadline = deadline,
                .cancel = cancel,
                .now = [] { return std::int64_t{0}; }};
    }
    Restoration restored() {
        auto answer = restore(engine(), canonical);
        REQUIRE(answer);
        return std::move(*answer);
    }
    /// Keys of what was done, in order.
    std::vector<std::string> done() const {
        std::vector<std::string> keys;
        keys.reserve(machine.acted.size());
        for (const auto& action : machine.acted)
            keys.push_back(action.key());
        return keys;
    }
    void lose(const std::string& key) { REQUIRE(machine.state.erase(key) == 1); }

    HalfBlindMachine machine;
    FakeStore store;
    SilentObserver observer;
    FakeDeadline deadline;
    base::Cancel cancel;
    std::size_t canonical_asked = 0;
    CanonicalFirewall canonical = [this](const std::string& text) {
        ++canonical_asked;
        return base::Result<std::string>(text);
    };
};

const std::string table = "nft inet eligate";
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

TEST_CASE("revive: brings the committed tunnel up, and leaves everything else alone") {
    Appliance appliance;
    const auto engine = appliance.engine();
    CHECK(revive(engine).value() == Revival::up);
    CHECK(appliance.machine.acted.empty());

    appliance.lose("tunnel eligate");
    appliance.lose(table);
    SECTION("it comes up") {
        CHECK(revive(engine).value() == Revival::revived);
        CHECK(appliance.machine.state.contains("tunnel eligate"));
        CHECK_FALSE(appliance.machine.state.contains(table));
    }
    SECTION("no gateway takes it") {
        appliance.machine.fails_at = 0;
        CHECK(revive(engine).value() == Revival::refused);
    }
    SECTION("charon does not run") {
        appliance.machine.unreadable = {"tunnel eligate"};
        CHECK(revive(engine).value() == Revival::not_now);
    }
    SECTION("another run is at work") {
        appliance.store.locked = true;
        CHECK(revive(engine).value() == Revival::not_now);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("a change that was cut off comes first") {
        REQUIRE(Journal(appliance.store).begin(3, {}));
        CHECK(revive(engine).value() == Revival::not_wanted);
    }
    SECTION("nothing is committed") {
        REQUIRE(delete_record(appliance.store));
        CHECK(revive(engine).value() == Revival::not_wanted);
    }
}

TEST_CASE("revive: a tunnel through which nothing comes back is begun anew, every ten minutes at most") {
    Appliance appliance;
    auto engine = appliance.engine();
    engine.now = [] { return 1'700'000'000; };
    appliance.machine.unanswered = true;
    SECTION("ended, and begun") {
        CHECK(revive(engine).value() == Revival::renewed);
        REQUIRE(appliance.machine.acted.size() == 1);
        CHECK(appliance.machine.acted[0].before == appliance.machine.acted[0].after);
        CHECK(read_record(appliance.store).value()->renewed_at == 1'700'000'000);
        CHECK(revive(engine).value() == Revival::up);
        engine.now = [] { return 1'700'000'599; };
        CHECK(revive(engine).value() == Revival::up);
        engine.now = [] { return 1'700'000'600; };
        CHECK(revive(engine).value() == Revival::renewed);
        engine.now = [] { return 1'600'000'000; };
        CHECK(revive(engine).value() == Revival::renewed);
    }
    SECTION("soon after a boot as often as it is unanswered") {
        appliance.deadline.now.since = std::chrono::seconds(599);
        CHECK(revive(engine).value() == Revival::renewed);
        CHECK(revive(engine).value() == Revival::renewed);
        appliance.deadline.now.since = std::chrono::seconds(600);
        CHECK(revive(engine).value() == Revival::up);
    }
    SECTION("no gateway takes it") {
        appliance.machine.fails_at = 0;
        CHECK(revive(engine).value() == Revival::refused);
    }
    SECTION("not what cannot be remembered") {
        appliance.store.write_fails_at = 0;
        CHECK(revive(engine).value() == Revival::not_now);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("not beside another run") {
        appliance.store.locked = true;
        CHECK(revive(engine).value() == Revival::not_now);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("not where nothing was proven: the service may not be open yet") {
        auto record = read_record(appliance.store).value().value();
        record.proven = false;
        REQUIRE(write_record(appliance.store, record));
        CHECK(revive(engine).value() == Revival::up);
        CHECK(appliance.machine.acted.empty());
    }
}

TEST_CASE("restore: guesses nothing from a damaged record") {
    Appliance appliance;
    appliance.store.files.insert_or_assign("state.json", std::string("{"));
    const auto answer = restore(appliance.engine(), appliance.canonical);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == catalog::code::record_damaged);
    CHECK(appliance.machine.acted.empty());
}
