// SPDX-License-Identifier: Apache-2.0
#include "sweep/point.hpp"

#include "sweep/netlink_words.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace eligate::sweep {
namespace {

/// More than any message or script of ours.
constexpr std::size_t longest_message = std::size_t{1} << 20U;

const std::string without_a_name = " (without a name)";

/// "/run/#7 (deleted)" is the kernel's word for a file made with O_TMPFILE; its number differs each time.
std::string nameless(const std::string& target) {
    const auto slash = target.rfind('/');
    return target.compare(slash, 2, "/#") == 0 ? target.substr(0, slash) + without_a_name : target;
}

int descriptor_of(std::uint64_t argument) {
    return static_cast<int>(static_cast<std::uint32_t>(argument));
}

/// Disks that fail by themselves: a full /var leaves /run and the kernel's own files as they were.
std::string disk_of(std::string_view path) {
    for (const std::string_view folder : {"/run", "/proc", "/sys", "/dev"})
        if (path == folder || path.starts_with(std::string(folder) + "/"))
            return std::string(folder);
    return "/";
}

bool is_an_output_of_ours(const struct stat& status) {
    return std::ranges::any_of(std::array{STDOUT_FILENO, STDERR_FILENO}, [&](int output) {
        struct stat ours{};
        return ::fstat(output, &ours) == 0 && ours.st_dev == status.st_dev && ours.st_ino == status.st_ino;
    });
}

class Look {
  public:
    Look(const Tracee& tracee, const Knock& knock, const Surroundings& surroundings)
        : m_tracee(tracee)
        , m_knock(knock)
        , m_surroundings(surroundings) {}

    Seen seen() {
        switch (m_knock.call.shape) {
        case Shape::open:
            return opened(AT_FDCWD, 0, m_knock.arguments[1]);
        case Shape::create:
            return opened(AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC);
        case Shape::open_at:
            return opened(descriptor(0), 1, m_knock.arguments[2]);
        case Shape::open_how:
            return opened(descriptor(0), 1, m_tracee.value<open_how>(m_knock.arguments[2]).flags);
        case Shape::run:
            return run(path(AT_FDCWD, 0));
        case Shape::run_at:
            return run(path(descriptor(0), 1));
        case Shape::descriptor:
        case Shape::move_first:
            return on_file(descriptor(0));
        case Shape::move_third:
            return on_file(descriptor(2));
        case Shape::write:
        case Shape::write_vector:
        case Shape::send:
        case Shape::send_message:
        case Shape::send_messages:
            return written(descriptor(0));
        default:
            return named();
        }
    }

  private:
    int descriptor(std::size_t argument) const { return descriptor_of(m_knock.arguments.at(argument)); }

    std::string text(std::size_t argument) const { return m_tracee.text(m_knock.arguments.at(argument)); }

    std::string path(int folder, std::size_t argument) const { return m_tracee.path(folder, text(argument)); }

    Point point(std::string what) const {
        return {.who = m_tracee.program(),
                .call = m_knock.call.name,
                .what = std::move(what),
                .disk = {},
                .takes_room = m_knock.call.takes_room};
    }

    static Seen seen_at(Point point) {
        Seen seen;
        seen.point = std::move(point);
        return seen;
    }

    Seen at_file(std::string what, std::string_view path) const {
        auto found = point(std::move(what));
        found.disk = disk_of(path);
        return seen_at(std::move(found));
    }

    /// Calls whose arguments are names.
    Seen named() const {
        std::string first = path(AT_FDCWD, 0);
        std::string second;
        switch (m_knock.call.shape) {
        case Shape::path_at:
            first = path(descriptor(0), 1);
            break;
        case Shape::two_paths:
            second = path(AT_FDCWD, 1);
            break;
        case Shape::two_paths_at:
            first = path(descriptor(0), 1);
            second = path(descriptor(2), 3);
            break;
        case Shape::link_text:
            first = text(0);
            second = path(AT_FDCWD, 1);
            break;
        case Shape::link_text_at:
            first = text(0);
            second = path(descriptor(1), 2);
            break;
        default:
            break;
        }
        const auto& made = second.empty() ? first : second;
        auto seen = at_file(second.empty() ? first : first + " -> " + second, made);
        // mkdir(2) of what is there says EEXIST on a full disk, too.
        seen.point->takes_room = seen.point->takes_room && !m_tracee.status(made);
        return seen;
    }

    Seen opened(int folder, std::size_t argument, std::uint64_t flags) const {
        const auto name = path(folder, argument);
        const auto status = m_tracee.status(name);
        const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
        const bool makes = unnamed || ((flags & O_CREAT) != 0 && !status);
        const bool is_file = status && S_ISREG(status->st_mode);
        const bool for_writing = (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
        if ((flags & O_PATH) != 0 || !(makes || (is_file && for_writing)))
            return {};
        auto seen = at_file(unnamed ? name + without_a_name : name, name);
        seen.point->takes_room = makes;
        return seen;
    }

    Seen run(const std::string& program) const {
        // A shell's search along PATH is no change.
        if (!m_tracee.status(program) || !m_tracee.is_in_our_network())
            return {};
        return seen_at(point(program));
    }

    Seen on_file(int file) const {
        const auto status = m_tracee.status(file);
        const auto target = m_tracee.target(file);
        const bool stays = status && (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode));
        if (!stays || target.starts_with("/memfd:") || is_an_output_of_ours(*status))
            return {};
        return at_file(status->st_nlink == 0 ? nameless(target) : target, target);
    }

    Seen written(int file) const {
        const auto status = m_tracee.status(file);
        if (!status)
            return {};
        if (S_ISSOCK(status->st_mode))
            return sent(file);
        if (S_ISFIFO(status->st_mode))
            return fed(m_tracee.target(file));
        return on_file(file);
    }

    std::string gathered(std::uint64_t vector, std::size_t count) const {
        std::string bytes;
        for (std::size_t i = 0; i < count && bytes.size() < longest_message; ++i) {
            const auto part = m_tracee.value<iovec>(vector + i * sizeof(iovec));
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): an address of another process
            bytes += m_tracee.bytes(reinterpret_cast<std::uint64_t>(part.iov_base),
                                    std::min(part.iov_len, longest_message));
        }
        return bytes;
    }

    std::string in_message(const msghdr& message) const {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): an address of another process
        return gathered(reinterpret_cast<std::uint64_t>(message.msg_iov), message.msg_iovlen);
    }

    std::string payload() const {
        const auto& arguments = m_knock.arguments;
        switch (m_knock.call.shape) {
        case Shape::write_vector:
            return gathered(arguments[1], arguments[2]);
        case Shape::send_message:
            return in_message(m_tracee.value<msghdr>(arguments[1]));
        case Shape::send_messages: {
            std::string bytes;
            for (std::uint64_t i = 0; i < arguments[2]; ++i)
                bytes += in_message(m_tracee.value<mmsghdr>(arguments[1] + i * sizeof(mmsghdr)).msg_hdr);
            return bytes;
        }
        default:
            return m_tracee.bytes(arguments[1], std::min<std::uint64_t>(arguments[2], longest_message));
        }
    }

    /// nft does nothing before it has read all of its script.
    Seen fed(const std::string& pipe) const {
        for (const pid_t process : m_surroundings.processes) {
            const Tracee reader(process, process);
            if (process == m_tracee.process() || reader.target(STDIN_FILENO) != pipe ||
                reader.program() != "nft")
                continue;
            if (payload().starts_with("list ") || !m_tracee.is_in_our_network())
                return {};
            return seen_at(point("nft input"));
        }
        Seen seen;
        seen.into_pipe = true;
        return seen;
    }

    Seen sent(int file) const {
        const auto socket = m_tracee.borrow(file);
        const auto option = [&](int name) {
            int value = -1;
            socklen_t size = sizeof value;
            return ::getsockopt(socket.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
        };
        const int family = option(SO_DOMAIN);
        if (family == AF_NETLINK)
            return told_to_kernel(option(SO_PROTOCOL));
        if (family == AF_UNIX && option(SO_TYPE) == SOCK_STREAM && leads_to_charon(socket.get()))
            return told_to_charon(m_tracee.target(file));
        return {};
    }

    Seen told_to_kernel(int protocol) const {
        const auto change = changes_in_netlink(protocol, payload());
        if (change.empty() || !m_tracee.is_in_our_network())
            return {};
        return seen_at(point(change));
    }

    static bool leads_to_charon(int socket) {
        sockaddr_un address{};
        socklen_t size = sizeof address;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API
        return ::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
               std::string_view(
                   static_cast<const char*>(address.sun_path),
                   ::strnlen(static_cast<const char*>(address.sun_path), sizeof address.sun_path))
                   .ends_with(".vici");
    }

    Seen told_to_charon(const std::string& socket) const {
        Seen seen;
        seen.vici_socket = socket;
        seen.vici_bytes = payload();
        const auto known = m_surroundings.vici.find(socket);
        auto flow = known == m_surroundings.vici.end() ? ViciFlow() : known->second;
        if (const auto commands = flow.take(seen.vici_bytes); !commands.empty())
            seen.point = point(commands);
        return seen;
    }

    const Tracee& m_tracee;
    const Knock& m_knock;
    const Surroundings& m_surroundings;
};

/// A line of a listing has one name in each column.
std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
    return text;
}

} // namespace

Seen look(const Tracee& tracee, const Knock& knock, const Surroundings& surroundings) {
    auto seen = Look(tracee, knock, surroundings).seen();
    if (seen.point) {
        seen.point->who = one_line(std::move(seen.point->who));
        seen.point->what = one_line(std::move(seen.point->what));
    }
    return seen;
}

} // namespace eligate::sweep
