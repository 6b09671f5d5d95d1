// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_names.hpp"

#include "linux/probe_socket.hpp"

#include <ares.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <mutex>

namespace eligate::linux_adapter {
namespace {

using port::NameAnswer;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One second a try, twice around the servers: a healthy resolver on the line answers within 100 ms.
constexpr int try_millis = 1000;
constexpr int tries = 2;

struct DestroyChannel {
    void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using ChannelPtr = std::unique_ptr<ares_channeldata, DestroyChannel>;

// Gateways are full names; a search domain would only add leaks and time.
constexpr int usual_flags = ARES_FLAG_NOSEARCH;

ChannelPtr open_channel(int flags = usual_flags) {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
    ares_options options{};
    options.timeout = try_millis;
    options.tries = tries;
    options.flags = flags;
    ares_channel channel = nullptr;
    if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS) !=
        ARES_SUCCESS)
        return nullptr;
    return ChannelPtr(channel);
}

NameAnswer answer_of(int status) {
    switch (status) {
    case ARES_SUCCESS:
        return NameAnswer::found;
    case ARES_ENOTFOUND:
        return NameAnswer::no_such_name;
    case ARES_ENODATA:
        return NameAnswer::no_address;
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_EFORMERR:
    case ARES_EBADRESP:
        return NameAnswer::server_failure;
    case ARES_ECONNREFUSED:
        return NameAnswer::no_resolver;
    case ARES_EBADNAME:
    case ARES_EBADSTR:
        return NameAnswer::bad_name;
    default:
        return NameAnswer::no_answer;
    }
}

std::optional<net::Address> address_of(const ares_addrinfo_node& node) {
    sockaddr_storage storage{};
    if (node.ai_addrlen <= 0 || static_cast<std::size_t>(node.ai_addrlen) > sizeof storage)
        return std::nullopt;
    std::copy_n(reinterpret_cast<const char*>(node.ai_addr), node.ai_addrlen,
                reinterpret_cast<char*>(&storage));
    return linux_adapter::address_of(storage);
}

struct Asked {
    port::Resolution resolution;
    bool done = false;
};

void on_answer(void* argument, int status, int /*timeouts*/, ares_addrinfo* info) {
    auto& asked = *static_cast<Asked*>(argument);
    asked.done = true;
    asked.resolution.answer = answer_of(status);
    for (const auto* node = info != nullptr ? info->nodes : nullptr; node != nullptr; node = node->ai_next)
        if (const auto address = address_of(*node);
            address &&
            std::ranges::find(asked.resolution.addresses, *address) == asked.resolution.addresses.end())
            asked.resolution.addresses.push_back(*address);
    if (asked.resolution.answer == NameAnswer::found && asked.resolution.addresses.empty())
        asked.resolution.answer = NameAnswer::no_address;
    if (info != nullptr)
        ares_freeaddrinfo(info);
}

/// Lets c-ares work until its sockets or its own timers have news.
void process(ares_channeldata* channel, const port::Until& until) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const auto wanted = static_cast<unsigned>(ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM));
    std::vector<pollfd> fds;
    for (unsigned i = 0; i < sockets.size(); ++i) {
        const bool read = (wanted & (1U << i)) != 0;
        const bool write = (wanted & (1U << (i + ARES_GETSOCK_MAXNUM))) != 0;
        if (read || write)
            fds.push_back({.fd = sockets[i],
                           .events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0)),
                           .revents = 0});
    }
    timeval longest{.tv_sec = try_millis / 1000, .tv_usec = 0};
    timeval timer{};
    const auto* const next = ares_timeout(channel, &longest, &timer);
    const auto wake =
        steady_clock::now() + std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec);
    wait_for(fds, until, wake);
    // Also without news: this is how its timers run.
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (const auto& fd : fds)
        if (fd.revents != 0)
            ares_process_fd(channel, (fd.revents & ~POLLOUT) != 0 ? fd.fd : ARES_SOCKET_BAD,
                            (fd.revents & POLLOUT) != 0 ? fd.fd : ARES_SOCKET_BAD);
}

/// Asks for all that are not done, until they are or the time is over.
base::Result<> ask(std::vector<Asked>& asked, int flags, const port::Until& until) {
    const auto channel = open_channel(flags);
    if (!channel)
        return cannot_probe("ares_init_options", ENOMEM);
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    for (auto& each : asked)
        if (!each.done)
            ares_getaddrinfo(channel.get(), each.resolution.host.c_str(), nullptr, &hints, on_answer, &each);
    while (!until.cancelled() && steady_clock::now() < until.deadline &&
           !std::ranges::all_of(asked, &Asked::done))
        process(channel.get(), until);
    ares_cancel(channel.get());
    return {};
}

} // namespace

base::Result<std::vector<port::Resolution>> ProbeNames::resolve(std::span<const std::string> hosts,
                                                                const port::Until& until) {
    std::vector<Asked> asked;
    for (const auto& host : hosts) {
        asked.push_back({.resolution = {.host = host}});
        if (const auto literal = net::Address::parse(host))
            asked.back() = {
                .resolution = {.host = host, .answer = NameAnswer::found, .addresses = {*literal}},
                .done = true};
    }
    ELIGATE_TRY(ask(asked, usual_flags, until));
    // c-ares 1.18 goes on to the next server after SERVFAIL or REFUSED, and reports "connection refused" when
    // it has none left. Asked again without that, it says what the server said.
    bool doubtful = false;
    for (auto& each : asked)
        if (each.resolution.answer == NameAnswer::no_resolver) {
            each.done = false;
            doubtful = true;
        }
    if (doubtful)
        ELIGATE_TRY(ask(asked, usual_flags | ARES_FLAG_NOCHECKRESP, until));
    std::vector<port::Resolution> resolutions;
    resolutions.reserve(asked.size());
    for (auto& each : asked)
        resolutions.push_back(std::move(each.resolution));
    return resolutions;
}

std::vector<std::string> ProbeNames::servers() {
    std::vector<std::string> texts;
    const auto channel = open_channel();
    ares_addr_port_node* list = nullptr;
    if (!channel || ares_get_servers_ports(channel.get(), &list) != ARES_SUCCESS)
        return texts;
    for (const auto* node = list; node != nullptr; node = node->next) {
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&node->addr);
        if (const auto address = net::Address::from_bytes({bytes, node->family == AF_INET ? 4U : 16U}))
            texts.push_back(address->text());
    }
    ares_free_data(list);
    return texts;
}

} // namespace eligate::linux_adapter
