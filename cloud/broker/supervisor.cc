// Decides how the cloud's Mosquitto runs, and what is done when it does not.
#include "cloud/broker/supervisor.h"

#include <openssl/rand.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "cloud/broker/broker_config.h"
#include "cloud/broker/broker_folder.h"
#include "cloud/broker/broker_port.h"
#include "cloud/broker/broker_process.h"

namespace fieldwork::broker {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kReadyPoll{2};
// Long enough to read a database of many sessions on a slow disk.
constexpr milliseconds kReadyLimit{20'000};
constexpr milliseconds kStopLimit{2'000};
constexpr milliseconds kBackoffMin{50};
constexpr milliseconds kBackoffMax{5'000};
constexpr milliseconds kStableAfter{60'000};
constexpr milliseconds kLogCheck{60'000};

std::string NewPassword() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw BrokerError("there are no random numbers for the broker's password");
  }
  std::string hex;
  for (const unsigned char byte : bytes) {
    constexpr const char* kHex = "0123456789abcdef";
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

std::optional<RunAs> UserFor(const SupervisorOptions& options) {
  std::optional<RunAs> user = FindUser(options.user);
  if (!user && geteuid() == 0) {
    spdlog::warn("there is no user {}: the broker runs as root", options.user);
  }
  return user;
}

}  // namespace

class Supervisor::State {
 public:
  State(asio::any_io_executor executor, SupervisorOptions options, Events events)
      : executor_(std::move(executor)),
        options_(std::move(options)),
        events_(std::move(events)),
        user_(UserFor(options_)),
        folder_(options_.folder, user_),
        watch_(executor_),
        timer_(executor_),
        log_timer_(executor_) {}

  void Start() {
    folder_.Open();
    if (!Adopt()) {
      StartFresh();
    }
    Watch();
    CheckLogLater();
    // Posted, so that nothing is called back before Start() has returned.
    asio::post(executor_, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired() && process_) {
        SetUp();
      }
    });
  }

  void ReloadCertificates() {
    WriteCertificates();
    if (process_ && process_->HandlesSignals()) {
      process_->Signal(SIGHUP);
    }
  }

  void Stop(bool keep) {
    stopped_ = true;
    boost::system::error_code ignored;
    watch_.close(ignored);
    timer_.cancel();
    log_timer_.cancel();
    if (process_ && !keep) {
      End(*process_);
    }
    process_.reset();
  }

  bool stopped() const { return stopped_; }
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return process_ ? process_->pid() : -1; }
  bool adopted() const { return adopted_; }
  std::string socket_path() const { return folder_.socket_path(); }
  const std::string& password() const { return password_; }

 private:
  bool Adopt() {
    const std::optional<BrokerNote> note = folder_.ReadNote();
    std::optional<BrokerProcess> found =
        note ? BrokerProcess::Find(note->process, options_.folder) : std::nullopt;
    if (!found) {
      return false;
    }
    const bool same = note->asked_for == AskedFor(options_) &&
                      (options_.port == 0 || options_.port == note->port);
    if (!same || !WaitUntilReady(*found)) {
      spdlog::info("the broker that runs, pid {}, {}: it is started anew", found->pid(),
                   same ? "does not answer" : "was asked for differently");
      End(*found);
      return false;
    }
    port_ = note->port;
    password_ = note->password;
    process_ = std::move(found);
    adopted_ = true;
    if (!options_.plugin.empty() && folder_.Copy(options_.plugin, kPluginFile)) {
      spdlog::warn("the broker runs with the plugin of an earlier build until it is restarted");
    }
    ReloadCertificates();
    return true;
  }

  void StartFresh() {
    port_ = CheckPort(options_.host, options_.port);
    password_ = NewPassword();
    Launch();
    if (WaitUntilReady(*process_)) {
      return;
    }
    std::string why = EndOf(*process_);
    // A database that Mosquitto cannot read is worth less than a broker that runs.
    if (folder_.RemoveDatabase()) {
      spdlog::warn("the broker did not start ({}): once more without its database", why);
      Launch();
      if (WaitUntilReady(*process_)) {
        return;
      }
      why = EndOf(*process_);
    }
    process_.reset();
    throw BrokerError("the broker does not start: " + why);
  }

  void WriteCertificates() const {
    folder_.Copy(options_.certificate_pem, kCertificateFile);
    folder_.Copy(options_.key_pem, kKeyFile);
    folder_.Trust(options_.ca_pem);
  }

  // All files are written each time: an adopted broker's may be an earlier build's.
  void Launch() {
    const BrokerProcess::Launch launch{FindMosquitto(options_.mosquitto), options_.folder, user_,
                                       options_.port_443 || port_ < 1024};
    CheckPort(options_.host, port_);
    if (options_.port_443) {
      CheckPort(options_.host, 443);
    }
    if (!options_.plugin.empty()) {
      folder_.Copy(options_.plugin, kPluginFile);
    }
    WriteCertificates();
    folder_.RotateLog();
    folder_.Write(kConfigFile, ConfigText({options_.host, port_, options_.port_443,
                                           !options_.plugin.empty(), geteuid() == 0 && !user_,
                                           password_, options_.region, options_.account}));
    process_ = BrokerProcess::Start(launch, [this](const ProcessName& name) {
      folder_.WriteNote({name, port_, password_, AskedFor(options_)});
    });
    adopted_ = false;
  }

  bool IsReady(const BrokerProcess& process) const {
    return process.HandlesSignals() && folder_.SocketAccepts();
  }

  bool WaitUntilReady(const BrokerProcess& process) const {
    const Clock::time_point end = Clock::now() + kReadyLimit;
    while (!IsReady(process)) {
      if (process.WaitForEnd(static_cast<int>(kReadyPoll.count())) || Clock::now() > end) {
        return false;
      }
    }
    return true;
  }

  static void End(const BrokerProcess& process) {
    process.Signal(SIGTERM);
    if (!process.WaitForEnd(static_cast<int>(kStopLimit.count()))) {
      process.Signal(SIGKILL);
      process.WaitForEnd(-1);
    }
    process.Bury();
  }

  // Ends it if it has not ended, and says what is known about why.
  std::string EndOf(const BrokerProcess& process) const {
    if (!process.WaitForEnd(0)) {
      End(process);
      return "it did not answer within " + std::to_string(kReadyLimit.count() / 1000) +
             " s; its log: " + folder_.LastLogLines();
    }
    return process.Bury() + "; its log: " + folder_.LastLogLines();
  }

  void Watch() {
    // The descriptor closes what it is given, and the process keeps its own.
    watch_ = asio::posix::stream_descriptor(executor_, dup(process_->pidfd()));
    watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
                        if (!alive.expired() && !error && !stopped_) {
                          OnEnd();
                        }
                      });
  }

  void SetUp() {
    if (process_->WaitForEnd(0)) {
      return;  // The watch tells.
    }
    is_up_ = true;
    up_since_ = Clock::now();
    last_failure_.clear();
    // It is in the broker's memory now, and is written again at a clean end. After a crash it
    // would be older than the crash; see broker_config.cc.
    folder_.RemoveDatabase();
    events_.up();
  }

  void OnEnd() {
    const std::string why = process_->Bury() + "; its log: " + folder_.LastLogLines();
    process_.reset();
    timer_.cancel();
    if (std::exchange(is_up_, false)) {
      if (Clock::now() - up_since_ > kStableAfter) {
        backoff_ = kBackoffMin;
      }
      events_.down(why);
    } else {
      folder_.RemoveDatabase();  // It may be the reason.
      LogFailure(why);
    }
    if (!stopped_) {
      RestartLater();
    }
  }

  void LogFailure(const std::string& why) {
    if (std::exchange(last_failure_, why) != why) {
      spdlog::error("the broker does not start, and is tried again: {}", why);
    }
  }

  void RestartLater() {
    After(backoff_, [this] { Restart(); });
    backoff_ = std::min(backoff_ * 2, kBackoffMax);
  }

  void Restart() {
    try {
      Launch();
    } catch (const BrokerError& error) {
      LogFailure(error.what());
      RestartLater();
      return;
    }
    Watch();
    AwaitReady(Clock::now() + kReadyLimit);
  }

  void AwaitReady(Clock::time_point end) {
    if (IsReady(*process_)) {
      SetUp();
    } else if (Clock::now() > end) {
      process_->Signal(SIGKILL);  // The watch goes on from there.
    } else {
      After(kReadyPoll, [this, end] { AwaitReady(end); });
    }
  }

  template <typename Action>
  void After(milliseconds delay, Action action) {
    timer_.expires_after(delay);
    timer_.async_wait(
        [this, action, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
          if (!alive.expired() && !error && !stopped_) {
            action();
          }
        });
  }

  void CheckLogLater() {
    log_timer_.expires_after(kLogCheck);
    log_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
      if (alive.expired() || error || stopped_) {
        return;
      }
      if (is_up_ && folder_.RotateLog()) {
        process_->Signal(SIGHUP);  // Opens its log anew.
      }
      CheckLogLater();
    });
  }

  const asio::any_io_executor executor_;
  const SupervisorOptions options_;
  const Events events_;
  const std::optional<RunAs> user_;
  BrokerFolder folder_;
  asio::posix::stream_descriptor watch_;
  asio::steady_timer timer_;  // The next start, or the next look whether it is ready.
  asio::steady_timer log_timer_;
  std::optional<BrokerProcess> process_;
  std::uint16_t port_ = 0;
  std::string password_;
  bool adopted_ = false;
  bool stopped_ = false;
  bool is_up_ = false;
  Clock::time_point up_since_{};
  milliseconds backoff_ = kBackoffMin;
  std::string last_failure_;  // Logged once, however often it is met.
  // Handlers that were queued before the end of this object find it expired.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();
};

Supervisor::Supervisor(asio::any_io_executor executor, SupervisorOptions options, Events events)
    : state_(std::make_unique<State>(std::move(executor), std::move(options), std::move(events))) {}

// A broker that nobody stopped goes on, as after a crash of the service.
Supervisor::~Supervisor() {
  if (!state_->stopped()) {
    state_->Stop(/*keep=*/true);
  }
}

void Supervisor::Start() { state_->Start(); }
void Supervisor::ReloadCertificates() { state_->ReloadCertificates(); }
void Supervisor::Stop(bool keep) { state_->Stop(keep); }
std::uint16_t Supervisor::port() const { return state_->port(); }
pid_t Supervisor::pid() const { return state_->pid(); }
bool Supervisor::adopted() const { return state_->adopted(); }
std::string Supervisor::socket_path() const { return state_->socket_path(); }
const std::string& Supervisor::password() const { return state_->password(); }

}  // namespace fieldwork::broker
