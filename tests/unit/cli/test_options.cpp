// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "support/catch.hpp"

#include <initializer_list>

using namespace eligate;
using namespace eligate::cli;

namespace {

CommandLine parse(std::initializer_list<std::string> arguments) {
    return parse_command_line(std::vector<std::string>(arguments));
}

std::string fault(std::initializer_list<std::string> arguments) {
    const auto line = parse(arguments);
    return line.fault ? base::english(line.fault->what) : std::string();
}

Command command(const CommandLine& line) {
    REQUIRE(line.options.command != nullptr);
    return line.options.command->command;
}

} // namespace

TEST_CASE("options: common options stand before or behind the command") {
    for (const auto& line : {parse({"--json", "plan"}), parse({"plan", "--json"})}) {
        CHECK_FALSE(line.fault);
        CHECK(line.options.json);
        CHECK(command(line) == Command::plan);
    }
}

TEST_CASE("options: defaults are the appliance's files and the locale's language") {
    const auto options = parse({"apply"}).options;
    CHECK(options.site == "/etc/eligate/site.toml");
    CHECK(options.secrets == "/etc/eligate/secrets.toml");
    CHECK_FALSE(options.language);
    CHECK(options.colour == ColourWish::automatic);
    CHECK_FALSE(options.yes);
}

TEST_CASE("options: values come as a word of their own or behind an equal sign; the last one counts") {
    const auto options = parse({"check", "--site=a.toml", "--secrets", "s.toml", "--site", "b.toml", "--lang",
                                "ja", "--color=never"})
                             .options;
    CHECK(options.site == "b.toml");
    CHECK(options.secrets == "s.toml");
    CHECK(options.language == base::Language::ja);
    CHECK(options.colour == ColourWish::never);
}

TEST_CASE("options: check takes any number of files, also ones that look like commands or options") {
    const auto line = parse({"check", "plan", "--", "--json"});
    CHECK_FALSE(line.fault);
    CHECK(command(line) == Command::check);
    CHECK(line.options.operands == std::vector<std::string>{"plan", "--json"});
    CHECK_FALSE(line.options.json);
}

TEST_CASE("options: profile's commands are two words") {
    CHECK(command(parse({"profile", "list"})) == Command::profile_list);
    const auto show = parse({"profile", "--lang", "en", "show", "example-psk", "--json"});
    CHECK_FALSE(show.fault);
    CHECK(command(show) == Command::profile_show);
    CHECK(show.options.operands == std::vector<std::string>{"example-psk"});
    CHECK(show.options.json);
    CHECK(command(parse({"profile"})) == Command::profile);
}

TEST_CASE("options: help is asked for in any of the usual ways, and needs no operand") {
    for (const auto& line : {parse({"explain", "--help"}), parse({"explain", "-h"}),
                             parse({"--help", "explain"}), parse({"help", "explain"})}) {
        CHECK_FALSE(line.fault);
        CHECK(line.options.help);
        CHECK(command(line) == Command::explain);
    }
    CHECK(parse({"help"}).options.help);
    CHECK(parse({"--version"}).options.version);
}

TEST_CASE("options: --exit-code is plan's own") {
    CHECK(parse({"plan", "--exit-code"}).options.exit_code);
    CHECK(fault({"apply", "--exit-code"}) == "there is no option --exit-code");
}

TEST_CASE("options: a mistyped command or option is named, with the nearest one") {
    CHECK(fault({"aply"}) == "there is no command aply; did you mean apply?");
    CHECK(fault({"frobnicate"}) == "there is no command frobnicate");
    CHECK(fault({"profile", "lst"}) == "there is no command lst; did you mean list?");
    CHECK(fault({"plan", "--jsno"}) == "there is no option --jsno; did you mean --json?");
    CHECK(fault({"plan", "--exitcode"}) == "there is no option --exitcode; did you mean --exit-code?");
    CHECK(fault({"plan", "-q"}) == "there is no option -q");
    CHECK(fault({"plan", "--frob=1"}) == "there is no option --frob");
    // The first fault counts, not the last.
    CHECK(fault({"aply", "--frob"}) == "there is no command aply; did you mean apply?");
}

TEST_CASE("options: values are judged") {
    CHECK(fault({"plan", "--lang", "de"}) == "--lang takes ja or en, not de");
    CHECK(fault({"plan", "--color", "blue"}) == "--color takes auto, always or never, not blue");
    CHECK(fault({"plan", "--site"}) == "--site needs a value");
    CHECK(fault({"plan", "--json=maybe"}) == "--json takes no value");
}

TEST_CASE("options: the number of arguments is judged") {
    CHECK(fault({"explain"}) == "explain needs CODE");
    CHECK(fault({"profile", "check"}) == "profile check needs FILE...");
    CHECK(fault({"status", "now"}) == "status takes no argument, but got now");
    CHECK(fault({"explain", "IKE001", "IKE002"}) == "explain takes one argument, but got IKE002 too");
}

TEST_CASE("options: a fault is told in the language and the form that was asked for, whatever the fault is") {
    for (const auto& line :
         {parse({"--lang", "ja", "--json", "aply"}), parse({"--json", "--lang=ja", "plan", "--site"}),
          parse({"plan", "--lang", "ja", "--json", "--frob"})}) {
        REQUIRE(line.fault);
        CHECK(line.fault->code == base::Code{"USE001"});
        CHECK(line.options.language == base::Language::ja);
        CHECK(line.options.json);
    }
}

TEST_CASE("options: a very long or strange argument does no harm") {
    CHECK(fault({std::string(100000, 'a')}).starts_with("there is no command aaa"));
    CHECK(fault({"\xff\xfe"}) == "there is no command \xff\xfe");
    CHECK(fault({""}) == "there is no command ");
    CHECK(fault({"plan", "-"}) == "plan takes no argument, but got -");
}
