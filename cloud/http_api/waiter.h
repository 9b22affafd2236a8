// Decides how a coroutine waits for one value that somebody else has later, on the same thread.
//
// The coroutine owns the Waiter; whoever brings the value holds a weak_ptr, so that a value that
// comes after the connection is gone, or never, harms nobody.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace fieldwork::http_api {

template <typename T>
class Waiter {
 public:
  explicit Waiter(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  /// Wakes the coroutine, later and not from inside this call.
  void Set(T value) {
    value_ = std::move(value);
    timer_.cancel();
  }

  boost::asio::awaitable<T> Wait() {
    while (!value_) {
      boost::system::error_code ignored;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    co_return std::move(*value_);
  }

 private:
  boost::asio::steady_timer timer_;
  std::optional<T> value_;
};

}  // namespace fieldwork::http_api
