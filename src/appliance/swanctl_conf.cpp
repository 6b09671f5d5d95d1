// SPDX-License-Identifier: Apache-2.0
#include "appliance/swanctl_conf.hpp"

#include "base/base64.hpp"
#include "render/template.hpp"
#include "vici/connection_message.hpp"

#include <string_view>
#include <variant>

namespace eligate::appliance {
namespace {

constexpr std::string_view header =
    "# Written by eligate. Changes made here are taken back: change /etc/eligate/site.toml and run\n"
    "# `eligate apply`.  eligateが作成。変更は/etc/eligate/site.tomlで行い、`eligate "
    "apply`を実行すること。\n";

/// Collects the text in a buffer that is wiped.
class Writer {
  public:
    void open(std::string_view name) {
        line(std::string(name) + " {");
        ++m_depth;
    }
    void close() {
        --m_depth;
        line("}");
    }
    base::Result<> value(std::string_view name, std::string_view text) {
        ELIGATE_TRY_ASSIGN(const auto quoted, render::quoted(text));
        line(std::string(name) + " = " + quoted);
        return {};
    }
    /// `name = 0s…`: bytes that swanctl decodes, so that no byte of a secret means anything to its parser.
    void bytes(std::string_view name, std::string_view content) {
        indent();
        m_text.append(name);
        m_text.append(" = 0s");
        m_text.append(base::base64(content).expose());
        m_text.append("\n");
    }
    void line(std::string_view text) {
        indent();
        m_text.append(text);
        m_text.append("\n");
    }
    base::Secret take() { return std::move(m_text); }

  private:
    void indent() { m_text.append(std::string(m_depth * 4, ' ')); }
    base::Secret m_text{header};
    std::size_t m_depth = 0;
};

std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const auto& item : items)
        out += (out.empty() ? "" : ",") + item;
    return out;
}

/// DER goes as base64 (`certs = 0s…`, load_conns.c add_file_list_key), everything else as quoted text.
base::Result<> write_list(Writer& writer, const std::string& name, const vici::List& items) {
    if (name != "certs")
        return writer.value(name, joined(items));
    std::vector<std::string> encoded;
    encoded.reserve(items.size());
    for (const auto& der : items)
        encoded.push_back("0s" + std::string(base::base64(der).expose()));
    return writer.value(name, joined(encoded));
}

base::Result<> write_section(Writer& writer, const vici::Message& section) {
    for (const auto& entry : section.entries()) {
        if (const auto* text = std::get_if<std::string>(&entry.content)) {
            ELIGATE_TRY(writer.value(entry.name, *text));
        } else if (const auto* list = std::get_if<vici::List>(&entry.content)) {
            ELIGATE_TRY(write_list(writer, entry.name, *list));
        } else if (const auto* inner = std::get_if<vici::Message>(&entry.content)) {
            writer.open(entry.name);
            ELIGATE_TRY(write_section(writer, *inner));
            writer.close();
        } else {
            writer.bytes(entry.name, std::get<base::Secret>(entry.content).expose());
        }
    }
    return {};
}

} // namespace

base::Result<base::Secret> swanctl_conf(const BootConfiguration& boot) {
    Writer writer;
    writer.open("connections");
    for (const auto& resource : boot.connections) {
        const auto start =
            resource.connection.start_at_boot ? vici::StartAction::start : vici::StartAction::none;
        ELIGATE_TRY_ASSIGN(const auto message,
                           vici::connection_message(resource.connection, start, {resource.certificates}));
        ELIGATE_TRY(write_section(writer, message));
    }
    writer.close();
    if (!boot.secrets.empty()) {
        writer.open("secrets");
        for (const auto& secret : boot.secrets) {
            writer.open(secret.id);
            for (std::size_t i = 0; i < secret.owners.size(); ++i)
                ELIGATE_TRY(writer.value("id-" + std::to_string(i + 1), secret.owners[i]));
            writer.bytes("secret", secret.secret.expose());
            writer.close();
        }
        writer.close();
    }
    if (!boot.authorities.empty()) {
        writer.open("authorities");
        for (const auto& [name, path] : boot.authorities) {
            writer.open(name);
            ELIGATE_TRY(writer.value("cacert", path));
            writer.close();
        }
        writer.close();
    }
    return writer.take();
}

} // namespace eligate::appliance
