// SPDX-License-Identifier: Apache-2.0
// One attempt to bring a child up, with charon's own words about it.
#include "vici/charon.hpp"

#include "vici/pattern.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::vici {
namespace {

using std::chrono::milliseconds;

// A broken resolver or link can repeat itself; the first lines hold the cause.
constexpr std::size_t max_lines = 2000;

/// Lines of no IKE_SA come from the resolver's and the sender's threads. They may be about a foreign
/// connection, so only those that can explain ours count.
bool may_be_ours(const LogLine& line) {
    return line.ike.empty() && ((line.group == "LIB" && line.text.starts_with("resolving '")) ||
                                (line.group == "NET" && line.text.starts_with("error writing to socket: ")));
}

/// charon calls it a failure that the child it was asked for exists (child_create.c, 5.9.8).
bool is_up_already(const LogLine& line) {
    return matches("not establishing CHILD_SA % due to existing duplicate %", line.text);
}

/// Chooses and keeps the lines of one attempt.
class Collector {
  public:
    Collector(std::string ike, const LogSink& sink, std::vector<LogLine>& lines)
        : m_ike(std::move(ike))
        , m_sink(&sink)
        , m_lines(&lines) {}

    void operator()(std::string_view event, const Message& message) {
        LogLine line = log_line(message);
        // `control-log` has this SA's lines in order and before the answer; `log` comes later and has the
        // rest.
        const bool wanted = event == "control-log" ? line.ike == m_ike : event == "log" && may_be_ours(line);
        if (!wanted || m_lines->size() >= max_lines)
            return;
        if (*m_sink && (*m_sink)(line) == Attention::give_up)
            m_given_up = true;
        m_lines->push_back(std::move(line));
    }
    bool given_up() const { return m_given_up; }

  private:
    std::string m_ike;
    const LogSink* m_sink;
    std::vector<LogLine>* m_lines;
    bool m_given_up = false;
};

} // namespace

base::Result<Attempt> Charon::initiate(const std::string& ike, const std::string& child, milliseconds timeout,
                                       const LogSink& sink) {
    timeout = std::max(timeout, milliseconds(1));
    const Wait limit = wait(timeout);
    // A connection of its own: charon runs one command at a time on each, and giving up needs another.
    ELIGATE_TRY_ASSIGN(auto stream, m_connect(limit));
    Session own(std::move(stream));

    Attempt attempt;
    Collector collect(ike, sink, attempt.log);
    bool terminating = false;
    base::Result<> ended;
    const auto on_event = [&](std::string_view event, const Message& message) {
        collect(event, message);
        if (!collect.given_up() || terminating)
            return;
        terminating = true;
        // The attempt ends with its SA, and then the command is answered.
        if (auto done = terminate(ike, true, milliseconds(1)); !done)
            ended = base::Unexpected(std::move(done).error());
    };
    for (const std::string_view event : {"control-log", "log"})
        ELIGATE_TRY(own.subscribe(event, limit, on_event));
    ELIGATE_TRY_ASSIGN(const Message answer, own.exchange("initiate",
                                                          Message()
                                                              .add("child", child)
                                                              .add("ike", ike)
                                                              .add("timeout", std::to_string(timeout.count()))
                                                              .add("loglevel", "1"),
                                                          limit, on_event));
    // `log` events are queued; one more round trip lets those about this attempt arrive.
    ELIGATE_TRY(own.unsubscribe("log", limit, on_event));
    ELIGATE_TRY(std::move(ended));
    attempt.established = answer.flag("success") || std::ranges::any_of(attempt.log, is_up_already);
    attempt.errmsg = answer.text("errmsg");
    return attempt;
}

} // namespace eligate::vici
