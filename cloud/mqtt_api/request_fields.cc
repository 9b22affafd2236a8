// Decides how a payload is read; the contract is in request_fields.h.
#include "cloud/mqtt_api/request_fields.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "cloud/domain/limits.h"

namespace fieldwork::mqtt_api {
namespace {

using Json = nlohmann::json;

domain::Error WrongType(std::string_view key, std::string_view wanted) {
  return domain::InvalidRequest(std::string(key).append(" must be ").append(wanted).append("."));
}

domain::Result<std::optional<std::int64_t>> AsInteger(const Field& field, std::string_view key) {
  if (field.kind == Field::Kind::kAbsent) return std::optional<std::int64_t>{};
  if (field.kind == Field::Kind::kInteger) return std::optional{field.integer};
  std::int64_t number = 0;
  const char* const begin = field.text.data();
  const char* const end = begin + field.text.size();
  const auto [last, error] = std::from_chars(begin, end, number);
  if (field.kind != Field::Kind::kString || error != std::errc{} || last != end) {
    return WrongType(key, "a whole number");
  }
  return std::optional{number};
}

domain::Result<bool> AsBool(const Field& field, std::string_view key, bool absent) {
  if (field.kind == Field::Kind::kAbsent) return absent;
  if (field.kind != Field::Kind::kBool) return WrongType(key, "true or false");
  return field.boolean;
}

}  // namespace

// What nlohmann's parser calls for each event. Keys of the outermost object are the fields; the
// only deeper ones that count are those of statusDetails.
class RequestFields::Reader {
 public:
  explicit Reader(RequestFields& fields) : fields_(fields) {}

  const std::string& problem() const { return problem_; }
  bool json() const { return json_; }

  bool null() {
    if (AtDetailsPair()) return BadDetail();
    return Take({});
  }
  bool boolean(bool value) {
    if (AtDetailsPair()) return BadDetail();
    Field field;
    field.kind = Field::Kind::kBool;
    field.boolean = value;
    return Take(std::move(field));
  }
  bool number_integer(std::int64_t value) {
    if (AtDetailsPair()) return BadDetail();
    Field field;
    field.kind = Field::Kind::kInteger;
    field.integer = value;
    return Take(std::move(field));
  }
  bool number_unsigned(std::uint64_t value) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return value <= kMax ? number_integer(static_cast<std::int64_t>(value)) : Other();
  }
  bool number_float(double, const std::string&) { return Other(); }
  bool string(std::string& value) {
    if (AtDetailsPair()) return SetDetail(value);
    Field field;
    field.kind = Field::Kind::kString;
    field.text = std::move(value);
    return Take(std::move(field));
  }
  bool binary(Json::binary_t&) { return Other(); }

  bool start_object(std::size_t) {
    if (depth_ == 1 && target_ == Target::kDetails) {
      fields_.details_given_ = true;
      fields_.details_.clear();
      fields_.details_problem_.clear();
      in_details_ = true;
      return Enter();
    }
    if (depth_ > 0) Other();
    return Enter();
  }
  bool start_array(std::size_t) {
    Other();
    return Enter();
  }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool key(std::string& name) {
    if (depth_ == 1) {
      target_ = TargetOf(name);
    } else if (AtDetailsPair()) {
      detail_key_ = std::move(name);
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    json_ = false;
    problem_ = "The payload is not JSON.";
    return false;
  }

 private:
  enum class Target : std::uint8_t { kNothing, kField, kDetails };

  bool AtDetailsPair() const { return depth_ == 2 && in_details_; }

  Target TargetOf(std::string_view name) {
    if (name == "statusDetails") return Target::kDetails;
    field_ = FieldOf(name);
    return field_ == nullptr ? Target::kNothing : Target::kField;
  }
  Field* FieldOf(std::string_view name) {
    if (name == "clientToken") return &fields_.token_;
    if (name == "status") return &fields_.status_;
    if (name == "expectedVersion") return &fields_.expected_version_;
    if (name == "executionNumber") return &fields_.execution_number_;
    if (name == "stepTimeoutInMinutes") return &fields_.step_timeout_;
    if (name == "includeJobExecutionState") return &fields_.include_state_;
    if (name == "includeJobDocument") return &fields_.include_document_;
    return nullptr;
  }

  // A value that no field can have.
  bool Other() {
    if (AtDetailsPair()) return BadDetail();
    Field field;
    field.kind = Field::Kind::kOther;
    return Take(std::move(field));
  }
  bool Take(Field&& value) {
    if (depth_ == 0) {
      problem_ = "The payload must be a JSON object.";
      return true;  // Go on: if it turns out not to be JSON, that is what the client is told.
    }
    if (depth_ != 1) return true;
    if (target_ == Target::kField) *field_ = std::move(value);
    if (target_ != Target::kDetails) return true;
    fields_.details_given_ = value.kind != Field::Kind::kAbsent;
    fields_.details_.clear();
    fields_.details_problem_ = fields_.details_given_ ? "statusDetails must be an object." : "";
    return true;
  }
  bool SetDetail(std::string& value) {
    for (auto& [key, old] : fields_.details_) {
      if (key != detail_key_) continue;
      old = std::move(value);
      return true;
    }
    // One more than is allowed is enough for the rules to refuse it; more would only cost time.
    if (fields_.details_.size() <= domain::kDetailPairsMax) {
      fields_.details_.emplace_back(std::move(detail_key_), std::move(value));
    }
    return true;
  }
  bool BadDetail() {
    fields_.details_problem_ =
        "statusDetails: the value of \"" + detail_key_ + "\" must be a string.";
    return true;
  }
  bool Enter() {
    if (++depth_ <= kJsonDepthMax) return true;
    problem_ = "The payload nests deeper than " + std::to_string(kJsonDepthMax) + " levels.";
    return false;
  }
  bool Leave() {
    if (--depth_ == 1) in_details_ = false;
    return true;
  }

  RequestFields& fields_;
  std::string problem_;
  std::string detail_key_;
  Field* field_ = nullptr;
  Target target_ = Target::kNothing;
  int depth_ = 0;
  bool in_details_ = false;
  bool json_ = true;
};

RequestFields::Syntax RequestFields::Parse(std::string_view payload) {
  // Reading: a device that sends no bytes at all means {}.
  if (payload.empty()) return {};
  // The parser takes a NUL for the end of its input; in JSON text it has no place anywhere.
  if (payload.find('\0') != std::string_view::npos) return {false, "The payload is not JSON."};
  Reader reader(*this);
  Json::sax_parse(payload.begin(), payload.end(), &reader);
  // Reading: too long a token is refused and not echoed.
  if (token_.kind == Field::Kind::kString && token_.text.size() <= domain::kClientTokenMax) {
    client_token_ = token_.text;
  }
  if (!reader.json()) client_token_.reset();
  return {reader.json(), reader.problem()};
}

domain::Status RequestFields::CheckToken() const {
  if (token_.kind == Field::Kind::kAbsent || client_token_) return domain::Ok();
  if (token_.kind != Field::Kind::kString) return WrongType("clientToken", "a string");
  return WrongType("clientToken", "at most " + std::to_string(domain::kClientTokenMax) + " bytes");
}

domain::Result<std::optional<domain::StatusDetails>> RequestFields::Details() const {
  if (!details_given_) return std::optional<domain::StatusDetails>{};
  if (!details_problem_.empty()) return domain::InvalidRequest(details_problem_);
  return std::optional{details_};
}

domain::Result<domain::StartNextRequest> RequestFields::StartNext() const {
  domain::StartNextRequest request;
  CLOUD_ASSIGN_OR_RETURN(request.details, Details());
  CLOUD_ASSIGN_OR_RETURN(request.step_timeout_minutes,
                         AsInteger(step_timeout_, "stepTimeoutInMinutes"));
  return request;
}

domain::Result<domain::DescribeRequest> RequestFields::Describe() const {
  domain::DescribeRequest request;
  CLOUD_ASSIGN_OR_RETURN(request.number, AsInteger(execution_number_, "executionNumber"));
  CLOUD_ASSIGN_OR_RETURN(request.include_document,
                         AsBool(include_document_, "includeJobDocument", true));
  return request;
}

domain::Result<domain::UpdateRequest> RequestFields::Update() const {
  domain::UpdateRequest request;
  if (status_.kind != Field::Kind::kAbsent && status_.kind != Field::Kind::kString) {
    return WrongType("status", "a string");
  }
  request.status = status_.text;
  CLOUD_ASSIGN_OR_RETURN(request.details, Details());
  CLOUD_ASSIGN_OR_RETURN(request.expected_version, AsInteger(expected_version_, "expectedVersion"));
  CLOUD_ASSIGN_OR_RETURN(request.number, AsInteger(execution_number_, "executionNumber"));
  CLOUD_ASSIGN_OR_RETURN(request.step_timeout_minutes,
                         AsInteger(step_timeout_, "stepTimeoutInMinutes"));
  CLOUD_ASSIGN_OR_RETURN(request.include_state,
                         AsBool(include_state_, "includeJobExecutionState", false));
  CLOUD_ASSIGN_OR_RETURN(request.include_document,
                         AsBool(include_document_, "includeJobDocument", false));
  return request;
}

}  // namespace fieldwork::mqtt_api
