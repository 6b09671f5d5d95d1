// SPDX-License-Identifier: Apache-2.0
#include "linux/account.hpp"

#include <pwd.h>

#include <array>

namespace eligate::linux_adapter {

std::string name_of(uid_t user) {
    std::array<char, 4096> room{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
        return found->pw_name;
    return std::to_string(user);
}

} // namespace eligate::linux_adapter
