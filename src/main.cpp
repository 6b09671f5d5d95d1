// SPDX-License-Identifier: Apache-2.0
/// The only place where real adapters are chosen.
#include "appliance/desired_state.hpp"
#include "apply/prepare.hpp"
#include "base/cancel.hpp"
#include "catalog/catalog.hpp"
#include "cli/run.hpp"
#include "cli/translation.hpp"
#include "linux/file.hpp"
#include "linux/machine.hpp"
#include "linux/nft.hpp"
#include "linux/probe_clock.hpp"
#include "linux/probe_links.hpp"
#include "linux/probe_names.hpp"
#include "linux/probe_wire.hpp"
#include "linux/steadfast_machine.hpp"
#include "linux/store.hpp"
#include "linux/terminal.hpp"
#include "linux/vici_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace eligate;
using base::Result;

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

Result<std::string> read_template(const std::string& path) {
    constexpr std::size_t limit = std::size_t{64} * 1024;
    const auto file = linux_adapter::read_file(path, limit);
    if (!file)
        return base::fail(catalog::code::template_broken, file.error().what, {{"path", path}});
    return std::string(file->expose());
}

/// Everything that looks at this machine and changes it.
class Adapters {
  public:
    Adapters(const base::Cancel& cancel, appliance::Templates templates)
        : m_cancel(cancel)
        , m_charon(connect(), cancel)
        , m_steadfast_charon(connect(), m_never)
        , m_heeding_machine(m_charon, appliance::routing_protocol)
        , m_steadfast_machine(m_steadfast_charon, appliance::routing_protocol)
        , m_machine(m_heeding_machine, m_steadfast_machine, cancel)
        , m_store("/var/lib/eligate", "/run/eligate.lock")
        , m_surroundings{
              .charon = m_charon,
              .ports = {.links = m_links,
                        .clock = m_clock,
                        .names = m_names,
                        .wire = m_wire,
                        .list_sas = [this] { return m_charon.list_sas(); }},
              .canonical_firewall =
                  [](const std::string& text) {
                      return linux_adapter::canonical_table(linux_adapter::firewall_table, text);
                  },
              .listed_firewall = [] { return linux_adapter::listed_table(linux_adapter::firewall_table); },
              .templates = std::move(templates)} {}

    static cli::Appliance appliance(const std::shared_ptr<Adapters>& self) {
        return {.adapters = self,
                .machine = self->m_machine,
                .store = self->m_store,
                .goal = [&adapters = *self](const profile::Settled& settled,
                                            verify::Observer& observer) -> Result<apply::Goal> {
                    ELIGATE_TRY_ASSIGN(const auto prepared, apply::prepare(settled, adapters.m_surroundings));
                    return apply::goal_of(settled, prepared, adapters.m_surroundings, observer,
                                          adapters.m_cancel);
                },
                .list_sas = [&adapters = *self] { return adapters.m_charon.list_sas(); }};
    }

  private:
    static vici::Connect connect() {
        return [](const vici::Wait& wait) {
            return linux_adapter::connect_vici(std::string(vici::default_socket), wait);
        };
    }

    const base::Cancel& m_cancel;
    /// Never requested.
    base::Cancel m_never;
    vici::Charon m_charon;
    vici::Charon m_steadfast_charon;
    linux_adapter::LinuxMachine m_heeding_machine;
    linux_adapter::LinuxMachine m_steadfast_machine;
    linux_adapter::SteadfastMachine m_machine;
    linux_adapter::FolderStore m_store;
    linux_adapter::ProbeLinks m_links;
    linux_adapter::ProbeClock m_clock;
    linux_adapter::ProbeNames m_names;
    linux_adapter::ProbeWire m_wire;
    apply::Surroundings m_surroundings;
};

Result<cli::Appliance> open_appliance(const std::string& share, const base::Cancel& cancel) {
    if (::geteuid() != 0)
        return base::fail(catalog::code::not_root,
                          base::msg(N_("only root may look at and change the appliance")));
    appliance::Templates templates;
    ELIGATE_TRY_ASSIGN(templates.firewall, read_template(share + "/eligate/templates/eligate.nft"));
    ELIGATE_TRY_ASSIGN(templates.strongswan, read_template(share + "/eligate/templates/strongswan.conf"));
    return Adapters::appliance(std::make_shared<Adapters>(cancel, std::move(templates)));
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
                 .list = linux_adapter::list_folder},
        .shelves = {.providers = {"/etc/eligate/profiles", share + "/eligate/profiles/providers"},
                    .networks = {share + "/eligate/profiles/networks"}},
        .now = std::chrono::system_clock::now,
        .appliance = [&] { return open_appliance(share, cancel); }};
    return static_cast<int>(cli::run(arguments, console, engine, cancel));
}

} // namespace

int main(int argc, char** argv) {
    constexpr int failed = 1;
    try {
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
