// Decides how a request is carried out; see dispatcher.h.
#include "cloud/http_api/dispatcher.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "cloud/http_api/device_access.h"
#include "cloud/http_api/errors.h"
#include "cloud/http_api/waiter.h"

namespace fieldwork::http_api {
namespace {

namespace asio = boost::asio;

Reply ToReply(Plane plane, const domain::Result<Json>& result) {
  if (!result.ok()) return ErrorReply(plane, result.error());
  if (result.value().is_null()) return {};
  return {.body = result.value().dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

Dispatcher::Dispatcher(asio::any_io_executor executor, IntakeOptions options, Api& api,
                       domain::Batch& batch, std::function<domain::Time()> clock)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      api_(api),
      batch_(batch),
      clock_(std::move(clock)) {}

void Dispatcher::Stop() {
  stopping_ = true;
  key_thread_.join();
}

asio::awaitable<Reply> Dispatcher::Handle(const HttpRequest& request) {
  const domain::Time now = clock_();
  auto taken = TakeIn(options_, request, now);
  if (auto* reply = std::get_if<Reply>(&taken)) co_return std::move(*reply);
  Call& call = std::get<Call>(taken);
  if (call.request.operation == "CreateKeysAndCertificate") {
    if (keys_waiting_ >= kKeysWaitingMax) {
      co_return ThrottlingReply(call.route->plane,
                                "Too many keys are being made. Try again later.");
    }
    call.request.issued = co_await IssueKeys(now);
    if (!call.request.issued) co_return stopping_ ? UnavailableReply() : InternalFailureReply();
  }
  co_return co_await Run(request, call, now);
}

asio::awaitable<Dispatcher::Keys> Dispatcher::IssueKeys(domain::Time now) {
  const auto waiter = std::make_shared<Waiter<Keys>>(executor_);
  auto bring = [executor = asio::prefer(executor_, asio::execution::outstanding_work.tracked),
                weak = std::weak_ptr(waiter)](Keys keys) {
    asio::post(executor, [weak, keys = std::move(keys)]() mutable {
      if (const auto waiting = weak.lock()) waiting->Set(std::move(keys));
    });
  };
  asio::post(key_thread_, [this, bring = std::move(bring), now] {
    if (stopping_) return bring(std::nullopt);
    try {
      bring(api_.authority.CreateKeysAndCertificate(now));
    } catch (const std::exception& error) {
      spdlog::error("CreateKeysAndCertificate: no keys could be made: {}", error.what());
      bring(std::nullopt);
    }
  });
  ++keys_waiting_;
  Keys keys = co_await waiter->Wait();
  --keys_waiting_;
  co_return keys;
}

asio::awaitable<Reply> Dispatcher::Run(const HttpRequest& http, const Call& call,
                                       domain::Time now) {
  const auto waiter = std::make_shared<Waiter<bool>>(executor_);
  Reply reply;
  std::string reason = "its batch or the commit failed";
  bool has_fault = false;
  const auto work = [&] {
    try {
      reply = Answer(http, call, now);
    } catch (const domain::StoreError& error) {
      reason = error.what();
      throw;
    }
  };
  try {
    batch_.Run(work, [weak = std::weak_ptr(waiter)](bool committed) {
      if (const auto waiting = weak.lock()) waiting->Set(committed);
    });
  } catch (const std::exception& error) {
    // The batch takes everything back, so that half of this call is not stored.
    spdlog::error("{}: fault of this service: {}", call.request.operation, error.what());
    has_fault = true;
  }
  const bool committed = co_await waiter->Wait();
  if (has_fault) co_return InternalFailureReply();
  if (!committed) {
    spdlog::error("{}: not stored, answered with 503: {}", call.request.operation, reason);
    co_return UnavailableReply();
  }
  co_return reply;
}

Reply Dispatcher::Answer(const HttpRequest& http, const Call& call, domain::Time now) {
  if (http.certificate != nullptr) {
    // Every operation of the data plane that has a handler has the thing for its first label.
    const DeviceRequest device{*http.certificate, http.source_ip, call.request.operation,
                               call.request.labels.at(0)};
    if (auto refusal = RefuseDevice(api_.access, api_.names, device)) return std::move(*refusal);
  }
  return ToReply(call.route->plane, call.route->handler(api_, call.request, now));
}

}  // namespace fieldwork::http_api
