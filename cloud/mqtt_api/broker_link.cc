// Decides when libmosquitto reads, writes and connects; the contract is in broker_link.h.
//
// libmosquitto is told that somebody else runs threads, although nobody does: it then only queues
// packets and leaves the writing to us, so that the PUBACK of a request is not sent before its
// commit. Its mutexes are not recursive: nothing here writes while it runs one of our callbacks.
#include "cloud/mqtt_api/broker_link.h"

#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "cloud/broker/protocol.h"
#include "cloud/mqtt_api/request_message.h"

namespace fieldwork::mqtt_api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using boost::system::error_code;

constexpr int kKeepAliveSeconds = 60;
constexpr std::uint32_t kSessionExpirySeconds = 86'400;
constexpr int kReceiveMaximum = 65'535;
constexpr int kMessagesAtOnce = 256;
constexpr std::size_t kRepliesBytesMax = 65'536;
// Of one message: the broker publishes all of it before it turns to the next device.
constexpr std::size_t kPublicationsBytesMax = 16'384;
constexpr std::size_t kFrameHeadBytes = 9;
// Unacknowledged messages: enough to keep the broker busy. What waits meanwhile shares the next.
constexpr std::size_t kInFlightMax = 8;
constexpr milliseconds kRetryFirst{20};
constexpr milliseconds kRetryMax{1000};
constexpr seconds kHandshakeLimit{5};
constexpr seconds kTick{10};
constexpr seconds kStopLimit{1};

/// What the broker has to acknowledge: a publication, or, without a topic, a message of access.
struct Publication {
  std::string topic;
  std::string payload;
  bool is_access() const { return topic.empty(); }
  std::size_t bytes() const { return kFrameHeadBytes + topic.size() + payload.size(); }
};

/// A message on its way.
struct InFlight {
  std::size_t publications;
  std::size_t bytes;
};

struct Waiter {
  std::uint64_t number;  // Of the publication that is waited for.
  std::function<void()> done;
};

std::string ErrorText(int rc) {
  return rc == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(rc);
}

}  // namespace

class BrokerLink::State : public std::enable_shared_from_this<State> {
 public:
  State(boost::asio::any_io_executor executor, Events events)
      : executor_(executor),
        events_(std::move(events)),
        descriptor_(executor),
        tick_(executor),
        retry_(executor) {
    mosquitto_lib_init();
    mosquitto_ = mosquitto_new(std::string(broker::kServiceUser).c_str(), false, this);
    if (mosquitto_ == nullptr) throw std::bad_alloc();
    mosquitto_threaded_set(mosquitto_, true);
    mosquitto_int_option(mosquitto_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(mosquitto_, MOSQ_OPT_RECEIVE_MAXIMUM, kReceiveMaximum);
    mosquitto_int_option(mosquitto_, MOSQ_OPT_SEND_MAXIMUM, kReceiveMaximum);
    SetCallbacks();
  }
  ~State() {
    mosquitto_destroy(mosquitto_);
    mosquitto_lib_cleanup();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Start(const Options& options) {
    options_ = options;
    started_ = true;
    if (open_) return;
    retry_.cancel();
    retry_delay_ = kRetryFirst;
    Connect();
  }

  void Stop() {
    started_ = false;
    retry_.cancel();
    if (online_) {
      SealReplies();
      while (!waiting_.empty()) HandOver();
      mosquitto_disconnect_v5(mosquitto_, 0, nullptr);
      const Clock::time_point limit = Clock::now() + kStopLimit;
      WriteUntil(limit);
      WaitForClose(limit);
    }
    Close();
  }

  bool online() const { return online_; }
  std::uint64_t taken() const { return taken_; }
  std::size_t waiting_bytes() const { return waiting_bytes_; }

  void Reply(const broker::Frame& frame) {
    if (!online_) return;
    if (frame.topic.size() > std::numeric_limits<std::uint16_t>::max()) {
      spdlog::warn("reply to client '{}' dropped: its topic has {} bytes", frame.client,
                   frame.topic.size());
      return;
    }
    const std::size_t bytes =
        kFrameHeadBytes + frame.client.size() + frame.topic.size() + frame.payload.size();
    if (!replies_.empty() && replies_.size() + bytes > kRepliesBytesMax) SealReplies();
    broker::AppendFrame(replies_, frame);
  }

  std::uint64_t Publish(Publication publication) {
    const std::size_t bytes = publication.bytes();
    if (!publication.is_access() && waiting_bytes_ + bytes > kWaitingBytesMax) {
      spdlog::warn("message on {} dropped: {} bytes wait for the broker", publication.topic,
                   waiting_bytes_);
      return 0;
    }
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(publication));
    WriteSoon();
    return ++published_;
  }

  void Flush() { WriteOut(); }

  void AfterAccess(std::function<void()> done) {
    after_.push_back({published_, std::move(done)});
    TellWaitersSoon();
  }
  void WhenDrained(std::function<void()> done) {
    when_drained_.push_back(std::move(done));
    TellWaitersSoon();
  }

 private:
  using Self = std::shared_ptr<State>;

  void SetCallbacks() {
    mosquitto_connect_v5_callback_set(
        mosquitto_, [](mosquitto*, void* self, int reason, int flags, const mosquitto_property*) {
          static_cast<State*>(self)->OnConnect(reason, (flags & 1) != 0);
        });
    mosquitto_subscribe_v5_callback_set(
        mosquitto_,
        [](mosquitto*, void* self, int, int count, const int* granted, const mosquitto_property*) {
          static_cast<State*>(self)->OnSubscribe(count == 1 ? granted[0] : MQTT_RC_UNSPECIFIED);
        });
    mosquitto_message_v5_callback_set(mosquitto_,
                                      [](mosquitto*, void* self, const mosquitto_message* message,
                                         const mosquitto_property* properties) {
                                        static_cast<State*>(self)->OnMessage(*message, properties);
                                      });
    mosquitto_publish_v5_callback_set(
        mosquitto_, [](mosquitto*, void* self, int, int reason, const mosquitto_property*) {
          static_cast<State*>(self)->OnPublish(reason);
        });
    mosquitto_disconnect_v5_callback_set(
        mosquitto_, [](mosquitto*, void* self, int reason, const mosquitto_property*) {
          static_cast<State*>(self)->OnDisconnect(reason);
        });
  }

  void Connect() {
    why_.clear();
    ended_ = false;
    mosquitto_username_pw_set(mosquitto_, std::string(broker::kServiceUser).c_str(),
                              options_.password.c_str());
    mosquitto_property* properties = nullptr;
    mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                 kSessionExpirySeconds);
    const int rc = mosquitto_connect_bind_v5(mosquitto_, options_.socket_path.c_str(), 0,
                                             kKeepAliveSeconds, nullptr, properties);
    mosquitto_property_free_all(&properties);
    if (rc != MOSQ_ERR_SUCCESS) {
      spdlog::debug("broker link: no connection: {}", ErrorText(rc));
      return RetryLater();
    }
    Attach();
  }

  // The loop watches a copy of the descriptor: libmosquitto closes its own whenever it likes, and
  // the number may be in use for something else before the loop hears of it.
  void Attach() {
    const int own = mosquitto_socket(mosquitto_);
    ::fcntl(own, F_SETFD, FD_CLOEXEC);
    descriptor_.assign(::fcntl(own, F_DUPFD_CLOEXEC, 0));
    open_ = true;
    ++epoch_;
    handshake_until_ = Clock::now() + kHandshakeLimit;
    ArmRead();
    ArmTick(kHandshakeLimit);
    WriteOut();
  }

  void RetryLater() {
    retry_.expires_after(retry_delay_);
    retry_delay_ = std::min(retry_delay_ * 2, kRetryMax);
    retry_.async_wait([weak = weak_from_this()](error_code error) {
      const Self self = weak.lock();
      if (!error && self && self->started_ && !self->open_) self->Connect();
    });
  }

  void ArmRead() {
    descriptor_.async_wait(descriptor_.wait_read,
                           [weak = weak_from_this(), epoch = epoch_](error_code error) {
                             const Self self = weak.lock();
                             if (!error && self && self->IsCurrent(epoch)) self->ReadBatch();
                           });
  }

  void ArmTick(seconds after) {
    tick_.expires_after(after);
    tick_.async_wait([weak = weak_from_this(), epoch = epoch_](error_code error) {
      const Self self = weak.lock();
      if (!error && self && self->IsCurrent(epoch)) self->OnTick();
    });
  }

  bool IsCurrent(std::uint64_t epoch) const { return open_ && epoch == epoch_; }

  void OnTick() {
    if (!up_ && Clock::now() >= handshake_until_) {
      return End("no answer to CONNECT or SUBSCRIBE");
    }
    mosquitto_loop_misc(mosquitto_);
    WriteOut();
    ArmTick(kTick);
    CheckEnd();
  }

  // One call of mosquitto_loop_read takes one packet, or a few more while publications are in
  // flight; only FIONREAD tells whether another call has something to do.
  void ReadBatch() {
    requests_read_ = 0;
    for (int calls = 0; calls < kMessagesAtOnce && requests_read_ < kMessagesAtOnce; ++calls) {
      in_library_ = true;
      mosquitto_loop_read(mosquitto_, 1);
      in_library_ = false;
      int bytes_waiting = 0;
      if (ended_ || ::ioctl(descriptor_.native_handle(), FIONREAD, &bytes_waiting) != 0 ||
          bytes_waiting == 0) {
        break;
      }
    }
    if (std::exchange(fire_up_, false) && !ended_) BecomeUp();
    TellWaitersSoon();
    if (CheckEnd()) return;
    // Armed at once, the next batch could overtake the commit that this one has asked for.
    boost::asio::post(executor_, [weak = weak_from_this(), epoch = epoch_] {
      const Self self = weak.lock();
      if (!self || !self->IsCurrent(epoch)) return;
      self->WriteOut();
      if (!self->ended_) self->ArmRead();
    });
  }

  void BecomeUp() {
    up_ = true;
    retry_delay_ = kRetryFirst;
    logged_.clear();
    if (events_.up) events_.up(session_present_);
  }

  // After the handlers that are queued already: a commit that was asked for while reading sends
  // its replies, and the acknowledgements of its requests, first.
  void WriteSoon() {
    if (write_posted_) return;
    write_posted_ = true;
    boost::asio::post(executor_, [weak = weak_from_this()] {
      const Self self = weak.lock();
      if (!self) return;
      self->write_posted_ = false;
      self->WriteOut();
    });
  }

  void WriteOut() {
    if (!open_) return;
    if (in_library_) return WriteSoon();
    SealReplies();
    HandOverWindow();
    Write();
    if (CheckEnd() || write_armed_ || !mosquitto_want_write(mosquitto_)) return;
    write_armed_ = true;
    descriptor_.async_wait(descriptor_.wait_write,
                           [weak = weak_from_this(), epoch = epoch_](error_code error) {
                             const Self self = weak.lock();
                             if (error || !self || !self->IsCurrent(epoch)) return;
                             self->write_armed_ = false;
                             self->WriteOut();
                           });
  }

  bool IsDrained() const { return online_ && waiting_.empty(); }

  void TellWaitersSoon() {
    const bool any = (!after_.empty() && after_.front().number <= taken_) ||
                     (!when_drained_.empty() && IsDrained());
    if (tell_posted_ || !any) return;
    tell_posted_ = true;
    boost::asio::post(executor_, [weak = weak_from_this()] {
      const Self self = weak.lock();
      if (!self) return;
      self->tell_posted_ = false;
      self->TellWaiters();
    });
  }

  void TellWaiters() {
    while (!after_.empty() && after_.front().number <= taken_) {
      const std::function<void()> done = std::move(after_.front().done);
      after_.pop_front();
      done();
    }
    if (!IsDrained()) return;
    for (const std::function<void()>& done : std::exchange(when_drained_, {})) done();
  }

  void Write() {
    in_library_ = writing_ = true;
    mosquitto_loop_write(mosquitto_, 1);
    in_library_ = writing_ = false;
  }

  void WriteUntil(Clock::time_point limit) {
    for (Write(); !ended_ && mosquitto_want_write(mosquitto_); Write()) {
      if (!WaitFor(POLLOUT, limit)) return;
    }
  }

  // The broker closes when it has read so far. To close first would make it lose what it has not
  // read yet: it gives a connection up as soon as it cannot write an acknowledgement.
  void WaitForClose(Clock::time_point limit) {
    char ignored[4096];
    for (;;) {
      const ssize_t bytes = ::recv(descriptor_.native_handle(), ignored, sizeof ignored, 0);
      if (bytes == 0 || (bytes < 0 && errno != EAGAIN)) return;
      if (bytes < 0 && !WaitFor(POLLIN, limit)) return;
    }
  }

  bool WaitFor(short events, Clock::time_point limit) {
    const auto left = std::chrono::duration_cast<milliseconds>(limit - Clock::now()).count();
    pollfd wait{descriptor_.native_handle(), events, 0};
    return left > 0 && ::poll(&wait, 1, static_cast<int>(left)) > 0;
  }

  void SealReplies() {
    if (replies_.empty()) return;
    const int rc = Send(broker::kDeliveryTopic, replies_, 0);
    if (rc != MOSQ_ERR_SUCCESS && online_) {
      spdlog::warn("{} bytes of replies not sent: {}", replies_.size(), ErrorText(rc));
    }
    replies_.clear();
  }

  void HandOverWindow() {
    while (online_ && in_flight_.size() < kInFlightMax && !waiting_.empty()) HandOver();
  }

  // The oldest publications go to libmosquitto as one message, which keeps it until the broker has
  // it.
  void HandOver() {
    const bool is_access = waiting_.front().is_access();
    InFlight message{0, 0};
    std::string bytes;
    do {
      const Publication& oldest = waiting_.front();
      message = {message.publications + 1, message.bytes + oldest.bytes()};
      if (is_access) {
        bytes = oldest.payload;
      } else {
        broker::AppendFrame(bytes, {{}, oldest.topic, oldest.payload, 1});
      }
      waiting_.pop_front();
    } while (!is_access && !waiting_.empty() && !waiting_.front().is_access() &&
             message.bytes + waiting_.front().bytes() <= kPublicationsBytesMax);
    in_flight_.push_back(message);
    const int rc = Send(is_access ? broker::kAccessTopic : broker::kDeliveryTopic, bytes, 1);
    if (rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_NO_CONN) return;
    spdlog::warn("{} messages not sent: {}", message.publications, ErrorText(rc));
    OnTaken();
  }

  int Send(const char* topic, const std::string& bytes, int qos) {
    return mosquitto_publish_v5(mosquitto_, nullptr, topic, static_cast<int>(bytes.size()),
                                bytes.data(), qos, false, nullptr);
  }

  // The broker acknowledges in the order of the messages.
  void OnTaken() {
    if (in_flight_.empty()) return;
    waiting_bytes_ -= in_flight_.front().bytes;
    taken_ += in_flight_.front().publications;
    in_flight_.pop_front();
  }

  void OnConnect(int reason, bool session_present) {
    if (reason != MQTT_RC_SUCCESS) {
      why_ = std::string("the broker refuses the service: ") + mosquitto_reason_string(reason);
      return;
    }
    online_ = true;
    session_present_ = session_present;
    const std::string filter(broker::kRequestFilter);
    mosquitto_subscribe_v5(mosquitto_, nullptr, filter.c_str(), 1, 0, nullptr);
  }

  void OnSubscribe(int granted) {
    if (granted > 2) {
      why_ = "the broker refuses the service's subscription";
      ended_ = true;
      return;
    }
    fire_up_ = true;
  }

  void OnMessage(const mosquitto_message& message, const mosquitto_property* properties) {
    ++requests_read_;
    RequestMessage read;
    if (const char* const problem = read.Read(message, properties)) {
      spdlog::warn("message on {} dropped: {}", message.topic, problem);
      return;
    }
    if (events_.request) events_.request(read.request());
  }

  // For QoS 0 it is called while writing, for QoS 1 while reading the PUBACK.
  void OnPublish(int reason) {
    if (writing_) return;
    if (reason >= MQTT_RC_UNSPECIFIED) {
      spdlog::warn("the broker refuses a message of the service: {}",
                   mosquitto_reason_string(reason));
    }
    OnTaken();
  }

  void OnDisconnect(int reason) {
    ended_ = true;
    if (!why_.empty()) return;
    const bool of_server = reason >= MQTT_RC_UNSPECIFIED;
    why_ = of_server ? mosquitto_reason_string(reason) : ErrorText(reason);
  }

  void End(std::string why) {
    why_ = std::move(why);
    ended_ = true;
    CheckEnd();
  }

  // The end is dealt with in a turn of its own: whoever called Flush() is not told in the middle.
  bool CheckEnd() {
    if (!ended_) return false;
    online_ = false;
    boost::asio::post(executor_, [weak = weak_from_this(), epoch = epoch_] {
      const Self self = weak.lock();
      if (self && self->IsCurrent(epoch)) self->AfterEnd();
    });
    return true;
  }

  void AfterEnd() {
    const bool was_up = up_;
    Close();
    if (started_) RetryLater();
    if (was_up && events_.down) events_.down(why_);
    if (!was_up && std::exchange(logged_, why_) != why_) spdlog::warn("broker link: {}", why_);
  }

  void Close() {
    open_ = online_ = up_ = fire_up_ = write_armed_ = false;
    replies_.clear();
    tick_.cancel();
    error_code ignored;
    descriptor_.close(ignored);
  }

  boost::asio::any_io_executor executor_;
  Events events_;
  Options options_;
  mosquitto* mosquitto_ = nullptr;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer tick_;
  boost::asio::steady_timer retry_;
  milliseconds retry_delay_ = kRetryFirst;
  Clock::time_point handshake_until_{};
  std::uint64_t epoch_ = 0;  // Of the connection: handlers of an earlier one are void.

  std::string replies_;              // Frames of the next message on kDeliveryTopic.
  std::deque<Publication> waiting_;  // Not yet libmosquitto's.
  std::deque<InFlight> in_flight_;   // Not yet acknowledged by the broker.
  std::size_t waiting_bytes_ = 0;    // Of both.
  std::uint64_t published_ = 0;
  std::uint64_t taken_ = 0;
  std::deque<Waiter> after_;  // Numbers never fall.
  std::vector<std::function<void()>> when_drained_;
  std::string why_;
  std::string logged_;  // The last reason in the log: the same is not said every second.

  int requests_read_ = 0;
  bool started_ = false;
  bool open_ = false;    // There is a socket.
  bool online_ = false;  // CONNACK has come.
  bool up_ = false;      // SUBACK has come, and up() was called.
  bool ended_ = false;
  bool session_present_ = false;
  bool fire_up_ = false;
  bool in_library_ = false;
  bool writing_ = false;
  bool write_posted_ = false;
  bool write_armed_ = false;
  bool tell_posted_ = false;
};

BrokerLink::BrokerLink(boost::asio::any_io_executor executor, Events events)
    : state_(std::make_shared<State>(std::move(executor), std::move(events))) {}
BrokerLink::~BrokerLink() = default;

void BrokerLink::Start(const Options& options) { state_->Start(options); }
void BrokerLink::Stop() { state_->Stop(); }
bool BrokerLink::connected() const { return state_->online(); }
void BrokerLink::Reply(std::string_view client, std::string_view topic, std::string_view payload,
                       std::uint8_t qos) {
  state_->Reply({client, topic, payload, qos});
}
std::uint64_t BrokerLink::Publish(const std::string& topic, std::string_view payload) {
  return state_->Publish({topic, std::string(payload)});
}
void BrokerLink::SendAccess(std::string_view json) { state_->Publish({{}, std::string(json)}); }
void BrokerLink::Flush() { state_->Flush(); }
void BrokerLink::AfterAccess(std::function<void()> done) { state_->AfterAccess(std::move(done)); }
void BrokerLink::WhenDrained(std::function<void()> done) { state_->WhenDrained(std::move(done)); }
std::uint64_t BrokerLink::taken() const { return state_->taken(); }
std::size_t BrokerLink::waiting_bytes() const { return state_->waiting_bytes(); }

}  // namespace fieldwork::mqtt_api
