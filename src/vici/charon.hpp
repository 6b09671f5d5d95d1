// SPDX-License-Identifier: Apache-2.0
/// Everything eligate asks of strongSwan's daemon, over VICI, typed.
///
/// Each call opens a connection if there is none, blocks at most `patience` (initiate and terminate: their
/// own timeout more; list_sas and terminate: `busy_allowance` more), and ends at once when `cancel` is
/// requested. Errors: charon_unreachable (nobody listens), charon_lost, charon_silent, charon_protocol,
/// charon_refused (with charon's words as evidence "strongswan"), value_unfit, interrupted. A lost connection
/// is replaced at the next call, so one Charon serves a daemon's whole life.
///
/// What is loaded here lives until charon restarts or somebody runs `swanctl --load-all`, which unloads every
/// connection, key and shared secret that is in no file.
#pragma once

#include "base/secret.hpp"
#include "ipsec/connection.hpp"
#include "vici/algorithms.hpp"
#include "vici/connection_message.hpp"
#include "vici/listed_connection.hpp"
#include "vici/log_line.hpp"
#include "vici/sa.hpp"
#include "vici/session.hpp"
#include "vici/stream.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::vici {

struct Version {
    /// "charon-systemd"
    std::string daemon;
    /// "5.9.8"
    std::string version;
    bool operator==(const Version&) const = default;
};

struct Stats {
    /// charon's own words for when it started ("Nov 22 14:00:00 2026"): changes with every restart.
    std::string since;
    std::vector<std::string> plugins;
    std::uint32_t ike_sas = 0;
    std::uint32_t half_open = 0;
    bool has_plugin(std::string_view name) const;
};

enum class SharedType { ike, eap };

struct Shared {
    /// Our name for it: one of the same id is replaced.
    std::string id;
    SharedType type = SharedType::ike;
    /// Identities with their type ("fqdn:gw.example.net"). Must not be empty: charon would let it match
    /// anyone.
    std::vector<std::string> owners;
    base::Secret secret;
};

struct ListedCertificate {
    std::string der;
    bool is_authority = false;
    bool has_private_key = false;
};

/// After a log line: go on waiting, or give up because it already explains the failure.
enum class Attention { go_on, give_up };
using LogSink = std::function<Attention(const LogLine& line)>;

struct Attempt {
    bool established = false;
    /// charon's words when it is not.
    std::string errmsg;
    /// Lines of this IKE_SA, and those without one that name its gateway or the network as unreachable.
    std::vector<LogLine> log;
};

/// charon holds an IKE_SA while it works on it, which takes microseconds, but as long as the resolver waits
/// for a dead DNS server: three servers, twice 5 seconds each (resolv.conf(5)).
inline constexpr std::chrono::seconds busy_allowance{30};

/// What list_sas does about such an IKE_SA: wait for it, or leave it out, so that it may seem absent.
enum class Busy { wait, leave_out };

struct Terminated {
    std::uint32_t matches = 0;
    std::uint32_t terminated = 0;
};

class Charon {
  public:
    /// `connect` and `cancel` must outlive it. Does not connect yet.
    Charon(Connect connect, const base::Cancel& cancel,
           std::chrono::milliseconds patience = std::chrono::seconds(5));

    base::Result<Version> version();
    base::Result<Stats> stats();
    base::Result<OfferedAlgorithms> algorithms();
    base::Result<> reload_settings();

    /// Replaces one of the same name. charon closes the SAs of the replaced one if that was loaded with
    /// StartAction::start (by swanctl at boot) and differs; else they live on under their old settings.
    /// With StartAction::start charon initiates at once, also where an SA is up already.
    base::Result<> load_connection(const ipsec::Connection& connection, const Certificates& certificates = {},
                                   StartAction start = StartAction::none);
    /// Live SAs stay, unless it was loaded with StartAction::start: then charon closes them.
    /// charon_refused if there is none of that name.
    base::Result<> unload_connection(const std::string& name);
    base::Result<std::vector<ListedConnection>> list_connections();

    base::Result<> load_shared(const Shared& shared);
    /// No error if there is none of that id.
    base::Result<> unload_shared(const std::string& id);
    base::Result<std::vector<std::string>> shared_ids();

    /// DER, PKCS#8 or traditional. The key id charon gives it: 40 hex digits (SHA-1 of the public key).
    base::Result<std::string> load_key(const base::Secret& der);
    base::Result<> unload_key(const std::string& key_id);
    base::Result<std::vector<std::string>> key_ids();

    /// DER of an end entity or intermediate. VICI has no way to unload a certificate: it stays, without
    /// effect once its key is unloaded, until charon restarts.
    base::Result<> load_certificate(const std::string& der);
    base::Result<std::vector<ListedCertificate>> certificates();

    /// DER of a certificate with CA:TRUE; trusted from now on, for every connection, until it is unloaded.
    base::Result<> load_authority(const std::string& name, const std::string& der);
    base::Result<> unload_authority(const std::string& name);
    base::Result<std::vector<std::string>> authorities();

    /// `ike`: only those of this connection.
    base::Result<std::vector<IkeSa>> list_sas(const std::string& ike = {}, Busy busy = Busy::wait);

    /// Returns when the child is up (also when it was so before), when charon gives up, or after `timeout`
    /// (at least 1 ms). A refusal by either side ends it at once and leaves no IKE_SA, but a refused child
    /// leaves the IKE_SA without it, and after a timeout charon goes on trying for ever: terminate the IKE_SA
    /// then. A sink that gives up makes this call terminate it. A gateway that is strongSwan stops answering
    /// an address that has left 5 attempts half open within 30 s.
    base::Result<Attempt> initiate(const std::string& ike, const std::string& child,
                                   std::chrono::milliseconds timeout, const LogSink& sink = {});

    /// By connection name, or by the unique id of one IKE_SA. With `force` the SA is gone when this returns,
    /// and `timeout` is how long the peer may take to confirm; an SA that is still connecting goes at once.
    /// No matching SA is no error.
    base::Result<Terminated> terminate(const std::string& ike, bool force, std::chrono::milliseconds timeout);
    base::Result<Terminated> terminate_id(std::uint32_t ike_id, bool force,
                                          std::chrono::milliseconds timeout);

  private:
    Wait wait(std::chrono::milliseconds extra = {}) const;
    base::Result<Session*> session(const Wait& wait);
    base::Result<Message> request(std::string_view command, const Message& message);
    base::Result<std::vector<Message>> list(std::string_view command, const Message& message,
                                            std::string_view event, std::chrono::milliseconds extra = {});
    base::Result<std::vector<std::string>> names(std::string_view command, std::string_view list);
    base::Result<Terminated> terminate(const Message& selector, bool force,
                                       std::chrono::milliseconds timeout);

    Connect m_connect;
    const base::Cancel* m_cancel;
    std::chrono::milliseconds m_patience;
    std::optional<Session> m_session;
};

} // namespace eligate::vici
