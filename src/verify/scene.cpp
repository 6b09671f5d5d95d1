// SPDX-License-Identifier: Apache-2.0
#include "verify/scene.hpp"

#include <algorithm>

namespace eligate::verify {

base::Result<std::vector<vici::IkeSa>> Scene::our_sas() {
    if (!m_ports.list_sas)
        return std::vector<vici::IkeSa>{};
    const std::lock_guard lock(m_sas_mutex);
    ELIGATE_TRY_ASSIGN(auto sas, m_ports.list_sas());
    std::erase_if(
        sas, [this](const vici::IkeSa& sa) { return !sa.name.starts_with(m_expectation.connection_prefix); });
    return sas;
}

bool Scene::tunnel_stands() {
    const auto sas = our_sas();
    return sas && !working_children(*sas, m_expectation.child_name).empty();
}

bool works(const vici::IkeSa& sa) {
    return sa.state == "ESTABLISHED" || sa.state == "REKEYING" || sa.state == "REKEYED";
}

bool works(const vici::ChildSa& child) {
    return child.state == "INSTALLED" || child.state == "UPDATING" || child.state == "REKEYING" ||
           child.state == "REKEYED";
}

std::vector<vici::ChildSa> working_children(const std::vector<vici::IkeSa>& sas,
                                            const std::string& child_name) {
    std::vector<vici::ChildSa> children;
    for (const auto& sa : sas)
        if (works(sa))
            std::ranges::copy_if(sa.children, std::back_inserter(children), [&](const vici::ChildSa& child) {
                return works(child) && (child_name.empty() || child.name == child_name);
            });
    return children;
}

Finding pass(base::Evidence evidence) {
    return Finding{.status = Status::pass, .evidence = std::move(evidence)};
}

Finding warn(base::Code code, base::Message what, base::Evidence evidence) {
    return Finding{
        .status = Status::warn, .code = code, .what = std::move(what), .evidence = std::move(evidence)};
}

Finding failed(base::Code code, base::Message what, base::Evidence evidence) {
    return Finding{
        .status = Status::fail, .code = code, .what = std::move(what), .evidence = std::move(evidence)};
}

Finding unknown(base::Message what, base::Evidence evidence) {
    return Finding{.status = Status::unknown, .what = std::move(what), .evidence = std::move(evidence)};
}

Finding failed(base::Error error) {
    return failed(error.code, std::move(error.what), std::move(error.evidence));
}

std::string text_of(std::chrono::milliseconds millis) {
    return std::to_string(millis.count()) + " ms";
}

} // namespace eligate::verify
