// Decides whether a request was signed by somebody whose secret key we know: AWS Signature Version
// 4, in the Authorization header or in the query (presigned).
//
// Source: AWS General Reference, "Signing AWS API requests" (canonical request, string to sign,
// both forms); the path is encoded a second time, as for every service but S3. Compared in constant
// time; no signature and no key is ever part of a message. Pure: no clock, no state.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "cloud/domain/time.h"
#include "cloud/http_api/url.h"

namespace fieldwork::http_api {

/// As it came in. Header names in lower case, in the order of arrival, repeated ones too.
struct SignedRequest {
  std::string_view method;
  std::string_view path;   ///< Not decoded.
  std::string_view query;  ///< Not decoded, without '?'.
  std::string_view body;
  std::span<const std::pair<std::string, std::string>> headers;
};

/// "AKID/20260101/us-east-1/iot/aws4_request"
struct CredentialScope {
  std::string access_key_id;
  std::string date;
  std::string region;
  std::string service;
};

/// Answered with 403 and this name; botocore and the JavaScript SDK know all of these.
struct SignatureError {
  std::string_view type;
  std::string message;
};

/// What the request says of itself, not verified. Empty: it is not signed, or not in a form that
/// can be read.
std::optional<CredentialScope> ParseScope(const SignedRequest& request);

/// `credentials`: access key id to secret key. The errors:
/// MissingAuthenticationTokenException  not signed at all
/// IncompleteSignatureException         a part is missing or cannot be read
/// UnrecognizedClientException          unknown access key, or a session token (there are none
/// here) InvalidSignatureException            the signature is another one, its time is more than
///                                      5 minutes off, or the body or a header that AWS gives
///                                      a meaning to is not what was signed
/// RequestExpired                       a presigned request is older than it allows
std::variant<CredentialScope, SignatureError> VerifySignature(
    const SignedRequest& request, const std::map<std::string, std::string>& credentials,
    domain::Time now);

/// The Authorization header for a request of our own. All of `request.headers` are signed: they are
/// in the order of their names, host and x-amz-date (`timestamp`, "20260131T235959Z") among them.
std::string Sign(const SignedRequest& request, const CredentialScope& scope,
                 const std::string& timestamp, std::string_view secret);

}  // namespace fieldwork::http_api
