#include "apps/cloud/provision.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/cloud/config.h"
#include "apps/cloud/http_client.h"
#include "cloud/http_api/url.h"
#include "cloud/pki/authority.h"
#include "cloud/pki/pem.h"
#include "cloud/pki/private_files.h"

namespace fieldwork::cloud {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint16_t kMqttsPort = 8883;

// A thing may connect under its own name, and speak and listen on its own topics.
json PolicyDocument(const std::string& region, const std::string& account) {
  const std::string arn = "arn:aws:iot:" + region + ":" + account + ":";
  const std::string thing = "${iot:Connection.Thing.ThingName}";
  const auto allow = [](const json& action, const std::string& resource) {
    return json{{"Effect", "Allow"}, {"Action", action}, {"Resource", resource}};
  };
  return {{"Version", "2012-10-17"},
          {"Statement",
           {allow("iot:Connect", arn + "client/" + thing),
            allow({"iot:Publish", "iot:Receive"}, arn + "topic/$aws/things/" + thing + "/jobs/*"),
            allow("iot:Subscribe", arn + "topicfilter/$aws/things/" + thing + "/jobs/*")}}};
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

pki::BioPtr Reading(const std::string& text) {
  return pki::BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// AWS's certificateId. Empty for what is no certificate of this key. Of several certificates in the
// file, as a chain has them, the first counts.
std::string CertificateId(const std::string& pem, const std::string& key_pem) {
  // A key that asks for a passphrase gets an empty one: nobody is there to type it.
  char no_passphrase[] = "";
  const pki::CertificatePtr certificate(
      PEM_read_bio_X509(Reading(pem).get(), nullptr, nullptr, nullptr));
  const pki::KeyPtr key(
      PEM_read_bio_PrivateKey(Reading(key_pem).get(), nullptr, nullptr, no_passphrase));
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) return "";
  return pki::Describe(*certificate).id;
}

class Provisioner {
 public:
  explicit Provisioner(const ProvisionRequest& request)
      : request_(request),
        client_({request.endpoint_url, request.region, request.access_key_id,
                 request.secret_access_key}),
        thing_path_("/things/" + http_api::PercentEncode(request.thing)),
        policy_name_(http_api::PercentEncode(request.policy)) {}

  void Run() {
    MakeFolders();
    const std::string thing_arn =
        Call("POST", thing_path_, {}, json::object()).at("thingArn").get<std::string>();
    const std::string certificate_arn = EnsureCertificate();
    EnsurePolicy(thing_arn);
    Call("PUT", "/target-policies/" + policy_name_, {}, {{"target", certificate_arn}});
    Call("PUT", thing_path_ + "/principals", {{"x-amzn-principal", certificate_arn}}, nullptr);
    WriteRoot();
    WriteConfig();
  }

 private:
  fs::path CertFolder() const { return request_.out / "cert"; }
  fs::path CertificateFile() const { return CertFolder() / "certificate.pem.crt"; }
  fs::path KeyFile() const { return CertFolder() / "private.pem.key"; }

  void MakeFolders() {
    if (fs::create_directories(request_.out)) {
      fs::permissions(request_.out, fs::perms::owner_all);
    }
    if (fs::create_directories(CertFolder())) {
      fs::permissions(CertFolder(), fs::perms::owner_all);
    }
  }

  HttpReply Send(const std::string& method, const std::string& target,
                 const std::map<std::string, std::string>& headers, const json& body) {
    try {
      return client_.Send(method, target, headers, body);
    } catch (const std::system_error& error) {
      throw ProvisionError(request_.endpoint_url + " does not answer: " + error.what() +
                           "; is fieldwork-cloud serve running there?");
    }
  }

  json Call(const std::string& method, const std::string& target,
            const std::map<std::string, std::string>& headers, const json& body) {
    return Parse(method, target, Send(method, target, headers, body));
  }

  json Parse(const std::string& method, const std::string& target, const HttpReply& reply) {
    const json value = json::parse(reply.body, nullptr, false);
    if (reply.status == 200) return value;
    const std::string text = value.is_object() ? value.value("message", reply.body) : reply.body;
    throw ProvisionError(method + " " + target + ": " + std::to_string(reply.status) + " " +
                         reply.error_type + ": " + text);
  }

  // The one on disk if the cloud knows it, it is ACTIVE and its key is beside it; else a new one.
  std::string EnsureCertificate() {
    const std::string id = CertificateId(ReadFile(CertificateFile()), ReadFile(KeyFile()));
    if (!id.empty()) {
      const std::string target = "/certificates/" + id;
      const HttpReply reply = Send("GET", target, {}, nullptr);
      if (reply.status != 404) {
        const json known = Parse("GET", target, reply).at("certificateDescription");
        if (known.at("status") == "ACTIVE") return known.at("certificateArn");
      }
    }
    const json made = Call("POST", "/keys-and-certificate?setAsActive=true", {}, nullptr);
    pki::WriteWhole(KeyFile(), made.at("keyPair").at("PrivateKey").get<std::string>(),
                    pki::kKeyMode);
    pki::WriteWhole(CertificateFile(), made.at("certificatePem").get<std::string>(),
                    pki::kCertificateMode);
    return made.at("certificateArn");
  }

  void EnsurePolicy(const std::string& thing_arn) {
    // arn:aws:iot:REGION:ACCOUNT:thing/NAME
    const std::size_t region = std::strlen("arn:aws:iot:");
    const std::size_t account = thing_arn.find(':', region) + 1;
    const std::size_t end = thing_arn.find(':', account);
    const json document = PolicyDocument(thing_arn.substr(region, account - 1 - region),
                                         thing_arn.substr(account, end - account));
    const std::string target = "/policies/" + policy_name_;
    const HttpReply reply = Send("POST", target, {}, {{"policyDocument", document.dump()}});
    if (reply.status != 409) Parse("POST", target, reply);
  }

  void WriteRoot() {
    const HttpReply reply = Send("GET", "/AmazonRootCA1.pem", {}, nullptr);
    if (reply.status != 200) {
      throw ProvisionError("GET /AmazonRootCA1.pem: " + std::to_string(reply.status));
    }
    pki::WriteWhole(CertFolder() / "AmazonRootCA1.pem", reply.body, pki::kCertificateMode);
  }

  void WriteConfig() {
    const std::string address = Call("GET", "/endpoint?endpointType=iot%3AData-ATS", {}, nullptr)
                                    .at("endpointAddress")
                                    .get<std::string>();
    const HostPort endpoint = ParseHostPort(address).value_or(HostPort{address, kMqttsPort});
    const std::string head = "[device]\nthing = \"" + request_.thing + "\"\nendpoint = \"" +
                             endpoint.host + "\"\nport = " + std::to_string(endpoint.port) + "\n";
    const fs::path file = request_.out / "device.toml";
    if (ReadFile(file).starts_with(head)) return;  // What was added to it by hand stays.
    pki::WriteWhole(file,
                    head +
                        "ca = \"cert/AmazonRootCA1.pem\"\n"
                        "certificate = \"cert/certificate.pem.crt\"\n"
                        "private_key = \"cert/private.pem.key\"\n",
                    pki::kCertificateMode);
  }

  const ProvisionRequest& request_;
  HttpClient client_;
  const std::string thing_path_;
  const std::string policy_name_;
};

}  // namespace

void Provision(const ProvisionRequest& request) {
  try {
    Provisioner(request).Run();
  } catch (const json::exception& error) {
    throw ProvisionError(request.endpoint_url +
                         " gave an answer that is not AWS's: " + error.what());
  } catch (const pki::PkiError& error) {
    throw ProvisionError(error.what());
  } catch (const fs::filesystem_error& error) {
    throw ProvisionError(error.what());
  } catch (const std::invalid_argument& error) {
    throw ProvisionError(error.what());
  }
}

}  // namespace fieldwork::cloud
