// SPDX-License-Identifier: Apache-2.0
#include "real_charon.hpp"

#include "linux/vici_stream.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace eligate::test {
namespace {

constexpr const char* configuration = R"(charon-systemd {
  load = random nonce aes sha1 sha2 hmac kdf gcm pem pkcs1 pkcs8 x509 revocation constraints pubkey openssl md4 eap-identity eap-mschapv2 kernel-netlink socket-default vici updown
  plugins {
    vici {
      socket = unix:///run/charon.vici
    }
  }
}
)";

void demand(bool done, const char* what) {
    if (!done)
        throw std::runtime_error(what);
}

[[noreturn]] void become_charon() {
    // charon must not outlive a test that crashed.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {0, 1, 2})
        if (null < 0 || ::dup2(null, fd) < 0)
            ::_exit(127);
    ::setenv("STRONGSWAN_CONF", "/run/strongswan.conf", 1);
    ::execl("/usr/sbin/charon-systemd", "charon-systemd", static_cast<char*>(nullptr));
    ::_exit(127);
}

template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};

void extend(X509* certificate, int nid, const char* value) {
    const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
    X509_add_ext(certificate, extension.get(), -1);
}

template <class Object>
std::string der_of(Object* object, int (*encode)(Object*, unsigned char**)) {
    unsigned char* raw = nullptr;
    const int size = encode(object, &raw);
    demand(size > 0, "encoding failed");
    std::string der(raw, raw + size);
    OPENSSL_free(raw);
    return der;
}

} // namespace

RealCharon::RealCharon() {
    demand(::unshare(CLONE_NEWNS | CLONE_NEWNET) == 0, "unshare: this test needs root");
    demand(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount private");
    demand(::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0, "mount /run");
    std::ofstream("/run/strongswan.conf") << configuration;
    m_pid = ::fork();
    demand(m_pid >= 0, "fork");
    if (m_pid == 0)
        become_charon();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (::access(m_socket.c_str(), F_OK) != 0) {
        demand(std::chrono::steady_clock::now() < deadline, "charon-systemd does not start");
        demand(::waitpid(m_pid, nullptr, WNOHANG) == 0, "charon-systemd ended");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

RealCharon::~RealCharon() {
    ::kill(m_pid, SIGTERM);
    ::waitpid(m_pid, nullptr, 0);
}

vici::Connect RealCharon::connect() const {
    return [socket = m_socket](const vici::Wait& wait) { return linux_adapter::connect_vici(socket, wait); };
}

MadeCertificate make_certificate(const std::string& common_name, bool authority) {
    const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key(EVP_RSA_gen(2048));
    const std::unique_ptr<X509, Free<X509_free>> certificate(X509_new());
    demand(key && certificate, "openssl");
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    for (const auto& [field, value] :
         {std::pair<const char*, std::string>{"C", "JP"}, {"O", "Test"}, {"CN", common_name}})
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    if (authority)
        extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    else
        extend(certificate.get(), NID_subject_alt_name, ("DNS:" + common_name).c_str());
    demand(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "signing failed");

    const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>> pkcs8(
        EVP_PKEY2PKCS8(key.get()));
    return {.der = der_of<const X509>(certificate.get(), i2d_X509),
            .subject = der_of<const X509_NAME>(name, i2d_X509_NAME),
            .key = der_of<const PKCS8_PRIV_KEY_INFO>(pkcs8.get(), i2d_PKCS8_PRIV_KEY_INFO)};
}

} // namespace eligate::test
