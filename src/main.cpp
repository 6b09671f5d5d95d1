// SPDX-License-Identifier: Apache-2.0
/// The process: descriptors, signals, language, and (with this_machine.cpp) the choice of real adapters.
#include "base/cancel.hpp"
#include "cli/run.hpp"
#include "cli/translation.hpp"
#include "linux/file.hpp"
#include "linux/session.hpp"
#include "linux/terminal.hpp"
#include "this_machine.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace eligate;

const base::Cancel* cancel_of_process = nullptr;

extern "C" void on_stop_signal(int /*signal*/) {
    cancel_of_process->request();
}

void listen_for_signals(const base::Cancel& cancel) {
    cancel_of_process = &cancel;
    struct sigaction stop{};
    stop.sa_handler = on_stop_signal;
    // A lost SSH session (SIGHUP) must not end an apply in the middle: it is put back in good order.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaction(signal, &stop, nullptr);
    // A reader that went away (`eligate plan | head`) must not kill it either: the write fails instead.
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

/// A crash must not put secrets into a core file, nor may another process look into this one.
void keep_memory_private() {
    const rlimit none{};
    static_cast<void>(setrlimit(RLIMIT_CORE, &none));
    static_cast<void>(prctl(PR_SET_DUMPABLE, 0)); // NOLINT(*-vararg)
}

/// glibc gives each thread a heap of its own, which pays where threads allocate all the time. Ours wait for
/// the network: one heap serves them, and spares the small appliance 1 MB of a `verify` (measured on Debian
/// 12).
void share_one_heap() {
    static_cast<void>(mallopt(M_ARENA_MAX, 1));
}

/// Debian's kernel gives out memory in pages of 2 MB where it can ("always" in transparent_hugepage/enabled):
/// each thread's stack that happens to be aligned would be that large at once (4 MB of a `verify`, measured
/// on Debian 12).
void take_small_pages() {
    static_cast<void>(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)); // NOLINT(*-vararg)
}

/// If the caller closed one of the three standard descriptors, the next file opened would take its number,
/// and a message would be written into it. The mode is the wrong one on purpose: using it fails, as it
/// should.
bool occupy_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) != -1)
            continue;
        if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// <prefix>/bin/eligate -> <prefix>/share: the build tree and the installed one have the same shape.
std::string share_folder() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::string("/usr/share") : (self.parent_path().parent_path() / "share").string();
}

void load_translations(const std::string& share) {
    constexpr std::size_t limit = std::size_t{4} * 1024 * 1024;
    const auto file = linux_adapter::read_file(share + "/locale/ja/LC_MESSAGES/eligate.mo", limit);
    if (!file)
        return;
    if (auto translations = cli::Translations::parse(std::string(file->expose())))
        cli::use_translations(std::move(*translations));
}

int start(std::span<const std::string> arguments) {
    const base::Cancel cancel;
    listen_for_signals(cancel);
    const auto share = share_folder();
    load_translations(share);

    const auto terminal = linux_adapter::look_at_terminal();
    const cli::Console console{.out = std::cout,
                               .err = std::cerr,
                               .in_terminal = terminal.in,
                               .out_terminal = terminal.out,
                               .err_terminal = terminal.err,
                               .columns = terminal.columns,
                               .environment = {.lc_all = environment("LC_ALL"),
                                               .lc_messages = environment("LC_MESSAGES"),
                                               .lang = environment("LANG"),
                                               .term = environment("TERM"),
                                               .no_color = !environment("NO_COLOR").empty()},
                               .read_line = [&cancel] { return linux_adapter::read_line(cancel); }};
    cli::Engine engine{
        .disk = {.read =
                     [](const std::string& path) {
                         return linux_adapter::read_file(path, profile::max_read_bytes);
                     },
                 .list = linux_adapter::list_folder,
                 .others_may_read = linux_adapter::others_may_read},
        .shelves = {.providers = {"/etc/eligate/profiles", share + "/eligate/profiles/providers"},
                    .networks = {"/etc/eligate/networks", share + "/eligate/profiles/networks"}},
        .now = std::chrono::system_clock::now,
        .who = linux_adapter::who_runs_this,
        .peer = [] { return linux_adapter::session_of_this_process().peer; },
        .appliance = [&] { return this_machine(share + "/eligate/templates", cancel); }};
    return static_cast<int>(cli::run(arguments, console, engine, cancel));
}

} // namespace

int main(int argc, char** argv) {
    constexpr int failed = 1;
    try {
        keep_memory_private();
        share_one_heap();
        take_small_pages();
        if (!occupy_standard_descriptors())
            return failed;
        const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
        return start(arguments);
    } catch (const std::exception& fault) {
        // Only memory can run out here; there is no language to say it in any more.
        std::cerr << "eligate: " << fault.what() << '\n';
        return failed;
    }
}
