// SPDX-License-Identifier: Apache-2.0
// One TLS handshake, looked at rather than judged: the terminal, not this machine, holds root and
// certificate.
#include "base/unique_fd.hpp"
#include "linux/probe_socket.hpp"
#include "linux/probe_wire.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <memory>

namespace eligate::linux_adapter {
namespace {

using port::TlsOutcome;
using port::TlsStatus;
using std::chrono::steady_clock;

template <auto free_it>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free_it(object);
    }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;

// A certificate's names come from the server; this much is enough to recognise one.
constexpr std::size_t longest_name = 256;

/// RFC 4514, control characters escaped, UTF-8 as it is.
std::string name_text(const X509_NAME* name) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
        return {};
    std::string text(longest_name, '\0');
    const int size = BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

std::optional<std::chrono::system_clock::time_point> time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return std::nullopt;
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

/// The server asked for a certificate; there is none here to give.
int on_certificate_request(SSL* ssl, X509** /*certificate*/, EVP_PKEY** /*key*/) {
    static_cast<TlsOutcome*>(SSL_get_app_data(ssl))->client_certificate_requested = true;
    return 0;
}

/// Notes the server's certificate instead of judging its chain.
int on_server_certificate(X509_STORE_CTX* store, void* /*argument*/) {
    const auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const outcome = static_cast<TlsOutcome*>(SSL_get_app_data(ssl));
    if (const X509* const certificate = X509_STORE_CTX_get0_cert(store)) {
        outcome->subject = name_text(X509_get_subject_name(certificate));
        outcome->issuer = name_text(X509_get_issuer_name(certificate));
        outcome->not_after = time_of(X509_get0_notAfter(certificate));
        outcome->protocol = SSL_get_version(ssl);
    }
    return 1;
}

ContextPtr make_context() {
    ContextPtr context(SSL_CTX_new(TLS_client_method()));
    if (!context)
        return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // A weak key or an old server is the terminal's business; here it must not hide that the server answers.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_options(context.get(), SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_client_cert_cb(context.get(), on_certificate_request);
    SSL_CTX_set_cert_verify_callback(context.get(), on_server_certificate, nullptr);
    return context;
}

/// The engine works on memory, so that the socket stays ours: no SIGPIPE, and every wait has its deadline.
class Handshake {
  public:
    Handshake(SSL* ssl, int fd, TlsOutcome& outcome)
        : m_ssl(ssl)
        , m_fd(fd)
        , m_outcome(outcome) {}

    void run(const port::Until& until) {
        while (!m_done) {
            if (until.cancelled() || steady_clock::now() >= until.deadline) {
                m_outcome.status = TlsStatus::stalled;
                return;
            }
            step();
            flush();
            if (!m_done)
                wait_and_feed(until);
        }
    }

  private:
    void end(TlsStatus status, std::string reason) {
        m_outcome.status = status;
        m_outcome.reason = std::move(reason);
        m_done = true;
    }

    void step() {
        ERR_clear_error();
        const int result = SSL_do_handshake(m_ssl);
        if (result == 1) {
            m_outcome.protocol = SSL_get_version(m_ssl);
            end(TlsStatus::established, {});
            SSL_shutdown(m_ssl);
        } else if (SSL_get_error(m_ssl, result) != SSL_ERROR_WANT_READ) {
            fail(ERR_peek_error());
        }
    }

    void fail(unsigned long error) {
        const char* const text = ERR_reason_error_string(error);
        // From this number on a reason is an alert that the server sent (ssl.h, SSL_AD_REASON_OFFSET).
        const bool alert = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
        const bool spoke_tls = alert || m_outcome.client_certificate_requested || !m_outcome.subject.empty();
        end(spoke_tls ? TlsStatus::aborted : TlsStatus::not_tls, text != nullptr ? text : "");
    }

    void flush() {
        std::array<char, 4096> buffer{};
        for (int size = 0; (size = BIO_read(SSL_get_wbio(m_ssl), buffer.data(), buffer.size())) > 0;)
            // What does not fit into an empty socket buffer is more than a handshake has.
            if (::send(m_fd, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) < 0)
                return;
    }

    void wait_and_feed(const port::Until& until) {
        std::vector<pollfd> fds{{.fd = m_fd, .events = POLLIN, .revents = 0}};
        wait_for(fds, until, until.deadline);
        if (fds[0].revents == 0)
            return;
        std::array<char, 4096> buffer{};
        const auto size = ::recv(m_fd, buffer.data(), buffer.size(), 0);
        if (size > 0)
            BIO_write(SSL_get_rbio(m_ssl), buffer.data(), static_cast<int>(size));
        else if (size == 0)
            end(TlsStatus::aborted, "closed by the server");
        else if (errno != EAGAIN && errno != EINTR)
            end(TlsStatus::aborted, reason_of(errno));
    }

    SSL* m_ssl;
    int m_fd;
    TlsOutcome& m_outcome;
    bool m_done = false;
};

/// Connects; the outcome's status says why not, if not.
base::Result<base::UniqueFd> connect(const net::Endpoint& to, const port::Until& until, TlsOutcome& outcome) {
    const bool ipv6 = to.address.family() == net::Family::ipv6;
    base::UniqueFd fd(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return cannot_probe("socket", errno);
    const auto give_up = [&outcome](TlsStatus status, int error) {
        outcome.status = status;
        outcome.reason = error == 0 ? std::string() : reason_of(error);
        return base::UniqueFd();
    };
    const auto address = socket_address(to);
    if (::connect(fd.get(), address.get(), address.size) < 0 && errno != EINPROGRESS)
        return give_up(errno == ECONNREFUSED ? TlsStatus::refused : TlsStatus::unsendable, errno);
    while (!until.cancelled() && steady_clock::now() < until.deadline) {
        std::vector<pollfd> fds{{.fd = fd.get(), .events = POLLOUT, .revents = 0}};
        wait_for(fds, until, until.deadline);
        if (fds[0].revents == 0)
            continue;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0)
            return fd;
        return give_up(error == ECONNREFUSED ? TlsStatus::refused : TlsStatus::no_answer, error);
    }
    return give_up(TlsStatus::no_answer, 0);
}

} // namespace

base::Result<TlsOutcome> ProbeWire::tls(const port::TlsRequest& request, const port::Until& until) {
    TlsOutcome outcome;
    const auto begin = steady_clock::now();
    ELIGATE_TRY_ASSIGN(const auto fd, connect(request.to, until, outcome));
    if (!fd)
        return outcome;
    const auto context = make_context();
    const SslPtr ssl(context ? SSL_new(context.get()) : nullptr);
    if (!ssl)
        return cannot_probe("SSL_new", ENOMEM);
    SSL_set_app_data(ssl.get(), &outcome);
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_tlsext_host_name(ssl.get(), request.server_name.c_str());
    SSL_set_connect_state(ssl.get());
    Handshake(ssl.get(), fd.get(), outcome).run(until);
    if (outcome.client_certificate_requested && outcome.protocol.empty())
        outcome.protocol = SSL_get_version(ssl.get());
    outcome.millis = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
    return outcome;
}

} // namespace eligate::linux_adapter
