#include "apps/cloud/trust.h"

#include <fstream>
#include <stdexcept>
#include <utility>

#include "cloud/domain/limits.h"

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
  const bool changed =
      certificate.ok() ? Take(certificate.value()) : single_.erase(std::string(certificate_id)) > 0;
  if (changed) Write();
  return changed;
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
  const std::filesystem::path fresh = file_.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << std::ifstream(root_pem_, std::ios::binary).rdbuf();
    for (const auto& [id, pem] : single_) out << pem << '\n';
    out.flush();
    if (!out) throw std::runtime_error(fresh.string() + ": cannot be written");
  }
  std::filesystem::rename(fresh, file_);
}

}  // namespace fieldwork::cloud
