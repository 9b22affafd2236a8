// Decides what an answer is before it is bytes: status, error name, body.
#pragma once

#include <string>

namespace fieldwork::http_api {

struct Reply {
  unsigned status = 200;
  std::string error_type{};  ///< x-amzn-ErrorType, which the SDKs go by; empty: no error.
  std::string body{};
  std::string content_type = "application/json";
  std::string allow{};  ///< The header Allow, for status 405.
};

}  // namespace fieldwork::http_api
