// SPDX-License-Identifier: Apache-2.0
#include "linux/network_namespace.hpp"

#include "linux/probe_socket.hpp"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace eligate::linux_adapter {

base::Result<std::unique_ptr<NetworkNamespace>> NetworkNamespace::make() {
    std::unique_ptr<NetworkNamespace> made(new NetworkNamespace());
    std::promise<int> ready;
    auto answer = ready.get_future();
    made->m_holder = std::thread([&made_ = *made, &ready] { made_.hold(ready); });
    // Negative: why not.
    made->m_thread_id = answer.get();
    if (made->m_thread_id < 0)
        return cannot_probe("unshare", -made->m_thread_id);
    return made;
}

NetworkNamespace::~NetworkNamespace() {
    {
        const std::lock_guard lock(m_mutex);
        m_ends = true;
    }
    m_news.notify_one();
    if (m_holder.joinable())
        m_holder.join();
}

void NetworkNamespace::hand_over(Errand& errand) {
    {
        const std::lock_guard lock(m_mutex);
        m_errands.push_back(&errand);
    }
    m_news.notify_one();
}

void NetworkNamespace::hold(std::promise<int>& ready) {
    // Moves only this thread, and those that it starts from now on.
    const bool moved = ::unshare(CLONE_NEWNET) == 0;
    ready.set_value(moved ? ::gettid() : -errno);
    if (!moved)
        return;
    std::unique_lock lock(m_mutex);
    while (true) {
        m_news.wait(lock, [this] { return m_ends || !m_errands.empty(); });
        if (m_errands.empty())
            return;
        for (auto* const errand : std::exchange(m_errands, {})) {
            try {
                // It begins at once, and its caller is not gone before it has been joined.
                errand->born.set_value(std::thread(errand->work));
            } catch (const std::system_error&) {
                errand->born.set_exception(std::current_exception());
            }
        }
    }
}

} // namespace eligate::linux_adapter
