// SPDX-License-Identifier: Apache-2.0
#include "profile/network.hpp"

#include "catalog/catalog.hpp"
#include "profile/table.hpp"
#include "profile/utf8.hpp"
#include "profile/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::size_t most_domains = 64;
constexpr std::size_t most_services = 16;
constexpr std::size_t most_checks = 32;
constexpr std::size_t most_ports = 64;
/// RFC 5905.
constexpr std::uint16_t ntp_port = 123;

void read_domain(const Node& node, const PublicSuffixes& suffixes, Network& network,
                 base::Diagnostics& diagnostics) {
    NetworkDomain domain;
    if (node.type == Node::Type::table) {
        Table table(node, "domains", diagnostics);
        if (auto name = table.text("name", Word::domain, Need::required))
            domain.name = std::move(*name);
        domain.fact = table.fact();
        table.finish();
    } else {
        domain.name = {.value = node.text, .where = node.where};
        if (!check_word(domain.name, Word::domain, "domains", diagnostics))
            domain.name.value.clear();
    }
    if (domain.name.value.empty() || !check_domain(domain.name, suffixes, diagnostics))
        return;
    const bool listed = std::ranges::any_of(
        network.domains, [&](const NetworkDomain& other) { return other.name.value == domain.name.value; });
    if (listed)
        diagnostics.add({.code = code::duplicate,
                         .what = msg(N_("{value} is listed twice"), {{"value", domain.name.value}}),
                         .where = domain.name.where,
                         .hints = {}});
    network.domains.push_back(std::move(domain));
}

/// Texts, or tables where a domain says where it is known from.
void read_domains(Table& root, Network& network) {
    const auto* const node = root.value("domains", Node::Type::array, Need::required);
    if (node == nullptr)
        return;
    auto& diagnostics = root.diagnostics();
    const PublicSuffixes suffixes;
    if (node->items.empty() || node->items.size() > most_domains) {
        diagnostics.add({.code = code::out_of_range,
                         .what = msg(N_("{key} must list 1 to {most} entries, and here are {count}"),
                                     {{"key", "domains"},
                                      {"most", std::to_string(most_domains)},
                                      {"count", std::to_string(node->items.size())}}),
                         .where = node->where,
                         .hints = {}});
        return;
    }
    for (const auto& item : node->items) {
        if (item.type == Node::Type::string || item.type == Node::Type::table)
            read_domain(item, suffixes, network, diagnostics);
        else
            diagnostics.add(
                {.code = code::wrong_type,
                 .what = msg(N_("a domain is a text in quotes, or a table with name, source and as_of")),
                 .where = item.where,
                 .hints = {}});
    }
}

std::uint16_t read_port(Table& table, Need need, std::uint16_t otherwise) {
    const auto port = table.number("port", 1, 65535, need);
    return port ? static_cast<std::uint16_t>(port->value) : otherwise;
}

std::string read_host(Table& table, std::string_view key, Word word) {
    auto host = table.text(key, word, Need::required);
    return host ? std::move(host->value) : std::string();
}

ServiceCheck read_kind(Table& table, std::string_view kind) {
    if (kind == "dns") {
        DnsCheck check;
        check.name = read_host(table, "name", Word::host_name);
        check.large_reply = table.flag("large_reply").value_or(Located<bool>{}).value;
        return check;
    }
    if (kind == "tcp")
        return TcpCheck{.host = read_host(table, "host", Word::host),
                        .port = read_port(table, Need::required, 0)};
    if (kind == "ntp")
        return NtpCheck{.host = read_host(table, "host", Word::host)};
    if (kind == "proxy") {
        ProxyCheck check;
        check.host = read_host(table, "host", Word::host);
        check.port = read_port(table, Need::optional, check.port);
        return check;
    }
    TlsCheck check;
    check.host = read_host(table, "host", Word::host_name);
    check.port = read_port(table, Need::optional, check.port);
    if (const auto asked = table.choice("client_certificate", {"requested", "not-requested"}, Need::optional))
        check.client_certificate_requested = asked->value == "requested";
    return check;
}

/// The ladder's id of a check ("tls.hweb.oqs.onshikaku.org"): two of the same could not be told apart.
std::string id_of(std::string_view kind, const ServiceCheck& check) {
    const auto host = std::visit(
        [](const auto& one) {
            if constexpr (requires { one.host; })
                return one.host;
            else
                return one.name;
        },
        check);
    return std::string(kind) + "." + host;
}

void read_checks(Table& table, NetworkService& service, std::set<std::string>& ids) {
    for (auto& one : table.tables("check", most_checks)) {
        const auto kind = one.choice("kind", {"dns", "tcp", "tls", "ntp", "proxy"}, Need::required);
        if (!kind)
            continue;
        NetworkCheck check{.check = read_kind(one, kind->value), .where = one.where(), .fact = one.fact()};
        one.finish();
        const auto id = id_of(kind->value, check.check);
        if (!ids.insert(id).second)
            table.diagnostics().add({.code = code::duplicate,
                                     .what = msg(N_("{value} is listed twice"), {{"value", shown(id)}}),
                                     .where = check.where,
                                     .hints = {}});
        service.checks.push_back(std::move(check));
    }
}

std::string text_of(const Port& port) {
    return fmt::format("{}/{}", port.transport == Transport::tcp ? "tcp" : "udp", port.number);
}

/// "tcp/443"
std::optional<Port> parse_port(std::string_view text) {
    Port port;
    if (text.starts_with("udp/"))
        port.transport = Transport::udp;
    else if (!text.starts_with("tcp/"))
        return std::nullopt;
    const auto digits = text.substr(4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port.number);
    const bool good = error == std::errc() && end == digits.data() + digits.size() && port.number > 0 &&
                      digits.front() != '0';
    return good ? std::optional(port) : std::nullopt;
}

/// False if one of them could not be read.
bool read_ports(Table& table, NetworkService& service) {
    bool good = true;
    for (const auto& text : table.texts("ports", Word::any, Need::optional, most_ports)) {
        const auto port = parse_port(text.value);
        good = good && port;
        if (port)
            service.ports.push_back({.value = *port, .where = text.where});
        else
            table.diagnostics().add(
                {.code = code::malformed,
                 .what = msg(N_("service.ports: “{value}” is not a port"), {{"value", shown(text.value)}}),
                 .where = text.where,
                 .hints = {msg(N_("tcp or udp, a slash and 1 to 65535: \"tcp/443\""))}});
    }
    return good;
}

/// What a check asks for; DNS is let through always.
std::optional<Port> port_of(const ServiceCheck& check) {
    if (const auto* tcp = std::get_if<TcpCheck>(&check))
        return Port{.transport = Transport::tcp, .number = tcp->port};
    if (const auto* tls = std::get_if<TlsCheck>(&check))
        return Port{.transport = Transport::tcp, .number = tls->port};
    if (const auto* proxy = std::get_if<ProxyCheck>(&check))
        return Port{.transport = Transport::tcp, .number = proxy->port};
    if (std::holds_alternative<NtpCheck>(check))
        return Port{.transport = Transport::udp, .number = ntp_port};
    return std::nullopt;
}

/// A terminal would be kept from what is tested, and from the gateway itself the test would pass.
void check_ports(const NetworkService& service, base::Diagnostics& diagnostics) {
    if (service.ports.empty())
        return;
    for (const auto& check : service.checks) {
        const auto needed = port_of(check.check);
        if (!needed ||
            std::ranges::any_of(service.ports, [&](const auto& port) { return port.value == *needed; }))
            continue;
        diagnostics.add({.code = code::port_not_listed,
                         .what = msg(N_("this check needs {port}, which service.ports does not list"),
                                     {{"port", text_of(*needed)}}),
                         .where = check.where,
                         .hints = {}});
    }
}

void read_services(Table& root, Network& network) {
    std::set<std::string> ids;
    std::set<std::string> check_ids;
    for (auto& table : root.tables("service", most_services)) {
        NetworkService service;
        if (auto id = table.text("id", Word::key, Need::required))
            service.id = std::move(*id);
        service.name = table.local_text("name", Need::required);
        service.fact = table.fact();
        read_checks(table, service, check_ids);
        if (read_ports(table, service))
            check_ports(service, root.diagnostics());
        table.finish();
        if (!service.id.value.empty() && !ids.insert(service.id.value).second)
            root.diagnostics().add({.code = code::duplicate,
                                    .what = msg(N_("{value} is listed twice"), {{"value", service.id.value}}),
                                    .where = service.id.where,
                                    .hints = {}});
        network.services.push_back(std::move(service));
    }
}

} // namespace

std::optional<Network> read_network(const Document& document, base::Diagnostics& diagnostics) {
    if (document.root() == nullptr)
        return std::nullopt;
    base::Diagnostics found;
    Network network;
    network.file = document.file();
    Table root(*document.root(), "", found);
    if (check_schema(root)) {
        if (auto id = root.text("id", Word::id, Need::required))
            network.id = std::move(*id);
        network.name = root.local_text("name", Need::optional);
        network.fact = root.fact();
        read_domains(root, network);
        read_services(root, network);
        root.finish();
    }
    if (network.name.ja.empty())
        network.name = {.ja = network.id.value, .en = network.id.value};
    const bool good = !found.has_errors();
    diagnostics.merge(std::move(found));
    return good ? std::optional(std::move(network)) : std::nullopt;
}

} // namespace eligate::profile
