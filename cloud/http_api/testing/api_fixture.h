// Decides how the tests of handlers speak: the real rules on a store in memory, an authority that
// knows certificates by their names, and short ways to call a handler and to read what it says.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud/domain/testing/fixture.h"
#include "cloud/http_api/handlers.h"

namespace fieldwork::http_api::testing {

using domain::ErrorCode;
using domain::testing::At;
using Query = std::map<std::string, std::string>;

/// A certificate as FakeAuthority reads it: `name` is one hex digit, repeated in the id.
inline std::string PemOf(char name, std::string_view issuer) {
  return std::string("-----BEGIN CERTIFICATE-----\n") + name + " by " + std::string(issuer) +
         "\n-----END CERTIFICATE-----\n";
}

class FakeAuthority : public domain::CertificateAuthority {
 public:
  domain::IssuedKeys CreateKeysAndCertificate(domain::Time now) override {
    return {Issue('a', now), "public key", "private key"};
  }
  domain::Result<domain::Certificate> SignRequest(std::string_view csr_pem,
                                                  domain::Time now) override {
    if (!csr_pem.starts_with("csr ")) return domain::InvalidRequest("It is not a CSR.");
    return Issue(csr_pem[4], now);
  }
  domain::Result<domain::Certificate> Read(std::string_view certificate_pem,
                                           std::string_view ca_pem) override {
    const std::size_t by = certificate_pem.find(" by ");
    if (by == std::string_view::npos) return Invalid("It is not a PEM certificate.");
    const std::string_view issuer = certificate_pem.substr(by + 4, 1);
    if (!ca_pem.empty() && ca_pem.substr(ca_pem.find(" by ") - 1, 1) != issuer) {
      return Invalid("The CA did not sign it.");
    }
    domain::Certificate certificate = Issue(certificate_pem[by - 1], At(0));
    certificate.pem = certificate_pem;
    return certificate;
  }

 private:
  static domain::Error Invalid(std::string message) {
    return {ErrorCode::kCertificateValidation, std::move(message)};
  }
  static domain::Certificate Issue(char name, domain::Time now) {
    domain::Certificate certificate;
    certificate.id = std::string(64, name);
    certificate.pem = PemOf(name, "0");
    certificate.not_before = now;
    certificate.not_after = At(86400);
    return certificate;
  }
};

struct ApiFixture : domain::testing::Fixture {
  ApiRequest Ask(std::vector<std::string> labels, Json body = Json::object(),
                 Query query = {}) const {
    ApiRequest request;
    request.operation = "Operation";
    request.labels = std::move(labels);
    request.query = std::move(query);
    request.body = std::move(body);
    return request;
  }
  ApiRequest AskWithHeader(std::vector<std::string> labels, std::string name, std::string value,
                           Query query = {}) const {
    ApiRequest request = Ask(std::move(labels), Json::object(), std::move(query));
    request.headers[std::move(name)] = std::move(value);
    return request;
  }

  /// What the handler answers; a test failure if it refuses.
  Json Call(Handler handler, const ApiRequest& request, domain::Time now = At(0)) {
    auto result = handler(api, request, now);
    if (result.ok()) return std::move(result).value();
    ADD_FAILURE() << "refused: " << result.error().message;
    return Json::object();
  }
  /// Why the handler refuses; a test failure if it does not, or without a sentence.
  domain::Error Refusal(Handler handler, const ApiRequest& request, domain::Time now = At(0)) {
    auto result = handler(api, request, now);
    if (result.ok()) {
      ADD_FAILURE() << "not refused: " << result.value().dump();
      return {};
    }
    EXPECT_TRUE(result.error().message.ends_with('.')) << result.error().message;
    return result.error();
  }
  ErrorCode CodeOf(Handler handler, const ApiRequest& request) {
    return Refusal(handler, request).code;
  }
  /// The sentence of a kInvalidRequest.
  std::string Invalid(Handler handler, const ApiRequest& request) {
    const domain::Error error = Refusal(handler, request);
    EXPECT_EQ(error.code, ErrorCode::kInvalidRequest);
    return error.message;
  }

  std::string ThingArn(std::string_view name) const { return context.names.ThingArn(name); }
  std::string GroupArn(std::string_view name) const { return context.names.GroupArn(name); }
  std::string CertificateArn(char seed) const {
    return context.names.CertificateArn(std::string(64, seed));
  }
  /// Puts a job on things "a", ... through the API.
  void AddJob(const std::string& id, const std::vector<std::string>& things, domain::Time now,
              Json more = Json::object()) {
    more["document"] = R"({"job":")" + id + R"("})";
    more["targets"] = Json::array();
    for (const std::string& thing : things) more["targets"].push_back(ThingArn(thing));
    Call(CreateJob, Ask({id}, more), now);
  }
  /// As a device over HTTP.
  void Report(const std::string& thing, const std::string& job, const std::string& status,
              domain::Time now) {
    Call(DataUpdateJobExecution, Ask({thing, job}, {{"status", status}}), now);
  }

  domain::Jobs jobs{context};
  domain::Executions executions{context};
  domain::Access access{context};
  domain::Registry registry{context, jobs, access};
  FakeAuthority authority;
  Api api{context.names,
          jobs,
          executions,
          registry,
          access,
          authority,
          {"127.0.0.1:18883", "127.0.0.1:8443"},
          PemOf('0', "0")};
};

/// The same members with the same values of the same types; their order does not count.
inline void ExpectJson(const Json& actual, std::string_view expected) {
  EXPECT_EQ(nlohmann::json::parse(actual.dump()).dump(2), nlohmann::json::parse(expected).dump(2));
}

}  // namespace fieldwork::http_api::testing
