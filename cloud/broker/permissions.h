// Decides what the policies of a certificate allow one client to do.
//
// The certificate's own policies count for every client. Those of a thing's groups count besides
// for the client whose id is the thing's name, if the thing is attached to the certificate; a Deny
// in either wins. Builds the ARN and the policy variables of a request and asks cloud/policy.
// Source: AWS IoT developer guide, "AWS IoT Core policies", "AWS IoT Core policy actions", "Thing
// policy variables".
#pragma once

#include <string>
#include <string_view>

#include "cloud/broker/certificate_id.h"
#include "cloud/broker/principals.h"
#include "cloud/policy/policy.h"

namespace fieldwork::broker {

/// Who asks. Views and references live as long as the question.
struct Caller {
  std::string_view client_id;
  const CertificateId& certificate;
  const Principal& principal;
  /// Values of "aws:SourceIp" and "iot:Certificate.*"; asked only if a policy uses them.
  const policy::Variables& connection;
};

/// What a client asks for with its connection ("iot:ConnectAttributes").
struct ConnectAttributes {
  bool persistent = false;
  bool last_will = false;
};

class Permissions {
 public:
  Permissions(std::string_view region, std::string_view account);

  bool MayConnect(const Caller& caller, ConnectAttributes attributes) const;
  bool MayPublish(const Caller& caller, std::string_view topic, bool retain) const;
  bool MaySubscribe(const Caller& caller, std::string_view filter) const;
  bool MayReceive(const Caller& caller, std::string_view topic) const;

 private:
  bool Allows(const Caller& caller, std::string_view action, std::string_view kind,
              std::string_view name, std::string_view connect_attributes) const;

  std::string arn_;  // "arn:aws:iot:REGION:ACCOUNT:"
};

}  // namespace fieldwork::broker
