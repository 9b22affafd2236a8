// Tells a service manager how the program is: systemd's notification protocol, without its library.
//
// The protocol is a datagram to the socket that $NOTIFY_SOCKET names: lines of KEY=value. Nothing
// depends on it: without the variable nothing is sent, and what cannot be sent is lost.
//
// Spec:    sd_notify(3), sd_watchdog_enabled(3).
// Threads: one owner.
#pragma once

#include <string>
#include <string_view>

#include "device/base/time.h"
#include "ports/posix/unique_fd.h"

namespace fieldwork::board {

class ServiceNotify {
 public:
  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child
  /// inherits them. Sends nothing yet.
  ServiceNotify();
  ServiceNotify(const ServiceNotify&) = delete;
  ServiceNotify& operator=(const ServiceNotify&) = delete;

  /// Puts them back, for this program executed anew.
  void PutBack() const;

  /// READY=1; from here on the watchdog is kept quiet.
  void Ready(Instant now);
  /// STATUS=`text`, one line; only when it is another than the last.
  void Status(std::string_view text);
  /// STOPPING=1, once.
  void Stopping();

  /// WATCHDOG=1 at half of the time that the manager grants.
  void OnTime(Instant now);
  Instant Deadline() const { return next_ping_; }

 private:
  void Send(std::string_view message);

  std::string socket_, watchdog_usec_, watchdog_pid_;
  Millis ping_every_{0};  // 0: there is no watchdog.
  posix::UniqueFd fd_;
  std::string last_status_;
  Instant next_ping_ = kNever;
  bool stopping_ = false;
};

}  // namespace fieldwork::board
