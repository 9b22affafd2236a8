// Any bytes as a payload, as a topic, and as the details of a report. What must hold:
//  * a decoder that accepts gives views inside of the payload, and legal ids;
//  * a topic that is accepted is written again byte for byte;
//  * a report is JSON within the limits of AWS, whatever its details are.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "device/jobs/messages.h"
#include "device/jobs/topics.h"
#include "device/json/reader.h"

namespace fieldwork::jobs {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// ---- Payloads --------------------------------------------------------------------------

class Payload {
 public:
  explicit Payload(std::string_view text) : text_(text) {}

  void RequireWithin(std::string_view view) const {
    if (view.empty()) return;
    Require(view.data() >= text_.data());
    Require(view.data() + view.size() <= text_.data() + text_.size());
  }
  void RequireObject(std::string_view view) const {
    RequireWithin(view);
    Require(view.empty() || (view.front() == '{' && json::Validate(view) == Status::kOk));
  }
  void RequireId(std::string_view id) const {
    RequireWithin(id);
    Require(id.empty() || IsJobId(id));
  }

 private:
  std::string_view text_;
};

void RequireNotNegative(std::initializer_list<std::int64_t> numbers) {
  for (const std::int64_t number : numbers) Require(number >= 0);
}

void ReadExecution(std::string_view text) {
  const auto reply = DecodeExecution(text);
  if (!reply.ok()) return;
  Require(json::Validate(text) == Status::kOk);
  const Payload payload(text);
  const Execution& execution = reply->execution;
  payload.RequireWithin(reply->client_token);
  payload.RequireWithin(execution.document);
  payload.RequireId(execution.job_id);
  payload.RequireObject(execution.status_details);
  Require(execution.document.empty() || json::Validate(execution.document) == Status::kOk);
  Require(execution.seconds_before_timeout >= -1);
  RequireNotNegative({reply->timestamp, execution.queued_at, execution.started_at,
                      execution.last_updated_at, execution.version_number,
                      execution.execution_number});
}

void ReadUpdate(std::string_view text) {
  const auto reply = DecodeUpdate(text);
  if (!reply.ok()) return;
  const Payload payload(text);
  payload.RequireWithin(reply->client_token);
  payload.RequireWithin(reply->document);
  payload.RequireObject(reply->state.status_details);
  RequireNotNegative({reply->timestamp, reply->state.version_number});
}

void ReadRejection(std::string_view text) {
  const auto rejection = DecodeRejection(text);
  if (!rejection.ok()) return;
  const Payload payload(text);
  payload.RequireWithin(rejection->code_text);
  payload.RequireWithin(rejection->message);
  payload.RequireWithin(rejection->client_token);
  payload.RequireObject(rejection->state.status_details);
  RequireNotNegative({rejection->timestamp, rejection->state.version_number});
}

using Decoder = Result<PendingReply> (*)(std::string_view, std::span<ExecutionSummary>,
                                         std::span<ExecutionSummary>);

void ReadLists(Decoder decode, std::string_view text) {
  std::array<ExecutionSummary, 2> in_progress;
  std::array<ExecutionSummary, 2> queued;
  const auto reply = decode(text, in_progress, queued);
  if (!reply.ok()) return;
  const Payload payload(text);
  payload.RequireWithin(reply->client_token);
  for (std::size_t i = 0; i < std::min(in_progress.size(), reply->in_progress_count); ++i) {
    payload.RequireId(in_progress[i].job_id);
    Require(!in_progress[i].job_id.empty());
  }
  for (std::size_t i = 0; i < std::min(queued.size(), reply->queued_count); ++i) {
    payload.RequireId(queued[i].job_id);
    Require(!queued[i].job_id.empty());
  }
}

// ---- Topics ----------------------------------------------------------------------------

void ReadTopic(std::string_view text, std::string_view thing) {
  const auto parsed = ParseTopic(text, thing);
  if (!parsed.ok() || !IsThingName(thing)) return;
  Payload(text).RequireWithin(parsed->job);
  Require(parsed->job.empty() || parsed->job == kNextJob || IsJobId(parsed->job));
  std::array<char, kMaxTopic> out;
  const auto again = FormatTopic(parsed->topic, thing, parsed->job, out);
  Require(again.ok() && *again == text);
}

// ---- Reports ---------------------------------------------------------------------------

// One a line: the key, '=', the value.
std::vector<Detail> DetailsOf(std::string_view text) {
  std::vector<Detail> details;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view key = line.substr(0, line.find('='));
    details.push_back({key, line.substr(std::min(key.size() + 1, line.size()))});
  }
  return details;
}

bool AreLegal(const std::vector<Detail>& details) {
  for (std::size_t i = 0; i < details.size(); ++i) {
    if (!IsThingName(details[i].key)) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (details[i].key == details[j].key) return false;
    }
  }
  return details.size() <= kMaxDetails;
}

void RequireWithinLimits(json::Value value) {
  std::array<char, 8192> memory;
  const auto text = json::Unescape(value, memory);
  Require(text.ok());
  std::size_t units = 0;
  for (const char c : *text) {
    const auto byte = static_cast<std::uint8_t>(c);
    Require(byte >= 0x20 && byte != 0x7F);
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  Require(units >= 1 && units <= kMaxDetailValue);
}

void Report(const std::vector<Detail>& details, std::size_t small_size) {
  static std::array<char, 65536> out;
  const UpdateRequest request{.status = ExecutionStatus::kFailed,
                              .details = details,
                              .expected_version = 2,
                              .client_token = "t"};
  const auto text = Encode(request, out);
  Require(text.ok() == AreLegal(details));
  if (!text.ok()) {
    Require(text.status() == Status::kBadArgument);
    return;
  }
  json::Query query{.path = "statusDetails"};
  Require(json::Find(*text, {&query, 1}) == Status::kOk);
  Require(query.found == !details.empty());
  json::Children children(query.value);
  std::size_t count = 0;
  for (; children.Next(); ++count) {
    Require(children.key().substr(1, children.key().size() - 2) == details.at(count).key);
    RequireWithinLimits(children.value());
  }
  Require(count == details.size());

  std::vector<char> small(small_size);
  const auto again = Encode(request, small);
  Require(again.ok() ? *again == *text : again.status() == Status::kNoSpace);
  Require(again.ok() == (text->size() <= small.size()));
}

}  // namespace
}  // namespace fieldwork::jobs

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fieldwork::jobs;
  // A copy of this very size, so that a byte read too far is seen.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  ReadExecution(text);
  ReadUpdate(text);
  ReadRejection(text);
  ReadLists(&DecodePending, text);
  ReadLists(&DecodeNotify, text);
  ReadTopic(text, "board:1");
  ReadTopic("$aws/things/board:1/jobs/" + std::string(text), "board:1");
  ReadTopic("$aws/things/board:1/jobs/get", text);
  Report(DetailsOf(text), size);
  Report({{"value", text}}, size);
  return 0;
}
