// Decides how a request is carried out: taken in, run inside the batch, answered after the commit.
//
// Keys are made on a thread of their own, since that takes a good part of a second; everything else
// is on the one thread of the loop.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>
#include <variant>

#include "cloud/domain/batch.h"
#include "cloud/http_api/api.h"
#include "cloud/http_api/intake.h"
#include "cloud/http_api/reply.h"

namespace fieldwork::http_api {

/// So many CreateKeysAndCertificate may wait for their keys; one more is throttled.
inline constexpr int kKeysWaitingMax = 32;

class Dispatcher {
 public:
  /// Borrows `api` and `batch`.
  Dispatcher(boost::asio::any_io_executor executor, IntakeOptions options, Api& api,
             domain::Batch& batch, std::function<domain::Time()> clock);

  /// `request` must live until the coroutine is done. Never throws.
  boost::asio::awaitable<Reply> Handle(const HttpRequest& request);

  domain::Time Now() const { return clock_(); }

  /// Waits for the keys that are being made right now; those not begun are given up. Last call.
  void Stop();

 private:
  /// Empty: it could not be made.
  using Keys = std::optional<domain::IssuedKeys>;

  boost::asio::awaitable<Keys> IssueKeys(domain::Time now);
  boost::asio::awaitable<Reply> Run(const HttpRequest& http, const Call& call, domain::Time now);
  Reply Answer(const HttpRequest& http, const Call& call, domain::Time now);

  boost::asio::any_io_executor executor_;
  IntakeOptions options_;
  Api& api_;
  domain::Batch& batch_;
  std::function<domain::Time()> clock_;
  int keys_waiting_ = 0;
  std::atomic<bool> stopping_ = false;
  boost::asio::thread_pool key_thread_{1};
};

}  // namespace fieldwork::http_api
