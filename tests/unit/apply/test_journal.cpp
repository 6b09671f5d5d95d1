// SPDX-License-Identifier: Apache-2.0
#include "apply/journal.hpp"
#include "fakes.hpp"
#include "support/catch.hpp"

using namespace eligate;
using namespace eligate::apply;

namespace {

std::vector<plan::Action> two_actions() {
    plan::State wanted;
    plan::put(wanted, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    plan::put(wanted,
              plan::File{.path = "/a", .mode = 0600, .content = base::Secret("x"), .sensitive = true});
    return plan::diff({}, wanted);
}

/// A journal of two actions, both begun.
struct Written {
    FakeStore store;
    Written() {
        Journal journal(store);
        REQUIRE(journal.begin(7, two_actions()));
        REQUIRE(journal.doing(0));
        REQUIRE(journal.doing(1));
    }
};

} // namespace

TEST_CASE("journal: reads back what was begun") {
    Written written;
    const auto unfinished = Journal::read(written.store);
    REQUIRE(unfinished);
    REQUIRE(*unfinished);
    CHECK((*unfinished)->actions == two_actions());
    CHECK((*unfinished)->base == 7);
    CHECK((*unfinished)->begun == 2);
    CHECK((*unfinished)->done == 1);
}

TEST_CASE("journal: closed means nothing is unfinished") {
    Written written;
    REQUIRE(Journal(written.store).close());
    CHECK(Journal::read(written.store).value() == std::nullopt);
}

TEST_CASE("journal: a torn end is recognised wherever it is torn") {
    const auto whole = Written().store.files.at("journal");
    const auto first_line = whole.find('\n') + 1;
    // "done 0", then "doing 0".
    const auto second_line = whole.find('\n', whole.find('\n', first_line) + 1) + 1;
    for (std::size_t size = first_line; size < whole.size(); ++size) {
        FakeStore store;
        store.files["journal"] = whole.substr(0, size);
        const auto unfinished = Journal::read(store);
        REQUIRE(unfinished);
        CHECK((*unfinished)->begun == (size >= second_line ? 1 : 0));
        CHECK((*unfinished)->done <= (*unfinished)->begun);
    }
}

TEST_CASE("journal: a flipped byte is not believed") {
    Written written;
    auto& store = written.store;
    auto& text = store.files["journal"];
    text[text.size() - 3] ^= 1;
    CHECK(Journal::read(store).value()->begun == 1);
    text[12] ^= 1;
    CHECK_FALSE(Journal::read(store));
}
