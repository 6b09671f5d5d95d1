// SPDX-License-Identifier: Apache-2.0
#include "linux/network_keeper.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using eligate::linux_adapter::keeper_under;
namespace fs = std::filesystem;

namespace {

struct Root {
    Root() {
        std::string name = (fs::temp_directory_path() / "eligate-keeper-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;
    Root(Root&&) = delete;
    Root& operator=(Root&&) = delete;
    ~Root() { fs::remove_all(path); }

    void write(const std::string& file, const std::string& text) const {
        fs::create_directories(fs::path(path + file).parent_path());
        std::ofstream(path + file) << text;
    }
    std::string path;
};

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("network keeper: nobody says so") {
    const Root root;
    CHECK(keeper_under(root.path, "wan0", 2).program.empty());
    root.write("/run/systemd/netif/links/2", "# private\nADMIN_STATE=unmanaged\nOPER_STATE=routable\n");
    root.write("/run/NetworkManager/devices/2", "[device]\nmanaged=false\n");
    root.write("/run/network/ifstate.wan0", "");
    CHECK(keeper_under(root.path, "wan0", 2).program.empty());
}

TEST_CASE("network keeper: networkd takes foreign routes away unless a drop-in forbids it") {
    const Root root;
    root.write("/run/systemd/netif/links/2", "ADMIN_STATE=configured\n");
    auto keeper = keeper_under(root.path, "wan0", 2);
    CHECK(keeper.program == "systemd-networkd");
    CHECK(keeper.lacks == Words{"ManageForeignRoutes=no", "ManageForeignRoutingPolicyRules=no"});

    root.write("/usr/lib/systemd/networkd.conf.d/50-eligate.conf",
               "# why\n[Network]\nManageForeignRoutes = no\nManageForeignRoutingPolicyRules=no\n");
    root.write("/etc/systemd/networkd.conf", "[Network]\nManageForeignRoutes=yes\n");
    CHECK(keeper_under(root.path, "wan0", 2).lacks.empty());

    root.write("/etc/systemd/networkd.conf.d/60-other.conf", "[Network]\nManageForeignRoutes=yes\n");
    CHECK(keeper_under(root.path, "wan0", 2).lacks == Words{"ManageForeignRoutes=no"});

    // What it tells to write helps, whatever the other drop-in says.
    keeper = keeper_under(root.path, "wan0", 2);
    root.write(keeper.file.substr(0, keeper.file.find(' ')), "[Network]\n" + keeper.lacks.at(0) + "\n");
    CHECK(keeper_under(root.path, "wan0", 2).lacks.empty());
    fs::remove(root.path + keeper.file.substr(0, keeper.file.find(' ')));

    // The same name under /etc hides ours; a link to nothing is how an administrator switches it off.
    fs::create_symlink("/dev/null", root.path + "/etc/systemd/networkd.conf.d/50-eligate.conf");
    CHECK(keeper_under(root.path, "wan0", 2).lacks.size() == 2);
}

TEST_CASE("network keeper: NetworkManager has to leave our interface alone") {
    const Root root;
    root.write("/run/NetworkManager/devices/3", "[device]\nmanaged=true\nconnection-uuid=1\n");
    auto keeper = keeper_under(root.path, "eth0", 3);
    CHECK(keeper.program == "NetworkManager");
    CHECK(keeper.lacks.size() == 1);
    root.write("/usr/lib/NetworkManager/conf.d/50-eligate.conf",
               "[keyfile]\nunmanaged-devices+=interface-name:eligate0\n");
    CHECK(keeper_under(root.path, "eth0", 3).lacks.empty());
    root.write("/etc/NetworkManager/conf.d/50-eligate.conf", "[keyfile]\n");
    keeper = keeper_under(root.path, "eth0", 3);
    REQUIRE(keeper.lacks.size() == 1);
    root.write(keeper.file.substr(0, keeper.file.find(' ')), "[keyfile]\n" + keeper.lacks.at(0) + "\n");
    CHECK(keeper_under(root.path, "eth0", 3).lacks.empty());
}

TEST_CASE("network keeper: ifupdown needs nothing") {
    const Root root;
    root.write("/run/network/ifstate.wan0", "wan0\n");
    const auto keeper = keeper_under(root.path, "wan0", 2);
    CHECK(keeper.program == "ifupdown");
    CHECK(keeper.lacks.empty());
}
