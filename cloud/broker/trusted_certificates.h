// Decides that the broker's TLS takes device certificates that are trusted by themselves, from the
// moment they lie in the folder of trusted ones.
//
// Two things keep Mosquitto from it, and it has a setting for neither. OpenSSL ends a chain at a
// trusted certificate that is no root only when told so. And it looks into the folder only while
// it knows no certificate of that subject, but the devices of one maker may all have the same.
// Source: OpenSSL 3, X509_VERIFY_PARAM_set_flags(3), X509_LOOKUP_hash_dir(3),
// CRYPTO_get_ex_new_index(3).
#pragma once

namespace fieldwork::broker {

/// The folder of trusted certificates beside the broker's configuration, each named by the hash of
/// its subject.
inline constexpr const char* kTrustFolder = "trusted";

/// Call before the broker opens its listeners. False: OpenSSL has refused.
bool TrustSingleCertificates();

/// Gives what lies in `folder` to every certificate store of this process that is used to verify
/// peers. Known ones stay; what cannot be read is left out.
void LoadTrustedCertificates(const char* folder);

}  // namespace fieldwork::broker
