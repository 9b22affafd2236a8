// Decides what an AWS IoT policy allows: parses policy documents and evaluates them.
//
// Nothing is ever ignored: an element, an operator or a variable that is not evaluated makes
// Parse() fail, so that what is stored is what is enforced. Explicit Deny, then Allow, else no.
// Source: AWS IoT developer guide, "AWS IoT Core policies", "policy variables", "policy actions".
// Used by the broker plugin and by the HTTP data plane; no state, no clock. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fieldwork::policy {

/// One request to be decided.
struct Request {
  /// By its exact name: "iot:Connect", "iotjobsdata:UpdateJobExecution", ... (actions.cc has them
  /// all). What is not known is never allowed.
  std::string_view action;
  std::string_view resource;  ///< The whole ARN: "arn:aws:iot:us-east-1:000000000000:topic/a/b".
};

/// Values of policy variables and condition keys, by their names without "${}", in the spelling of
/// AWS (names.cc has them all): "iot:ClientId", "iot:CertificateId", "aws:SourceIp",
/// "iot:Connection.Thing.ThingName", "iot:Connection.Thing.Attributes[x]",
/// "iot:Connection.Thing.IsAttached" ("true" or "false"), "iot:Certificate.SerialNumber" (decimal),
/// "iot:Certificate.Subject.CommonName", ... Empty: it has no value here. A resource with such a
/// variable does not match, and a condition on such a key holds only if its operator asks for a
/// difference (StringNotEquals, ...), ends in IfExists, or begins with ForAllValues.
///
/// A field of a certificate that has several values: NAME is the first, NAME.1 the second, NAME.2
/// the third, as AWS counts. "iot:ConnectAttributes" is one text of what a CONNECT wants,
/// "PersistentConnect,LastWill" in any order, "" if it wants neither; empty for other actions.
/// Asked for a name at most once in an evaluation, and only for what the documents use.
using Variables = std::function<std::optional<std::string>(std::string_view name)>;

enum class Effect : std::uint8_t { kAllow, kDeny };
enum class Decision : std::uint8_t {
  kAllowed,
  kDenied,      ///< Some statement denies it.
  kNotAllowed,  ///< No statement allows it.
};

class Document {
 public:
  /// The document, or one sentence that says what is wrong and where: a malformed policy.
  static std::variant<Document, std::string> Parse(std::string_view json);

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  struct Statement;  // cloud/policy/statement.h
  const std::vector<Statement>& statements() const { return statements_; }

 private:
  Document();
  std::vector<Statement> statements_;
};

/// The union of all the documents, as of one principal. No memory is taken unless a variable or a
/// condition is met; the time is at most that of each pattern times the length of the resource.
Decision Evaluate(std::span<const Document* const> documents, const Request& request,
                  const Variables& variables);

}  // namespace fieldwork::policy
