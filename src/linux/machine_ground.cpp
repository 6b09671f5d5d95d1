// SPDX-License-Identifier: Apache-2.0
#include "linux/machine_ground.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"
#include "linux/ike_ports.hpp"
#include "linux/nft.hpp"

#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>

namespace eligate::linux_adapter {
namespace {

using base::msg;
using base::Result;
using base::UniqueFd;
namespace code = catalog::code;

std::string words_of(int error) {
    return std::generic_category().message(error);
}

base::Unexpected full(const std::string& folder, std::size_t bytes, const std::string& reason) {
    return base::fail(code::disk_full, msg(N_("{path} has no room left"), {{"path", folder}}),
                      {{"path", folder}, {"needed", fmt::format("{} bytes", bytes)}, {"error", reason}});
}

base::Unexpected read_only(const std::string& folder, int error) {
    return base::fail(code::folder_read_only, msg(N_("{path} cannot be written to"), {{"path", folder}}),
                      {{"path", folder}, {"error", words_of(error)}});
}

base::Unexpected missing(const std::string& folder, int error) {
    return base::fail(code::folder_missing, msg(N_("there is no folder {path}"), {{"path", folder}}),
                      {{"path", folder}, {"error", words_of(error)}});
}

base::Unexpected cannot_write(const std::string& folder, std::size_t bytes, int error) {
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return full(folder, bytes, words_of(error));
    case ENOENT:
    case ENOTDIR:
        return missing(folder, error);
    default:
        return read_only(folder, error);
    }
}

base::Unexpected no_nftables(int error) {
    return base::fail(code::nftables_missing, msg(N_("the kernel refuses nftables")),
                      {{"call", "NFT_MSG_GETGEN"}, {"error", words_of(error)}});
}

struct GenerationRequest {
    nlmsghdr header;
    nfgenmsg about;
};

} // namespace

Result<std::vector<port::IkePort>> MachineGround::ike_ports() {
    return find_ike_ports(m_vici_socket);
}

Result<> MachineGround::can_filter() {
    if (::access(nft_program, X_OK) != 0)
        return base::fail(code::nft_missing, msg(N_("{program} cannot be run"), {{"program", nft_program}}),
                          {{"program", nft_program}, {"error", words_of(errno)}, {"package", "nftables"}});
    // The ruleset's generation: the smallest question that only nf_tables answers. It loads the module, as
    // nft itself would.
    const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!fd)
        return no_nftables(errno);
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    GenerationRequest request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type =
        static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8U) | static_cast<unsigned>(NFT_MSG_GETGEN));
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.about.version = NFNETLINK_V0;
    if (::send(fd.get(), &request, sizeof request, 0) < 0)
        return no_nftables(errno);
    std::array<char, 4096> answer{};
    const auto got = ::recv(fd.get(), answer.data(), answer.size(), 0);
    if (got < 0)
        return no_nftables(errno);
    nlmsghdr header{};
    nlmsgerr refusal{};
    if (static_cast<std::size_t>(got) < sizeof header)
        return no_nftables(EBADMSG);
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR)
        return {};
    if (static_cast<std::size_t>(got) >= NLMSG_HDRLEN + sizeof refusal)
        std::memcpy(&refusal, answer.data() + NLMSG_HDRLEN, sizeof refusal);
    return refusal.error == 0 ? Result<>() : no_nftables(-refusal.error);
}

Result<> MachineGround::has_room(const std::string& folder, std::size_t bytes) {
    struct statvfs status{};
    if (::statvfs(folder.c_str(), &status) != 0)
        return cannot_write(folder, bytes, errno);
    if ((status.f_flag & ST_RDONLY) != 0)
        return read_only(folder, EROFS);
    // Root may use the reserve, so f_bfree and not f_bavail. A file system that does not count says 0.
    const auto block = std::max<unsigned long>(status.f_frsize, 1);
    const bool counts_blocks = status.f_blocks > 0;
    const bool counts_files = status.f_files > 0;
    if (counts_blocks && status.f_bfree < bytes / block + 1)
        return full(folder, bytes, fmt::format("{} bytes left", status.f_bfree * block));
    if (counts_files && status.f_ffree == 0)
        return full(folder, bytes, "no inode left");
    return {};
}

Result<> MachineGround::try_room(const std::string& folder, std::size_t bytes) {
    ELIGATE_TRY(has_room(folder, bytes));
    const UniqueFd place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!place)
        return cannot_write(folder, bytes, errno);
    const UniqueFd fd(::openat(place.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
    // A file system that knows no file without a name (FAT, overlayfs over some): one with a name would stay
    // where we are killed before it is gone again, so what has_room() and the folder say has to do.
    const bool knows_no_such = !fd && (errno == EOPNOTSUPP || errno == EISDIR);
    if (knows_no_such && ::faccessat(place.get(), ".", W_OK, AT_EACCESS) == 0)
        return {};
    if (!fd)
        return cannot_write(folder, bytes, errno);
    const auto length = static_cast<off_t>(
        std::min(bytes, static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())));
    // Nothing is to be written where files only go away, and posix_fallocate refuses a length of 0 (EINVAL).
    if (length == 0)
        return {};
    if (const int error = ::posix_fallocate(fd.get(), 0, length); error != 0)
        return cannot_write(folder, bytes, error);
    return {};
}

} // namespace eligate::linux_adapter
