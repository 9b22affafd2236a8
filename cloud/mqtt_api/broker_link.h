// Decides how the service is connected to its broker: one MQTT 5 client on the private socket,
// driven by the service's event loop, with a session that outlives the service.
//
// Requests that arrive while the service is down wait in the broker (QoS 1) and come after the next
// connect. What has arrived together is read together, so that it shares a commit: the socket is
// read until it is empty, or until 256 messages have come; then the loop runs once before the next.
//
// Delivery is at least once, as AWS's is: a request is acknowledged to the broker with the next
// Flush(), that is after its commit, and at the latest one turn of the loop after it was read. If
// the service or the connection ends before, the broker sends the request again, and one that was
// carried out then meets its own result (a version that has moved on, a state that is terminal).
// libmosquitto does the protocol. One io_context, one thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace fieldwork::mqtt_api {

/// A device's request as the plugin hands it over. Views live as long as the call.
struct IncomingRequest {
  std::string_view thing;  ///< From the topic.
  std::string_view rest;   ///< What followed "/jobs/": "start-next", "J/update", ...
  std::string_view payload;
  std::string_view client;     ///< MQTT client id of who asks.
  std::string_view principal;  ///< Its certificate's id.
  std::uint8_t qos = 0;        ///< 0 or 1: as it asked, and as it is to be answered.
};

class BrokerLink {
 public:
  struct Options {
    std::string socket_path;  ///< At most 107 bytes.
    std::string password;
  };
  struct Events {
    /// May call Reply(), Publish(), Flush(). Requests that waited in the broker may come before
    /// up().
    std::function<void(const IncomingRequest&)> request;
    /// Connected and subscribed. `session_present` false: the broker knows nothing of us (it is
    /// new): tell it who may do what, and repeat notifications.
    std::function<void(bool session_present)> up;
    std::function<void(const std::string& why)> down;  ///< It will connect again by itself.
  };

  BrokerLink(boost::asio::any_io_executor executor, Events events);
  ~BrokerLink();

  /// Connects, and again whenever the connection is lost (after 20 ms, doubling up to 1 s). Called
  /// again: takes the new options and, unless it is connected, tries at once.
  void Start(const Options& options);
  /// Sends what is queued, for a second at most, and disconnects; the session stays.
  void Stop();
  bool connected() const;

  /// Queues a reply to one client; those queued before the next Flush() leave as one message, or as
  /// several of about 64 KB. Without a connection it is dropped: the client has lost its own.
  void Reply(std::string_view client, std::string_view topic, std::string_view payload,
             std::uint8_t qos);
  /// An ordinary publication, QoS 1 to those who subscribed; leaves with the next Flush(), or a
  /// turn of the loop later, after the replies and together with others as they do, 16 KB of them
  /// in a message. `topic` is not empty. Kept while the link is down. Returns its number, 1, 2,
  /// ...; 0 if it was dropped because more than kWaitingBytesMax wait already.
  std::uint64_t Publish(const std::string& topic, std::string_view payload);
  /// One message for the plugin, see cloud/broker/protocol.h. In order with the publications.
  void SendAccess(std::string_view json);
  /// Sends what is queued. Called by the publisher after each commit.
  void Flush();

  /// The broker has all publications up to this number: they outlive the service now.
  std::uint64_t taken() const;
  /// Calls `done` once, from the loop, when the broker has all that was published and sent as
  /// access so far; after a reconnect if need be.
  void AfterAccess(std::function<void()> done);
  /// Calls `done` once, from the loop and never at once, when the link is up and no publication
  /// waits but those on their way: the time for whoever makes many of them to make some more.
  void WhenDrained(std::function<void()> done);
  /// Bytes of publications that the broker does not have yet.
  std::size_t waiting_bytes() const;
  static constexpr std::size_t kWaitingBytesMax = std::size_t{256} << 20;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace fieldwork::mqtt_api
