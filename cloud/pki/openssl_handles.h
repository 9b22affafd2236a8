// Decides who frees what OpenSSL allocates, and how its failures become PkiError.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace fieldwork::pki {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ_free>>;

/// Throws PkiError with `what` and OpenSSL's reason, and empties OpenSSL's queue of errors. The
/// reason is a fixed text of the library: no key ever gets into it.
[[noreturn]] void ThrowOpenssl(const std::string& what);

/// For calls that return 1 (or a handle) when they did what they should.
inline void Require(bool done, const char* what) {
  if (!done) {
    ThrowOpenssl(what);
  }
}

}  // namespace fieldwork::pki
