#include "device/mqtt/packet.h"

#include "device/mqtt/text.h"

namespace fieldwork::mqtt {

bool IsValidPublish(const Publish& publish) {
  const bool legal = publish.qos == Qos::kAtMostOnce
                         ? publish.packet_id == 0 && !publish.dup
                         : publish.packet_id != 0 && publish.qos <= Qos::kExactlyOnce;
  return legal && IsValidTopicName(publish.topic);
}

}  // namespace fieldwork::mqtt
