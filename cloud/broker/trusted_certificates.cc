#include "cloud/broker/trusted_certificates.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <set>

namespace fieldwork::broker {
namespace {

// Those of the listeners' TLS contexts; the broker keeps them as long as it runs.
std::set<X509_STORE*>& Stores() {
  static std::set<X509_STORE*> stores;
  return stores;
}

void OnNewStore(void* store, void*, CRYPTO_EX_DATA*, int, long, void*) {
  Stores().insert(static_cast<X509_STORE*>(store));
}
void OnFreeStore(void* store, void*, CRYPTO_EX_DATA*, int, long, void*) {
  Stores().erase(static_cast<X509_STORE*>(store));
}

// The table in which OpenSSL looks up how TLS clients are verified.
bool EndChainsAtTrustedOnes() {
  X509_VERIFY_PARAM* const clients = X509_VERIFY_PARAM_new();
  return clients != nullptr && X509_VERIFY_PARAM_set1_name(clients, "ssl_client") == 1 &&
         X509_VERIFY_PARAM_set_purpose(clients, X509_PURPOSE_SSL_CLIENT) == 1 &&
         X509_VERIFY_PARAM_set_trust(clients, X509_TRUST_SSL_CLIENT) == 1 &&
         X509_VERIFY_PARAM_set_flags(clients, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
         X509_VERIFY_PARAM_add0_table(clients) == 1;
}

}  // namespace

bool TrustSingleCertificates() {
  const int index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE, 0, nullptr, OnNewStore,
                                            nullptr, OnFreeStore);
  return index >= 0 && EndChainsAtTrustedOnes();
}

void LoadTrustedCertificates(const char* folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    for (X509_STORE* const store : Stores()) {
      X509_STORE_load_file(store, entry.path().c_str());
    }
  }
  ERR_clear_error();
}

}  // namespace fieldwork::broker
