// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.hpp"
#include "linux/system_log.hpp"
#include "support/catch.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

using namespace eligate;

namespace {

/// Where a journald would listen.
struct Listener {
    Listener()
        : path("/tmp/eligate-journal-" + std::to_string(::getpid())) {
        ::unlink(path.c_str());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;
    ~Listener() { ::unlink(path.c_str()); }

    std::string heard() const {
        std::array<char, 4096> buffer{};
        const auto got = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        return got < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
    }

    std::string path;
    base::UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

port::LogEntry entry(std::string text) {
    return {.priority = port::Priority::notice,
            .message_id = "aa2caa69e0814ddd812cf25da1aa0b51",
            .text = std::move(text),
            .fields = {{"ELIGATE_CODE", "IKE014"}, {"ELIGATE_CHECK", "dns.x\nPRIORITY=0"}}};
}

} // namespace

TEST_CASE("system log: one datagram in journald's own form, a field a line") {
    const Listener listener;
    linux_adapter::JournalLog(listener.path).write(entry("applied"));
    CHECK(listener.heard() == "MESSAGE=applied\nPRIORITY=5\nMESSAGE_ID=aa2caa69e0814ddd812cf25da1aa0b51\n"
                              "SYSLOG_IDENTIFIER=eligate\nELIGATE_CODE=IKE014\n"
                              "ELIGATE_CHECK=dns.x PRIORITY=0\n");
}

TEST_CASE("system log: without journald, or beside one that is stuck, nothing happens and nothing waits") {
    linux_adapter::JournalLog("/nonexistent/socket").write(entry("x"));
    linux_adapter::JournalLog(std::string(200, 'x')).write(entry("x"));
    const Listener listener;
    // More than the queue of any unread socket takes (net.unix.max_dgram_qlen, and its buffer).
    for (int i = 0; i < 5000; ++i)
        linux_adapter::JournalLog(listener.path).write(entry(std::string(1000, 'x')));
    CHECK_FALSE(listener.heard().empty());
}
