// SPDX-License-Identifier: Apache-2.0
#include "apply/generation.hpp"

#include "apply/way_back.hpp"

#include "scene.hpp"
#include "support/catch.hpp"

#include <algorithm>

namespace eligate::apply {
namespace {

Provenance provenance() {
    return {
        .by = "taro (192.168.1.5)",
        .site = "/etc/eligate/site.toml",
        .secrets = "/etc/eligate/secrets.toml",
        .inputs = {
            {.path = "/etc/eligate/site.toml", .text = base::Secret("schema = 1\n")},
            {.path = "/etc/eligate/secrets.toml", .text = base::Secret("CANARY \xff\n"), .sensitive = true}}};
}

std::vector<std::string> names(FakeStore& store) {
    return store.names().value();
}

bool has(FakeStore& store, const char* name) {
    return store.files.contains(std::string_view(name));
}

/// A scene's commit with all that a generation keeps.
Outcome commit(Scene& scene, plan::State desired) {
    auto goal = scene.goal(std::move(desired));
    goal.provenance = provenance();
    return apply_goal(scene.engine, goal, [](const Plan&) { return true; }).value();
}

/// The scene's state with another value in it.
plan::State wanted_with(const std::string& content) {
    auto state = wanted();
    plan::put(state, file("/etc/new", content.c_str()));
    return state;
}

} // namespace

TEST_CASE("generation: other files are proven and kept, though the machine is as wanted") {
    Scene scene;
    auto goal = scene.goal(wanted());
    goal.provenance = provenance();
    const auto apply = [&] {
        return apply_goal(scene.engine, goal, [](const Plan&) { return true; }).value();
    };
    CHECK(apply().end == End::committed);
    CHECK(apply().end == End::unchanged);
    SECTION("a text") {
        goal.provenance.inputs.at(0).text = base::Secret("schema = 1 # as before");
    }
    SECTION("a secret text") {
        goal.provenance.inputs.at(1).text = base::Secret("another");
    }
    SECTION("a file more") {
        goal.provenance.inputs.push_back({.path = "/etc/eligate/more.toml", .text = base::Secret("")});
    }
    scene.proof = verify::Status::fail;
    CHECK(apply().end == End::rolled_back);
    CHECK(read_record(scene.store).value()->generation == 1);
    scene.proof = verify::Status::pass;
    const auto kept = apply();
    CHECK(kept.end == End::committed);
    CHECK(kept.actions.empty());
    CHECK(kept.generation == 2);
    CHECK(apply().end == End::unchanged);
}

TEST_CASE("a commit leaves its generation, and of the secrets only their own file") {
    Scene scene;
    auto desired = wanted();
    plan::put(desired, plan::File{.path = "/etc/plain", .mode = 0644, .content = base::Secret("seen\n")});
    REQUIRE(commit(scene, desired).generation == 1);
    CHECK(scene.store.files.at("generation-1.json").find("CANARY") == std::string::npos);

    const auto read = read_generation(scene.store, 1).value();
    REQUIRE(read);
    CHECK(read->number == 1);
    CHECK(read->committed_at == 1'700'000'000);
    CHECK(read->profile_id == "example-psk");
    CHECK(read->clinic == "山田医院");
    CHECK(read->provenance.by == "taro (192.168.1.5)");
    CHECK(read->provenance.inputs.at(0).text.expose() == "schema = 1\n");
    CHECK(read->provenance.inputs.at(1).text.empty());
    REQUIRE(read->steps.size() == 6);
    CHECK(base::english(read->steps.front()) == "Load the firewall table inet eligate");
    REQUIRE(read->ladder.checks.size() == 1);
    const auto& check = read->ladder.checks.front();
    CHECK(check.id == "dns.x");
    CHECK(check.status == verify::Status::pass);
    CHECK(check.party == catalog::Party::centre);
    CHECK(check.code == catalog::code::not_proven);
    const auto plain = std::ranges::find(read->files, std::string("/etc/plain"), &KeptFile::path);
    REQUIRE(plain != read->files.end());
    CHECK(plain->text == "seen\n");
    CHECK_FALSE(read->files.front().text);

    const auto inputs = read_inputs(scene.store, *read).value();
    REQUIRE(inputs);
    REQUIRE(inputs->size() == 2);
    CHECK(inputs->at(1).text.expose() == "CANARY \xff\n");
}

TEST_CASE("what is no UTF-8 keeps nothing from being kept") {
    Scene scene;
    auto desired = wanted();
    plan::put(desired,
              plan::File{.path = "/etc/ca.der", .mode = 0644, .content = base::Secret("\x30\x82\xff")});
    auto goal = scene.goal(desired);
    goal.provenance = provenance();
    goal.provenance.by = "ta\xffro";
    goal.prove = [](const verify::Report&) {
        auto answer = report(verify::Status::pass);
        answer.checks.front().evidence = {{"peer", "\xc3\x28"}};
        return answer;
    };
    REQUIRE(apply_goal(scene.engine, goal, [](const Plan&) { return true; }).value().end == End::committed);
    const auto read = read_generation(scene.store, 1).value().value();
    CHECK(read.provenance.by == "ta\xef\xbf\xbdro");
    const auto binary = std::ranges::find(read.files, std::string("/etc/ca.der"), &KeptFile::path);
    REQUIRE(binary != read.files.end());
    CHECK(binary->text->starts_with("3 bytes, SHA-256 "));
}

TEST_CASE("twenty generations are kept, and the secrets of five") {
    Scene scene;
    for (int i = 1; i <= 23; ++i)
        REQUIRE(commit(scene, wanted_with(std::to_string(i))).end == End::committed);
    CHECK(kept_numbers(scene.store, 23).value().front() == 4);
    CHECK(kept_numbers(scene.store, 23).value().size() == kept_generations);
    CHECK(has(scene.store, "generation-19.secrets"));
    CHECK_FALSE(has(scene.store, "generation-18.secrets"));
    const auto old = read_generation(scene.store, 18).value().value();
    CHECK_FALSE(read_inputs(scene.store, old).value());
    CHECK_FALSE(read_generation(scene.store, 3).value());
}

TEST_CASE("a generation that was not committed leaves nothing behind") {
    Scene scene;
    // journal, five actions, done, secrets, generation, record
    for (const std::size_t at : {7U, 8U, 9U}) {
        scene.store.writes = 0;
        scene.store.write_fails_at = at;
        CHECK(commit(scene, wanted()).end == End::rolled_back);
        CHECK(names(scene.store).empty());
        CHECK(scene.machine.state == machine_before());
    }
}

TEST_CASE("recovery takes away the generation of a run that was cut off before its record") {
    Scene scene;
    REQUIRE(commit(scene, wanted()).end == End::committed);
    const auto record = scene.store.files.at("state.json");
    scene.store.remove_fails = true;
    REQUIRE(commit(scene, wanted_with("2")).end == End::committed);
    scene.store.files.at("state.json") = record;
    scene.store.remove_fails = false;
    REQUIRE(has(scene.store, "generation-2.secrets"));

    REQUIRE(recover(scene.engine, Journal::read(scene.store).value().value()));
    CHECK(names(scene.store) ==
          std::vector<std::string>{"generation-1.json", "generation-1.secrets", "state.json"});
}

TEST_CASE("a removal takes every generation along") {
    Scene scene;
    REQUIRE(commit(scene, wanted()).end == End::committed);
    REQUIRE(commit(scene, wanted_with("2")).end == End::committed);
    REQUIRE(scene.remove().value().end == End::committed);
    CHECK(names(scene.store).empty());
}

TEST_CASE("a generation that was tampered with is named, and read no further") {
    Scene scene;
    REQUIRE(commit(scene, wanted()).end == End::committed);
    auto& text = scene.store.files.at("generation-1.json");
    const auto whole = text;
    for (std::size_t cut = 0; cut < whole.size(); cut += 7) {
        text = whole.substr(0, cut);
        CHECK(read_generation(scene.store, 1).error().code == catalog::code::record_damaged);
    }
    text = whole;
    text.replace(text.find("\"pass\""), 6, "\"past\"");
    CHECK(read_generation(scene.store, 1).error().code == catalog::code::record_damaged);

    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += R"({"text":"x","arguments":[{"name":"a","value":)";
    deep += "\"\"";
    for (int i = 0; i < 100; ++i)
        deep += "}]}";
    text = whole;
    const auto at = text.find(R"("steps":[)") + 9;
    text.insert(at, deep + ",");
    CHECK(read_generation(scene.store, 1).error().code == catalog::code::record_damaged);
}

} // namespace eligate::apply
