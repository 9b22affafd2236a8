// Decides how a refusal looks over HTTP: the one table from ErrorCode to AWS exception and status,
// and the names of what fails outside the rules.
//
// SDKs go by the header x-amzn-ErrorType; the body is {"message": ...}, with resourceId and
// resourceArn where the API model has them. Source: exception shapes of the service models iot
// 2015-05-28 and iot-jobs-data 2017-09-29.
#pragma once

#include <string>
#include <string_view>

#include "cloud/domain/result.h"
#include "cloud/http_api/api.h"
#include "cloud/http_api/reply.h"

namespace fieldwork::http_api {

/// A rule said no.
Reply ErrorReply(Plane plane, const domain::Error& error);

/// Any other error: 403 of SigV4, 404, 501 ...
Reply FaultReply(unsigned status, std::string_view type, std::string_view message);

/// The store failed or did not commit; SDKs try again. 503 ServiceUnavailableException.
Reply UnavailableReply();
/// A fault of this service. 500 InternalFailureException.
Reply InternalFailureReply();
/// Too many at once. ThrottlingException: 400 in the control plane, 429 in the data plane.
Reply ThrottlingReply(Plane plane, std::string_view message);

}  // namespace fieldwork::http_api
