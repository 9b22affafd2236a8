// Decides whether a device may do what it asks for over mutual TLS: its certificate is registered
// and ACTIVE, and the policies attached to it allow the operation on the thing.
//
// Policies of thing groups do not count: AWS lets them take effect only where the client id is the
// name of the thing, and HTTP has no client id; the thing that a path names is who is asked about,
// not who asks.
//
// The action is iotjobsdata:OPERATION, or iot:OPERATION as older guides have it: one of the two
// must be allowed and neither denied. Variables of MQTT connections (iot:ClientId,
// iot:Connection.Thing.*) have no value over HTTP. Source: AWS IoT developer guide, "Authorizing
// jobs over HTTP", "AWS IoT Core policies", "Thing policy variables".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloud/domain/access.h"
#include "cloud/domain/context.h"
#include "cloud/http_api/client_certificate.h"
#include "cloud/http_api/reply.h"

namespace fieldwork::http_api {

struct DeviceRequest {
  const ClientCertificate& certificate;
  std::string source_ip;
  std::string_view operation;  ///< "UpdateJobExecution"
  std::string_view thing;
};

/// Empty: it may. Otherwise 403 ForbiddenException, as AWS answers on its device endpoints. Reads
/// the store: call it inside the transaction.
std::optional<Reply> RefuseDevice(domain::Access& access, const domain::Names& names,
                                  const DeviceRequest& request);

}  // namespace fieldwork::http_api
