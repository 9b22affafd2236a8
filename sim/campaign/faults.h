// How bad a network and a cloud are, as chances in a thousand. All zero: nothing goes wrong.
#pragma once

#include "device/base/time.h"

namespace fieldwork::sim {

struct Faults {
  // Of each connection.
  unsigned open_fails = 0;    ///< TCP or TLS does not come up.
  unsigned refused = 0;       ///< CONNACK says no.
  unsigned session_lost = 0;  ///< The broker has forgotten subscriptions and messages.
  unsigned dead_link = 0;     ///< From some moment on bytes go nowhere, and nobody is told.
  unsigned cut = 0;           ///< Of each bunch of bytes, either way: the connection breaks.
  // Of each packet.
  unsigned puback_lost = 0;
  unsigned filter_refused = 0;  ///< Of each reply filter of a SUBSCRIBE.
  // Of each message.
  unsigned request_lost = 0;  ///< After its PUBACK.
  unsigned reply_lost = 0;
  unsigned notice_lost = 0;
  unsigned duplicated = 0;
  unsigned delayed = 0;
  Millis longest_delay = Seconds(45);
  // Of each request.
  unsigned internal_error = 0;
  unsigned throttled = 0;
  unsigned stale = 0;  ///< start-next is answered from before the last final status.
};

}  // namespace fieldwork::sim
