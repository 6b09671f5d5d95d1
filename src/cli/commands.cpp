// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

#include "base/message.hpp"

#include <algorithm>
#include <array>

namespace eligate::cli {
namespace {

const OptionRow yes_option{
    .name = "--yes", .value = nullptr, .help = N_("do not ask; for scripts and remote sessions")};

const OptionRow wait_option{.name = "--wait",
                            .value = "SECONDS",
                            .help = N_("wait for another eligate that is changing this machine")};

const OptionRow hold_option{.name = "--hold-for",
                            .value = "TIME",
                            .help = N_("put it back after TIME (5m) unless it is confirmed; 0: never")};

std::vector<CommandRow> file_commands() {
    return {
        {.command = Command::check,
         .name = "check",
         .operands = "[FILE...]",
         .least = 0,
         .most = any_number,
         .summary = N_("judge the site file, its profile and network, or single files"),
         .description =
             N_("Reads the site file and everything it leads to, and reports every fault with its place "
                "and what to write instead. With FILE it judges just these files; what kind each is "
                "shows in its content. Changes nothing and sends nothing."),
         .options = {},
         .examples = {{"sudo eligate check", N_("this site, as apply would read it")},
                      {"eligate check example-net.toml", N_("a provider profile that just came by mail")}}},
        {.command = Command::plan,
         .name = "plan",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("show what apply would change; change nothing"),
         .description =
             N_("Compares this appliance with what the site file wants and shows every difference: "
                "files, firewall, routes and strongSwan's connections. Secrets are never shown."),
         .options = {{"--exit-code", nullptr, N_("exit with 4 if there is something to change")}},
         .examples = {{"sudo eligate plan", N_("before every apply")},
                      {"sudo eligate plan --exit-code --json",
                       N_("in a script: 0 nothing to do, 4 changes")}}},
    };
}

std::vector<CommandRow> machine_commands() {
    return {
        {.command = Command::apply,
         .name = "apply",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("carry the plan out, prove it, keep it or put everything back"),
         .description =
             N_("Shows the plan, asks, carries it out and climbs the verification ladder. Only if the "
                "tunnel really carries traffic does it stay; otherwise everything is as it was before, "
                "and eligate says what failed and whose turn it is."),
         .options = {yes_option,
                     {"--unproven", nullptr,
                      N_("keep it also if only the provider's side does not answer yet")},
                     hold_option,
                     wait_option},
         .examples = {{"sudo eligate apply", N_("asks before it changes anything")},
                      {"sudo eligate apply --hold-for 5m", N_("goes back unless you confirm it")},
                      {"sudo eligate apply --unproven", N_("the provider opens the service tomorrow")},
                      {"sudo eligate apply --yes --json > result.json", N_("in a script")}}},
        {.command = Command::confirm,
         .name = "confirm",
         .operands = "CHANGE",
         .least = 1,
         .most = 1,
         .summary = N_("keep a change that waits for it"),
         .description =
             N_("A change that was applied with --hold-for, or over an SSH session whose way it changes, is "
                "put back by itself unless somebody who can still log in confirms it in time. apply and "
                "status say what CHANGE is. To put it back at once: `sudo eligate rollback`."),
         .options = {wait_option},
         .examples = {{"sudo eligate confirm 3fa9c1", N_("from a session that was opened after the apply")}}},
        {.command = Command::verify,
         .name = "verify",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("prove that the tunnel works, rung by rung"),
         .description =
             N_("Climbs the verification ladder from the line to the servers of the eligibility network "
                "and says for each rung what was seen. Changes nothing. Exits with 5 if a check failed."),
         .options = {},
         .examples = {{"sudo eligate verify", N_("the acceptance test (導通確認)")},
                      {"sudo eligate verify --json > verify.json", N_("a record for the handover")}}},
        {.command = Command::status,
         .name = "status",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("one screen: is the tunnel up, since when, what is wrong"),
         .description =
             N_("Asks strongSwan and the kernel what stands right now. Sends nothing into the tunnel; "
                "`eligate verify` does. Exits with 1 if the tunnel is not up."),
         .options = {},
         .examples = {{"sudo eligate status", N_("at a glance")}}},
        {.command = Command::history,
         .name = "history",
         .operands = "[N..M]",
         .least = 0,
         .most = 1,
         .summary = N_("what was applied, when and by whom"),
         .description =
             N_("Every apply that was kept is a generation with a number. Without a number this lists them; "
                "N shows its site file, its steps and what the ladder said; N..M shows what differs between "
                "two. Secrets are never shown."),
         .options = {},
         .examples = {{"sudo eligate history", N_("who changed what, and when")},
                      {"sudo eligate history 2..3", N_("what became different with generation 3")}}},
        {.command = Command::rollback,
         .name = "rollback",
         .operands = "[N]",
         .least = 0,
         .most = 1,
         .summary = N_("apply an earlier generation again"),
         .description =
             N_("Takes the inputs that are kept of generation N (without a number: of the one before), shows "
                "the plan, asks, carries it out and climbs the ladder, as apply does. The files in "
                "/etc/eligate stay as they are; where they say something else, that is told. A change that "
                "still waits for its confirmation is put back."),
         .options = {{"--held", "CHANGE", N_("put back the change that waits for its confirmation")},
                     yes_option,
                     hold_option,
                     wait_option},
         .examples = {{"sudo eligate rollback", N_("back to the generation before")},
                      {"sudo eligate rollback 3", N_("back to generation 3")}}},
        {.command = Command::remove,
         .name = "remove",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("take away everything that eligate made, and only that"),
         .description =
             N_("Shows what it takes away, asks, and removes it in the safe order: the firewall goes "
                "last. Your site file, secrets file and other people's settings stay."),
         .options = {yes_option, wait_option},
         .examples = {{"sudo eligate remove", N_("asks before it removes anything")}}},
        {.command = Command::restore,
         .name = "restore",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("put back what was cut off or taken away; for systemd"),
         .description = N_(
             "Puts back a change that was cut off by a crash or a power cut, makes the firewall, the kernel "
             "settings and the routes stand again as the last apply left them, starts the terminals' DNS "
             "forwarder if it has stopped, and brings the tunnel up again if it is down, or if nothing comes "
             "back through it. systemd runs it at boot before the "
             "network is up, and every 30 seconds. "
             "It needs neither strongSwan nor a line, and says nothing where nothing was missing."),
         .options = {{"--overdue", "CHANGE",
                      N_("end the run that is still at work on CHANGE; for the alarm")},
                     {"--after", "SECONDS", N_("do it after so long, or not if all has come to its end")}},
         .examples = {{"sudo eligate restore", N_("after somebody ran nft flush ruleset")},
                      {"sudo eligate restore --json", N_("what it did, as a record")}}},
        {.command = Command::explain,
         .name = "explain",
         .operands = "CODE",
         .least = 1,
         .most = 1,
         .summary = N_("say what a code means and what to do"),
         .description =
             N_("Every failure carries a code such as IKE004. This says what it means, what to do, and "
                "who has to do it."),
         .options = {},
         .examples = {{"eligate explain IKE001", N_("capital or small letters are the same")}}},
    };
}

std::vector<CommandRow> profile_commands() {
    return {
        {.command = Command::profile,
         .name = "profile",
         .operands = "COMMAND",
         .least = 0,
         .most = 0,
         .summary = N_("list, show and check provider profiles"),
         .description =
             N_("A provider profile holds what is the same for every customer of a VPN provider. It "
                "holds no secret."),
         .options = {},
         .examples = {{"eligate profile list", N_("which providers this appliance knows")}}},
        {.command = Command::profile_list,
         .name = "profile list",
         .operands = "",
         .least = 0,
         .most = 0,
         .summary = N_("the provider profiles that this appliance knows"),
         .description =
             N_("Lists the profiles that were shipped and those in /etc/eligate/profiles. Of two with the "
                "same id the one in /etc counts."),
         .options = {},
         .examples = {{"eligate profile list", N_("id, provider and where the file lies")}}},
        {.command = Command::profile_show,
         .name = "profile show",
         .operands = "ID",
         .least = 1,
         .most = 1,
         .summary = N_("what a profile sets, and what it asks from the papers"),
         .description =
             N_("Shows the provider, what has to be copied from the connection papers, the gateways and "
                "what goes into the tunnel."),
         .options = {},
         .examples = {{"eligate profile show example-psk", N_("what to look for in the papers")}}},
        {.command = Command::profile_check,
         .name = "profile check",
         .operands = "FILE...",
         .least = 1,
         .most = any_number,
         .summary = N_("judge profile and network files"),
         .description = N_("Like check, for the authors of profiles: every fault with its place and a hint."),
         .options = {},
         .examples = {{"eligate profile check example-net.toml", N_("before you pass it on")}}},
    };
}

} // namespace

std::span<const CommandRow> commands() {
    static const auto table = [] {
        auto rows = file_commands();
        for (auto* const more : {&machine_commands, &profile_commands})
            std::ranges::move((*more)(), std::back_inserter(rows));
        return rows;
    }();
    return table;
}

std::span<const OptionRow> common_options() {
    static constexpr auto table = std::to_array<OptionRow>({
        {"--site", "FILE", N_("the site file (default: /etc/eligate/site.toml)")},
        {"--secrets", "FILE", N_("its secrets (default: /etc/eligate/secrets.toml)")},
        {"--json", nullptr, N_("one JSON record on standard output")},
        {"--lang", "ja|en", N_("Japanese or English (default: the locale)")},
        {"--color", "auto|always|never", N_("when to use colour; NO_COLOR is obeyed")},
        {"--help", nullptr, N_("this text")},
        {"--version", nullptr, N_("the version")},
    });
    return table;
}

bool is_group(const CommandRow& row) {
    return row.command == Command::profile;
}

std::string_view group_of(const CommandRow& row) {
    const auto blank = row.name.find(' ');
    return blank == std::string_view::npos ? std::string_view() : row.name.substr(0, blank);
}

} // namespace eligate::cli
