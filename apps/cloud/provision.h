// Decides how a thing gets what its device needs: through the public HTTP API, as with AWS.
//
// Registers the thing, a certificate, a policy that lets a thing speak for itself only, and what is
// attached to what; then writes the device's files. Running it again repairs what is missing and
// changes nothing else: a certificate that is still good is kept, its key above all.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace fieldwork::cloud {

/// One line for a person: what failed, and what the service said.
class ProvisionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ProvisionRequest {
  std::string thing;
  std::string endpoint_url;   ///< "http://127.0.0.1:8080"
  std::filesystem::path out;  ///< Made if need be, mode 0700.
  std::string policy = "fieldwork-device";
  std::string region = "us-east-1";
  std::string access_key_id;  ///< Both empty: requests are not signed.
  std::string secret_access_key;
};

/// Writes out/device.toml, out/cert/AmazonRootCA1.pem, out/cert/certificate.pem.crt and
/// out/cert/private.pem.key (0600). An existing device.toml is left as it is when it names the same
/// endpoint. Throws ProvisionError; what was done until then stays and is found by the next run.
void Provision(const ProvisionRequest& request);

}  // namespace fieldwork::cloud
