// SPDX-License-Identifier: Apache-2.0
/// A network namespace without a name, held by a thread of this process and by nothing else: it goes with the
/// object and with the process. Not by a descriptor: AppArmor knows no path of /proc/PID/ns/net and forbids
/// to open it
/// ("disconnected path").
#pragma once

#include "base/result.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace eligate::linux_adapter {

class NetworkNamespace {
  public:
    /// Error system_call.
    static base::Result<std::unique_ptr<NetworkNamespace>> make();
    NetworkNamespace(const NetworkNamespace&) = delete;
    NetworkNamespace& operator=(const NetworkNamespace&) = delete;
    NetworkNamespace(NetworkNamespace&&) = delete;
    NetworkNamespace& operator=(NetworkNamespace&&) = delete;
    ~NetworkNamespace();

    /// Of the thread that holds it: by this number the kernel knows the namespace (IFLA_NET_NS_PID).
    int thread_id() const { return m_thread_id; }

    /// What `work` opens is in the namespace. It runs in a thread of its own, beside others; the caller waits
    /// for its end. Throws what `work` throws, and std::system_error where no thread can be had.
    template <class Work>
    std::invoke_result_t<Work> within(Work work) {
        std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
        auto result = task.get_future();
        Errand errand{.work = [&task] { task(); }, .born = {}};
        auto born = errand.born.get_future();
        hand_over(errand);
        born.get().join();
        return result.get();
    }

  private:
    struct Errand {
        std::function<void()> work;
        std::promise<std::thread> born;
    };

    NetworkNamespace() = default;
    void hand_over(Errand& errand);
    /// The holder: a thread that it starts is where it is itself.
    void hold(std::promise<int>& ready);

    int m_thread_id = 0;
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::vector<Errand*> m_errands;
    bool m_ends = false;
    std::thread m_holder;
};

} // namespace eligate::linux_adapter
