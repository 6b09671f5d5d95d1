// SPDX-License-Identifier: Apache-2.0
#include "render/template.hpp"

#include "catalog/catalog.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace eligate::render {
namespace {

namespace mustache = kainjow::mustache;
using base::msg;

bool is_word(std::string_view value) {
    constexpr std::string_view others = "_.:/-";
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    };
    // A leading '-' or '/' could be read as something else than a word.
    return !value.empty() && std::ranges::all_of(value, fits) && value.front() != '-' && value.front() != '/';
}

bool has_control_character(std::string_view value) {
    return std::ranges::any_of(value,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"')
            out += '\\';
        out += c;
    }
    return out;
}

/// Looks names up as mustache does, and remembers the first one that nobody knows.
class StrictContext : public mustache::context<std::string> {
  public:
    explicit StrictContext(const mustache::data* data) {
        // By name: the library's own constructor makes a virtual call, which would not reach this class.
        context::push(data);
    }

    const mustache::data* get(const std::string& name) const override {
        const auto* const found = context::get(name);
        if (found == nullptr && m_unknown.empty())
            m_unknown = name;
        return found;
    }
    const mustache::data* get_partial(const std::string& name) const override {
        m_unknown = name;
        return nullptr;
    }
    const std::string& unknown() const { return m_unknown; }

  private:
    // get() is const in the library's interface; what it could not find is still the answer we are after.
    mutable std::string m_unknown;
};

mustache::data data_of(const Values& values) {
    mustache::data data;
    for (const auto& [name, value] : values.names) {
        if (const auto* text = std::get_if<std::string>(&value)) {
            data.set(name, *text);
        } else if (const auto* flag = std::get_if<bool>(&value)) {
            data.set(name, mustache::data(*flag));
        } else {
            mustache::data list(mustache::data::type::list);
            for (const auto& element : std::get<List>(value))
                list.push_back(data_of(element));
            data.set(name, list);
        }
    }
    return data;
}

base::Unexpected broken(std::string_view name, std::string reason) {
    return base::fail(catalog::code::template_broken,
                      msg(N_("the template {name} cannot be used"), {{"name", std::string(name)}}),
                      {{"reason", std::move(reason)}});
}

} // namespace

base::Result<std::string> from_template(std::string_view name, const std::string& text, Syntax syntax,
                                        const Values& values) {
    if (text.find("{{{") != std::string::npos || text.find("{{&") != std::string::npos)
        return broken(name, "unescaped tag");
    mustache::mustache parsed(text);
    if (!parsed.is_valid())
        return broken(name, parsed.error_message());
    std::optional<std::string> misfit;
    parsed.set_custom_escape([&](const std::string& value) {
        const bool quotable = syntax == Syntax::strongswan_conf;
        const bool fits = quotable ? !has_control_character(value) : is_word(value);
        if (!fits)
            misfit = value;
        return quotable ? escaped(value) : value;
    });
    const auto data = data_of(values);
    StrictContext context(&data);
    auto out = parsed.render(context);
    if (!context.unknown().empty())
        return broken(name, "unknown name " + context.unknown());
    if (misfit)
        return broken(name, "a value does not fit the syntax: " + *misfit);
    return out;
}

base::Result<std::string> quoted(std::string_view value) {
    if (has_control_character(value))
        return base::fail(catalog::code::unwritable_value,
                          msg(N_("a value holds a control character and cannot be written to swanctl.conf")));
    return "\"" + escaped(value) + "\"";
}

} // namespace eligate::render
