#include "apps/cloud/trust.h"

#include <string>
#include <utility>

#include "cloud/domain/limits.h"
#include "cloud/pki/private_files.h"

namespace fieldwork::cloud {

Trust::Trust(std::filesystem::path root_pem, std::filesystem::path file, domain::Access& access)
    : root_pem_(std::move(root_pem)), file_(std::move(file)), access_(access) {
  domain::PageRequest page{domain::kPageMax, ""};
  do {
    const auto certificates = access_.ListCertificates(true, page);
    if (!certificates.ok()) break;
    for (const domain::Certificate& certificate : certificates.value().items) Take(certificate);
    page.after = certificates.value().next;
  } while (!page.after.empty());
  Write();
}

bool Trust::Update(std::string_view certificate_id) {
  const auto certificate = access_.DescribeCertificate(certificate_id);
  return certificate.ok() ? Take(certificate.value())
                          : single_.erase(std::string(certificate_id)) > 0;
}

bool Trust::Take(const domain::Certificate& certificate) {
  if (!certificate.without_ca) return false;
  if (certificate.status != domain::CertificateStatus::kActive) {
    return single_.erase(certificate.id) > 0;
  }
  return single_.emplace(certificate.id, certificate.pem).second;
}

// Whole or not at all: the broker or a listener may be reading it.
void Trust::Write() const {
  std::string text = pki::ReadWhole(root_pem_).value_or("");
  for (const auto& [id, pem] : single_) text.append(pem).append("\n");
  pki::WriteWhole(file_, text, 0644);
}

}  // namespace fieldwork::cloud
