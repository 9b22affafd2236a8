// Decides what may be a job document.
//
// It is kept as given, and put as a JSON value into the messages to devices: so it must be one
// whole JSON object of valid UTF-8, and not so deep that readers refuse it. AWS asks for valid JSON
// only; an object it must be here because every device SDK reads it as one. Source: AWS API
// reference, CreateJob; general reference, "AWS IoT Device Management endpoints and quotas";
// developer guide, "Presigned URLs" (of ${aws:iot:...}).
#pragma once

#include <string_view>

#include "cloud/domain/result.h"

namespace fieldwork::http_api {

inline constexpr int kJobDocumentDepthMax = 64;

/// kInvalidRequest with what is wrong. A document with a placeholder is refused: nothing here
/// replaces them, and a device would get them as they stand.
domain::Status CheckJobDocument(std::string_view text);

}  // namespace fieldwork::http_api
