// Decides what the operations on certificates, and on what things they belong to, take and give.
//
// Which certificates are taken: those that this cloud's root signed, and, without a CA, any that
// holds together. A CA cannot be registered here, so a certificate of another CA is refused by
// RegisterCertificate with the way round it.
#include <algorithm>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/paging.h"
#include "cloud/http_api/params.h"
#include "cloud/http_api/shapes.h"

namespace fieldwork::http_api {
namespace {

using domain::CertificateStatus;

constexpr TextRule kSigningRequest{1, 4096};
constexpr int kCertificatesPage = 25;
constexpr std::string_view kWayRound =
    "and none can be registered: use RegisterCertificateWithoutCA.";

// Every status that AWS names. The ones without a value here are AWS's own business.
struct NamedStatus {
  std::optional<CertificateStatus> status;
};
std::optional<NamedStatus> NamedStatusFrom(std::string_view name) {
  const bool internal =
      name == "PENDING_TRANSFER" || name == "PENDING_ACTIVATION" || name == "REGISTER_INACTIVE";
  if (internal) return NamedStatus{};
  const auto status = domain::CertificateStatusFrom(name);
  if (!status) return std::nullopt;
  return NamedStatus{status};
}

CertificateStatus UsableStatus(Params& in, std::string_view name,
                               const std::optional<NamedStatus>& named) {
  if (!named || named->status) {
    return named ? *named->status : CertificateStatus::kInactive;
  }
  in.Refuse(domain::Error{domain::ErrorCode::kCertificateState,
                          std::string(name) + " must be ACTIVE, INACTIVE or REVOKED: the other " +
                              "states are not for callers to set."});
  return CertificateStatus::kInactive;
}

// AWS takes upper case; the store has lower case.
std::string CertificateLabel(Params& in) {
  std::string id = in.Label(0, "certificateId", kCertificateId);
  std::transform(id.begin(), id.end(), id.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return id;
}

Json Reference(const Api& api, const domain::Certificate& certificate) {
  return {{"certificateArn", api.names.CertificateArn(certificate.id)},
          {"certificateId", certificate.id}};
}

std::string_view ModeOf(const domain::Certificate& certificate) {
  return certificate.without_ca ? "SNI_ONLY" : "DEFAULT";
}

domain::Result<domain::Certificate> Register(Api& api, domain::Certificate certificate,
                                             CertificateStatus status, domain::Time now) {
  certificate.status = status;
  certificate.created_at = now;
  certificate.modified_at = now;
  return api.access.RegisterCertificate(certificate);
}

CertificateStatus StatusOf(bool active) {
  return active ? CertificateStatus::kActive : CertificateStatus::kInactive;
}

domain::Error NotTrusted(std::string message) {
  return {domain::ErrorCode::kCertificateValidation, std::move(message)};
}

// The CA that a caller named must be one that this cloud knows: its own root.
domain::Status CheckCa(Api& api, std::string_view ca_pem) {
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate ca, api.authority.Read(ca_pem, ""));
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate root, api.authority.Read(api.root_pem, ""));
  if (ca.id == root.id) return domain::Ok();
  return NotTrusted("caCertificatePem is not a CA of this service, " + std::string(kWayRound));
}

// What is wrong with the certificate itself is said before who signed it.
domain::Result<domain::Certificate> ReadOwn(Api& api, std::string_view pem) {
  CLOUD_ASSIGN_OR_RETURN(domain::Certificate certificate, api.authority.Read(pem, ""));
  if (api.authority.Read(pem, api.root_pem).ok()) return certificate;
  return NotTrusted("certificatePem is not signed by a CA of this service, " +
                    std::string(kWayRound));
}

}  // namespace

domain::Result<Json> CreateKeysAndCertificate(Api& api, const ApiRequest& request,
                                              domain::Time now) {
  Params in(request);
  const bool active = in.QueryFlag("setAsActive");
  CLOUD_TRY(in.Check());
  const domain::IssuedKeys& issued = request.issued.value();
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate certificate,
                         Register(api, issued.certificate, StatusOf(active), now));
  Json reply = Reference(api, certificate);
  reply["certificatePem"] = certificate.pem;
  reply["keyPair"] = {{"PublicKey", issued.public_key_pem}, {"PrivateKey", issued.private_key_pem}};
  return reply;
}

domain::Result<Json> CreateCertificateFromCsr(Api& api, const ApiRequest& request,
                                              domain::Time now) {
  Params in(request);
  const std::string csr = in.Body().RequiredText("certificateSigningRequest", kSigningRequest);
  const bool active = in.QueryFlag("setAsActive");
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(domain::Certificate signed_one, api.authority.SignRequest(csr, now));
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate certificate,
                         Register(api, std::move(signed_one), StatusOf(active), now));
  Json reply = Reference(api, certificate);
  reply["certificatePem"] = certificate.pem;
  return reply;
}

domain::Result<Json> RegisterCertificate(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string pem = body.RequiredText("certificatePem", kPem);
  const auto ca_pem = body.Text("caCertificatePem", kPem);
  const auto named = body.Word("status", NamedStatusFrom);
  const bool active = in.QueryFlag("setAsActive");
  const CertificateStatus status = named ? UsableStatus(in, "status", named) : StatusOf(active);
  CLOUD_TRY(in.Check());
  // An empty CA would mean: of any issuer.
  if (api.root_pem.empty()) return NotTrusted("This service has no root certificate.");
  if (ca_pem) CLOUD_TRY(CheckCa(api, *ca_pem));
  CLOUD_ASSIGN_OR_RETURN(domain::Certificate read, ReadOwn(api, pem));
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate certificate,
                         Register(api, std::move(read), status, now));
  return Reference(api, certificate);
}

domain::Result<Json> RegisterCertificateWithoutCA(Api& api, const ApiRequest& request,
                                                  domain::Time now) {
  Params in(request);
  const Object body = in.Body();
  const std::string pem = body.RequiredText("certificatePem", kPem);
  const CertificateStatus status = UsableStatus(in, "status", body.Word("status", NamedStatusFrom));
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(domain::Certificate read, api.authority.Read(pem, ""));
  read.without_ca = true;
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate certificate,
                         Register(api, std::move(read), status, now));
  return Reference(api, certificate);
}

domain::Result<Json> DescribeCertificate(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string id = CertificateLabel(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Certificate certificate, api.access.DescribeCertificate(id));
  Json json = Reference(api, certificate);
  json["status"] = NameOf(certificate.status);
  json["certificatePem"] = certificate.pem;
  json["ownedBy"] = api.names.account;
  PutTime(json, "creationDate", certificate.created_at);
  PutTime(json, "lastModifiedDate", certificate.modified_at);
  json["customerVersion"] = 1;
  json["transferData"] = Json::object();
  json["validity"] = {{"notBefore", EpochSeconds(certificate.not_before)},
                      {"notAfter", EpochSeconds(certificate.not_after)}};
  json["certificateMode"] = ModeOf(certificate);
  return Json{{"certificateDescription", std::move(json)}};
}

domain::Result<Json> UpdateCertificate(Api& api, const ApiRequest& request, domain::Time now) {
  Params in(request);
  const std::string id = CertificateLabel(in);
  if (request.query.count("newStatus") == 0) in.Refuse("newStatus is required");
  const CertificateStatus status =
      UsableStatus(in, "newStatus", in.QueryWord("newStatus", NamedStatusFrom));
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.UpdateCertificate(id, status, now));
  return Json::object();
}

domain::Result<Json> DeleteCertificate(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string id = CertificateLabel(in);
  const bool force = in.QueryFlag("forceDelete");
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.DeleteCertificate(id, force));
  return Json::object();
}

domain::Result<Json> ListCertificates(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const bool ascending = in.QueryFlag("isAscendingOrder");
  const Paging paging = Paging::ByMarker(in, kCertificatesPage);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<domain::Certificate> page,
                         api.access.ListCertificates(ascending, paging.request()));
  Json reply = {{"certificates", Json::array()}};
  for (const domain::Certificate& certificate : page.items) {
    Json json = Reference(api, certificate);
    json["status"] = NameOf(certificate.status);
    json["certificateMode"] = ModeOf(certificate);
    PutTime(json, "creationDate", certificate.created_at);
    reply["certificates"].push_back(std::move(json));
  }
  paging.WriteNext(reply, page.next);
  return reply;
}

domain::Result<Json> AttachThingPrincipal(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string principal = in.Header("x-amzn-principal", kArn);
  if (in.Query("thingPrincipalType", kAnyText).value_or("NON_EXCLUSIVE_THING") !=
      "NON_EXCLUSIVE_THING") {
    in.Refuse("thingPrincipalType can only be NON_EXCLUSIVE_THING here: leave it out");
  }
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.AttachThingPrincipal(thing, principal));
  return Json::object();
}

domain::Result<Json> DetachThingPrincipal(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  const std::string principal = in.Header("x-amzn-principal", kArn);
  CLOUD_TRY(in.Check());
  CLOUD_TRY(api.access.DetachThingPrincipal(thing, principal));
  return Json::object();
}

domain::Result<Json> ListThingPrincipals(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string thing = in.Label(0, "thingName", kThingName);
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<std::string> page,
                         api.access.PrincipalsOfThing(thing, paging.request()));
  Json reply = {{"principals", page.items}};
  paging.WriteNext(reply, page.next);
  return reply;
}

domain::Result<Json> ListPrincipalThings(Api& api, const ApiRequest& request, domain::Time) {
  Params in(request);
  const std::string principal = in.Header("x-amzn-principal", kArn);
  const Paging paging = Paging::ByToken(in);
  CLOUD_TRY(in.Check());
  CLOUD_ASSIGN_OR_RETURN(const domain::Page<std::string> page,
                         api.access.ThingsOfPrincipal(principal, paging.request()));
  Json reply = {{"things", page.items}};
  paging.WriteNext(reply, page.next);
  return reply;
}

}  // namespace fieldwork::http_api
