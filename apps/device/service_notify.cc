#include "apps/device/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace fieldwork::board {
namespace {

constexpr const char* kSocket = "NOTIFY_SOCKET";
constexpr const char* kWatchdogTime = "WATCHDOG_USEC";
constexpr const char* kWatchdogPid = "WATCHDOG_PID";

std::string Take(const char* name) {
  const char* text = std::getenv(name);
  std::string value = text == nullptr ? "" : text;
  unsetenv(name);
  return value;
}

// 0 for anything but a whole number.
std::int64_t Number(const std::string& text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole && number > 0 ? number : 0;
}

// A path, or "@name" in the abstract space; other kinds ("vsock:...") are for machines.
bool IsUsable(const std::string& name) {
  return name.size() > 1 && name.size() < sizeof(sockaddr_un::sun_path) &&
         (name[0] == '/' || name[0] == '@');
}

}  // namespace

ServiceNotify::ServiceNotify()
    : socket_(Take(kSocket)),
      watchdog_usec_(Take(kWatchdogTime)),
      watchdog_pid_(Take(kWatchdogPid)) {
  if (!IsUsable(socket_)) return;
  const bool is_ours = watchdog_pid_.empty() || Number(watchdog_pid_) == getpid();
  const std::int64_t usec = is_ours ? Number(watchdog_usec_) : 0;
  if (usec > 0) ping_every_ = Millis{std::max<std::int64_t>(1, usec / 2000)};
  fd_.Reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

void ServiceNotify::PutBack() const {
  const auto put = [](const char* name, const std::string& value) {
    if (!value.empty()) setenv(name, value.c_str(), 1);
  };
  put(kSocket, socket_);
  put(kWatchdogTime, watchdog_usec_);
  put(kWatchdogPid, watchdog_pid_);
}

void ServiceNotify::Ready(Instant now) {
  Send("READY=1");
  if (ping_every_ == Millis{0} || !fd_.valid()) return;
  next_ping_ = now;
  OnTime(now);
}

void ServiceNotify::Status(std::string_view text) {
  if (!fd_.valid() || text == last_status_) return;
  last_status_ = text;
  Send("STATUS=" + last_status_);
}

void ServiceNotify::Stopping() {
  if (stopping_) return;
  stopping_ = true;
  Send("STOPPING=1");
}

void ServiceNotify::OnTime(Instant now) {
  if (now < next_ping_) return;
  Send("WATCHDOG=1");
  next_ping_ = now + ping_every_;
}

void ServiceNotify::Send(std::string_view message) {
  if (!fd_.valid()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  static_cast<void>(sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), size));
}

}  // namespace fieldwork::board
