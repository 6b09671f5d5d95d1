// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include "cli/width.hpp"

#include <algorithm>
#include <ostream>

namespace eligate::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// What is over sooner needs no line that flickers.
constexpr auto patience = std::chrono::milliseconds(150);

} // namespace

Progress::Progress(std::ostream& err, bool shown, Style style)
    : m_err(err)
    , m_shown(shown)
    , m_style(style) {
    if (m_shown)
        m_ticker = std::jthread([this](const std::stop_token& stop) { tick(stop); });
}

Progress::~Progress() {
    if (!m_shown)
        return;
    m_ticker.request_stop();
    m_ticker.join();
    erase();
}

void Progress::begin(const std::string& key, const base::Message& what) {
    if (!m_shown)
        return;
    const std::scoped_lock lock(m_mutex);
    m_waiting.push_back({.key = key, .what = m_style.say(what), .since = Clock::now()});
}

void Progress::end(const std::string& key) {
    const std::scoped_lock lock(m_mutex);
    std::erase_if(m_waiting, [&](const Waiting& waiting) { return waiting.key == key; });
}

void Progress::now(const base::Message& what) {
    hide();
    begin({}, what);
}

void Progress::hide() {
    if (!m_shown)
        return;
    const std::scoped_lock lock(m_mutex);
    m_waiting.clear();
    erase();
}

void Progress::repaint() {
    const auto now = Clock::now();
    const auto oldest = std::ranges::min_element(m_waiting, {}, &Waiting::since);
    if (oldest == m_waiting.end() || now - oldest->since < patience) {
        erase();
        return;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - oldest->since).count();
    const auto line = m_style.say(
        base::msg(N_("{seconds} s  {what}"), {{"seconds", std::to_string(seconds)}, {"what", oldest->what}}));
    // One column less than there are, so that no terminal wraps it.
    m_err << "\r\x1b[K" << m_style.paint(Tone::quiet, fitting(line, m_style.columns - 1)) << std::flush;
    m_painted = true;
}

void Progress::erase() {
    if (m_painted)
        m_err << "\r\x1b[K" << std::flush;
    m_painted = false;
}

void Progress::tick(const std::stop_token& stop) {
    constexpr auto interval = std::chrono::milliseconds(200);
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        repaint();
        m_wake.wait_for(lock, stop, interval, [] { return false; });
    }
}

} // namespace eligate::cli
