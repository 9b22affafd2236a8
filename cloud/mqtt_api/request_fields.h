// Decides what a request's payload says: JSON text to the fields of one operation, or why not.
//
// One strict pass over the text, no tree. Of a key that comes twice the last one counts; null is
// as if the key were absent; unknown keys are passed over. Numbers may be written as strings of
// digits, because AWS's FreeRTOS library sends them so. What a value means (ranges, statuses, keys
// of statusDetails) is cloud/domain's to check. Source: AWS developer guide, "Jobs device MQTT
// API"; the readings of what it leaves open are marked in request_fields.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/domain/executions.h"
#include "cloud/domain/result.h"

namespace fieldwork::mqtt_api {

inline constexpr int kJsonDepthMax = 64;  ///< Of nested objects and arrays.

/// A value of a key that some operation knows.
struct Field {
  enum class Kind : std::uint8_t { kAbsent, kString, kInteger, kBool, kOther };
  Kind kind = Kind::kAbsent;
  std::string text;
  std::int64_t integer = 0;
  bool boolean = false;
};

class RequestFields {
 public:
  struct Syntax {
    bool json = true;     ///< False: not JSON at all, which is InvalidJson.
    std::string problem;  ///< Empty: well formed.
  };

  /// Reads `payload`; no bytes at all count as {}. After a problem, only client_token() is of use.
  Syntax Parse(std::string_view payload);

  /// To be echoed: the token, if one was read and it is a string of at most 64 bytes.
  const std::optional<std::string>& client_token() const { return client_token_; }

  /// kInvalidRequest with the reason if a field of that operation has the wrong type.
  domain::Status CheckToken() const;
  domain::Result<domain::StartNextRequest> StartNext() const;
  domain::Result<domain::DescribeRequest> Describe() const;
  domain::Result<domain::UpdateRequest> Update() const;

 private:
  class Reader;

  Field token_;
  Field status_;
  Field expected_version_;
  Field execution_number_;
  Field step_timeout_;
  Field include_state_;
  Field include_document_;
  bool details_given_ = false;
  std::string details_problem_;
  domain::StatusDetails details_;
  std::optional<std::string> client_token_;

  domain::Result<std::optional<domain::StatusDetails>> Details() const;
};

}  // namespace fieldwork::mqtt_api
