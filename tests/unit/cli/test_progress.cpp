// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <mutex>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <thread>

using namespace eligate;
using namespace eligate::cli;

namespace {

/// A stream that may be looked at while another thread writes.
class SharedBuffer : public std::streambuf {
  public:
    std::string text() {
        const std::scoped_lock lock(m_mutex);
        return m_text;
    }

  protected:
    int_type overflow(int_type c) override {
        const std::scoped_lock lock(m_mutex);
        m_text += traits_type::to_char_type(c);
        return c;
    }
    std::streamsize xsputn(const char* data, std::streamsize size) override {
        const std::scoped_lock lock(m_mutex);
        m_text.append(data, static_cast<std::size_t>(size));
        return size;
    }

  private:
    std::mutex m_mutex;
    std::string m_text;
};

/// Whether `part` appears within five seconds.
bool appears(SharedBuffer& buffer, std::string_view part) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (std::chrono::steady_clock::now() < deadline) {
        if (buffer.text().find(part) != std::string::npos)
            return true;
        std::this_thread::yield();
    }
    return false;
}

} // namespace

TEST_CASE("progress: writes nothing where nobody looks") {
    std::ostringstream err;
    {
        Progress progress(err, false, {});
        progress.now(base::msg("waiting for the gateway"));
        progress.begin("a", base::msg("more"));
        progress.end("a");
        progress.hide();
    }
    CHECK(err.str().empty());
}

TEST_CASE("progress: one line that says what is waited for, gone at the end") {
    SharedBuffer buffer;
    std::ostream err(&buffer);
    {
        Progress progress(err, true, {});
        progress.now(base::msg("waiting for the gateway"));
        CHECK(appears(buffer, "0 s  waiting for the gateway"));
        CHECK(buffer.text().find('\n') == std::string::npos);
    }
    CHECK(buffer.text().ends_with("\r\x1b[K"));
}

TEST_CASE("progress: of several the one that waits longest is shown, then the next") {
    SharedBuffer buffer;
    std::ostream err(&buffer);
    Progress progress(err, true, {});
    progress.begin("first", base::msg("the first"));
    progress.begin("second", base::msg("the second"));
    CHECK(appears(buffer, "the first"));
    CHECK(buffer.text().find("the second") == std::string::npos);
    progress.end("first");
    CHECK(appears(buffer, "the second"));
    progress.hide();
    CHECK(buffer.text().ends_with("\r\x1b[K"));
}

TEST_CASE("progress: never wider than the terminal") {
    SharedBuffer buffer;
    std::ostream err(&buffer);
    Progress progress(err, true, {.columns = 40});
    progress.now(base::msg("a very long sentence about something that takes a very long time to end"));
    REQUIRE(appears(buffer, "a very long"));
    const auto text = buffer.text();
    const auto begin = text.rfind("\x1b[K") + 3;
    CHECK(text.size() - begin <= 39);
}
