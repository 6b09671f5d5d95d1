// SPDX-License-Identifier: Apache-2.0
#include "unit/verify/apart.hpp"

#include <sys/mount.h>
#include <sys/wait.h>

#include <cstring>
#include <fstream>
#include <sched.h>
#include <spawn.h>
#include <stdexcept>
#include <unistd.h>

namespace eligate::test {
namespace {

void demand(bool done, const std::string& what) {
    if (!done)
        throw std::runtime_error(what + ": " + std::strerror(errno));
}

} // namespace

Apart::Apart() {
    demand(::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare (this test needs root)");
    demand(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount private");
    bring_up("lo");
}

void bring_up(const std::string& interface) {
    run({"ip", "link", "set", interface, "up"});
}

void run(const std::vector<std::string>& command) {
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    demand(::posix_spawnp(&pid, arguments.front(), nullptr, nullptr, arguments.data(), environ) == 0,
           command.front());
    int status = 0;
    demand(::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
           command.front());
}

void write_resolv_conf(const std::string& text) {
    // On a file system of this namespace only; the machine's own file stays as it is.
    demand(::mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755") == 0, "mount /mnt");
    std::ofstream("/mnt/resolv.conf") << text;
    demand(::mount("/mnt/resolv.conf", "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0,
           "mount resolv.conf");
}

} // namespace eligate::test
