// SPDX-License-Identifier: Apache-2.0
#include "profile/public_suffix.hpp"

#include "base/ascii.hpp"

#include <dlfcn.h>
#include <libpsl.h>

#include <string>

namespace eligate::profile {

PublicSuffixes::PublicSuffixes()
    : m_library(::dlopen("libpsl.so.5", RTLD_NOW | RTLD_LOCAL), ::dlclose) {}

bool PublicSuffixes::contain(std::string_view domain) const {
    if (!m_library)
        return false;
    // NOLINTBEGIN(*-reinterpret-cast): POSIX's own way, dlsym(3)
    const auto builtin = reinterpret_cast<decltype(psl_builtin)*>(::dlsym(m_library.get(), "psl_builtin"));
    const auto is_one =
        reinterpret_cast<decltype(psl_is_public_suffix2)*>(::dlsym(m_library.get(), "psl_is_public_suffix2"));
    // NOLINTEND(*-reinterpret-cast)
    if (builtin == nullptr || is_one == nullptr)
        return false;
    const auto lower = base::lowered(domain);
    // Only what registries have (ICANN), not what companies added for cookies; and without the list's last
    // rule, by which every unknown top-level domain is one.
    return is_one(builtin(), lower.c_str(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

} // namespace eligate::profile
