// SPDX-License-Identifier: Apache-2.0
#include "sweep/calls.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

namespace eligate::sweep {
namespace {

constexpr std::array table{
    Call{SYS_open, "open", Shape::open, true},
    Call{SYS_creat, "creat", Shape::create, true},
    Call{SYS_openat, "openat", Shape::open_at, true},
    Call{SYS_openat2, "openat2", Shape::open_how, true},
    Call{SYS_write, "write", Shape::write, true},
    Call{SYS_pwrite64, "pwrite64", Shape::write, true},
    Call{SYS_writev, "writev", Shape::write_vector, true},
    Call{SYS_pwritev, "pwritev", Shape::write_vector, true},
    Call{SYS_pwritev2, "pwritev2", Shape::write_vector, true},
    Call{SYS_sendfile, "sendfile", Shape::move_first, true},
    Call{SYS_copy_file_range, "copy_file_range", Shape::move_third, true},
    Call{SYS_splice, "splice", Shape::move_third, true},
    Call{SYS_sendto, "sendto", Shape::send, false},
    Call{SYS_sendmsg, "sendmsg", Shape::send_message, false},
    Call{SYS_sendmmsg, "sendmmsg", Shape::send_messages, false},
    Call{SYS_fsync, "fsync", Shape::descriptor, false},
    Call{SYS_fdatasync, "fdatasync", Shape::descriptor, false},
    Call{SYS_sync_file_range, "sync_file_range", Shape::descriptor, false},
    Call{SYS_fallocate, "fallocate", Shape::descriptor, true},
    Call{SYS_ftruncate, "ftruncate", Shape::descriptor, false},
    Call{SYS_truncate, "truncate", Shape::path, false},
    Call{SYS_fchmod, "fchmod", Shape::descriptor, false},
    Call{SYS_chmod, "chmod", Shape::path, false},
    Call{SYS_fchmodat, "fchmodat", Shape::path_at, false},
    Call{SYS_fchown, "fchown", Shape::descriptor, false},
    Call{SYS_chown, "chown", Shape::path, false},
    Call{SYS_lchown, "lchown", Shape::path, false},
    Call{SYS_fchownat, "fchownat", Shape::path_at, false},
    Call{SYS_fsetxattr, "fsetxattr", Shape::descriptor, false},
    Call{SYS_setxattr, "setxattr", Shape::path, false},
    Call{SYS_lsetxattr, "lsetxattr", Shape::path, false},
    Call{SYS_fremovexattr, "fremovexattr", Shape::descriptor, false},
    Call{SYS_removexattr, "removexattr", Shape::path, false},
    Call{SYS_lremovexattr, "lremovexattr", Shape::path, false},
    Call{SYS_rename, "rename", Shape::two_paths, false},
    Call{SYS_renameat, "renameat", Shape::two_paths_at, false},
    Call{SYS_renameat2, "renameat2", Shape::two_paths_at, false},
    Call{SYS_unlink, "unlink", Shape::path, false},
    Call{SYS_unlinkat, "unlinkat", Shape::path_at, false},
    Call{SYS_link, "link", Shape::two_paths, true},
    Call{SYS_linkat, "linkat", Shape::two_paths_at, true},
    Call{SYS_symlink, "symlink", Shape::link_text, true},
    Call{SYS_symlinkat, "symlinkat", Shape::link_text_at, true},
    Call{SYS_mkdir, "mkdir", Shape::path, true},
    Call{SYS_mkdirat, "mkdirat", Shape::path_at, true},
    Call{SYS_mknod, "mknod", Shape::path, true},
    Call{SYS_mknodat, "mknodat", Shape::path_at, true},
    Call{SYS_rmdir, "rmdir", Shape::path, false},
    Call{SYS_mount, "mount", Shape::two_paths, false},
    Call{SYS_umount2, "umount2", Shape::path, false},
    Call{SYS_execve, "execve", Shape::run, false},
    Call{SYS_execveat, "execveat", Shape::run_at, false},
};

constexpr unsigned int word = BPF_LD | BPF_W | BPF_ABS;
constexpr unsigned int equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr unsigned int any_bit = BPF_JMP | BPF_JSET | BPF_K;
constexpr unsigned int done = BPF_RET | BPF_K;

sock_filter line(unsigned int code, std::size_t value, unsigned jump_true = 0, unsigned jump_false = 0) {
    return {.code = static_cast<std::uint16_t>(code),
            .jt = static_cast<std::uint8_t>(jump_true),
            .jf = static_cast<std::uint8_t>(jump_false),
            .k = static_cast<std::uint32_t>(value)};
}

/// Opening for reading is by far the most frequent of these calls, and changes nothing.
constexpr unsigned changing_flags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

void append_call(std::vector<sock_filter>& program, const Call& call) {
    const bool has_flags = call.shape == Shape::open || call.shape == Shape::open_at;
    const auto number = static_cast<std::size_t>(call.number);
    if (!has_flags) {
        program.push_back(line(equal, number, 0, 1));
        program.push_back(line(done, SECCOMP_RET_TRACE));
        return;
    }
    const std::size_t argument = call.shape == Shape::open ? 1 : 2;
    program.push_back(line(equal, number, 0, 4));
    program.push_back(line(word, offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t)));
    program.push_back(line(any_bit, changing_flags, 0, 1));
    program.push_back(line(done, SECCOMP_RET_TRACE));
    program.push_back(line(done, SECCOMP_RET_ALLOW));
}

} // namespace

const Call* find_call(std::uint64_t number) {
    const auto* const found = std::ranges::find(
        table, number, [](const Call& call) { return static_cast<std::uint64_t>(call.number); });
    return found == table.end() ? nullptr : found;
}

bool stop_at_calls() {
    std::vector<sock_filter> program;
    program.push_back(line(word, offsetof(seccomp_data, arch)));
    program.push_back(line(equal, AUDIT_ARCH_X86_64, 1, 0));
    program.push_back(line(done, SECCOMP_RET_ALLOW));
    program.push_back(line(word, offsetof(seccomp_data, nr)));
    for (const auto& call : table)
        append_call(program, call);
    program.push_back(line(done, SECCOMP_RET_ALLOW));
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
        return true;
    // Only root may filter a program that can still win privileges; without root there are none to win.
    return errno == EACCES && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

} // namespace eligate::sweep
