// SPDX-License-Identifier: Apache-2.0
#include "profile/word.hpp"
#include "support/catch.hpp"

#include <string>

using eligate::profile::is;
using eligate::profile::Word;

TEST_CASE("word: each kind takes what it is for and refuses its neighbours") {
    const auto [word, good, bad] = GENERATE(table<Word, std::string, std::string>({
        {Word::id, "example-psk", "Example"},
        {Word::id, "a", "a-"},
        {Word::id, "0a", "-a"},
        {Word::id, "a-b", "a_b"},
        {Word::id, std::string(63, 'a'), std::string(64, 'a')},
        {Word::key, "connection_id", "connection id"},
        {Word::key, "a1-b", "1a"},
        {Word::host_name, "vpn1.example.net", "vpn1.example.net."},
        {Word::host_name, "VPN1.Example.NET", "vpn1..example.net"},
        {Word::host_name, "xn--eckl3q.jp", "オンライン.jp"},
        {Word::host_name, "a.b", "10.20.0.1"},
        {Word::host_name, "a-b.c", "-a.c"},
        {Word::host_name, std::string(63, 'a') + ".jp", std::string(64, 'a') + ".jp"},
        {Word::host, "203.0.113.11", "203.0.113.256"},
        {Word::host, "2001:db8::1", "2001:db8::g"},
        {Word::host, "vpn1.example.net", "vpn1.example.net:500"},
        {Word::domain, "rece", "*.rece"},
        {Word::domain, "obn.managedpki.ne.jp", "obn managedpki"},
        {Word::interface_name, "enp0s31f6", "enp0s31f6interface"},
        {Word::interface_name, "eth0.100", "eth0/1"},
        {Word::interface_name, "br-lan_1", "-eth0"},
        {Word::path, "/etc/eligate/client.p12", "/etc/../shadow"},
        {Word::path, "client.p12", "./client.p12"},
        {Word::path, "/a/b", "/a//b"},
        {Word::path, "/a/b", "/a/b/"},
        {Word::path, "/a/b_c-d.e", "/a/b c"},
        {Word::path, "/a", "~/a"},
        {Word::phone, "+81 (0)3-0000-0000", "03-0000-0000 山田"},
        {Word::display, "平日 9:00-17:00; \"}\" $(x)", "a\nb"},
        {Word::display, "a b", "a\tb"},
        {Word::display, "a", "   "},
        {Word::display, "a", "\u3000"},
        {Word::display, "a",
         // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is refused
         "a\xe2\x80\xae"
         "b"},
        {Word::display, std::string(200, 'a'), std::string(201, 'a')},
        {Word::date, "2024-10-05", "2024-13-05"},
        {Word::date, "2024", "2024-1"},
        {Word::date, "2024-10", "2024/10"},
        {Word::any, std::string(1024, 'a'), std::string(1025, 'a')},
    }));
    CAPTURE(static_cast<int>(word), good, bad);
    CHECK(is(word, good));
    CHECK_FALSE(is(word, bad));
    CHECK_FALSE(is(word, ""));
}
