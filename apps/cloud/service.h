// Decides how the parts of the cloud hang together: one store, one event loop, the broker with its
// link, the two APIs, and the work that nobody asks for (timers, rollouts, repeated notifications).
//
// Composition only: rules are in cloud/domain, protocols in cloud/http_api and cloud/mqtt_api.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "apps/cloud/config.h"

namespace fieldwork::cloud {

class Service {
 public:
  /// Opens everything that is on disk. Throws what the parts throw: a sentence for a person.
  Service(boost::asio::io_context& io, ServeConfig config);
  ~Service();

  /// Starts broker and listeners. `ready` is called once, when devices and tools can be served.
  void Start(std::function<void()> ready);
  /// Commits what is open, lets answers leave, ends the broker (unless it is to be kept).
  void Stop();

  /// `ready http=http://... mqtts=... data=... pid=...`
  std::string ReadyLine() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fieldwork::cloud
