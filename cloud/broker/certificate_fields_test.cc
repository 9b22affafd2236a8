// Decides that fields are read from where AWS reads them.
#include "cloud/broker/certificate_fields.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <memory>

namespace fieldwork::broker {
namespace {

using Owned = std::unique_ptr<X509, void (*)(X509*)>;

void AddEntry(X509_NAME* name, const char* field, const char* value) {
  ASSERT_EQ(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value), -1, -1, 0),
            1);
}

/// Not signed: only what is written in it matters here.
Owned MakeCertificate() {
  Owned certificate(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 0x01A2B3);
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  AddEntry(subject, "CN", "Gerät 7");
  AddEntry(subject, "OU", "first");
  AddEntry(subject, "OU", "second");
  AddEntry(X509_get_issuer_name(certificate.get()), "O", "Acme");
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                          "DNS:a.example,DNS:b.example,IP:192.0.2.1,IP:2001:db8::1,email:x@y.z");
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  return certificate;
}

class CertificateFields : public ::testing::Test {
 protected:
  std::string Field(const std::string& name) {
    return CertificateField(*certificate_, "iot:Certificate." + name).value_or("(none)");
  }
  Owned certificate_ = MakeCertificate();
};

TEST_F(CertificateFields, NameFields_AreUtf8) {
  EXPECT_EQ(Field("Subject.CommonName"), "Gerät 7");
  EXPECT_EQ(Field("Issuer.Organization"), "Acme");
}

TEST_F(CertificateFields, FurtherValues_HaveAnIndex) {
  EXPECT_EQ(Field("Subject.OrganizationalUnit"), "first");
  EXPECT_EQ(Field("Subject.OrganizationalUnit.1"), "second");
  EXPECT_EQ(Field("Subject.OrganizationalUnit.2"), "(none)");
}

TEST_F(CertificateFields, AlternativeNames_AreThoseOfTheirKind) {
  EXPECT_EQ(Field("Subject.AlternativeName.DNSName"), "a.example");
  EXPECT_EQ(Field("Subject.AlternativeName.DNSName.1"), "b.example");
  EXPECT_EQ(Field("Subject.AlternativeName.IPAddress"), "192.0.2.1");
  EXPECT_EQ(Field("Subject.AlternativeName.IPAddress.1"), "2001:db8::1");
  EXPECT_EQ(Field("Subject.AlternativeName.RFC822Name"), "x@y.z");
  EXPECT_EQ(Field("Subject.AlternativeName.UniformResourceIdentifier"), "(none)");
  EXPECT_EQ(Field("Issuer.AlternativeName.DNSName"), "(none)");
}

TEST_F(CertificateFields, SerialNumber_IsHexadecimal) {
  EXPECT_EQ(Field("SerialNumber"), "01A2B3");
}

TEST_F(CertificateFields, WhatIsNotThere_HasNoValue) {
  EXPECT_EQ(Field("Subject.Country"), "(none)");
  EXPECT_EQ(Field("Subject.NoSuchField"), "(none)");
  EXPECT_EQ(Field("Subject."), "(none)");
  EXPECT_EQ(CertificateField(*certificate_, "aws:Other"), std::nullopt);
}

}  // namespace
}  // namespace fieldwork::broker
