// Decides what a Wi-Fi station does: finding an access point, joining it, getting an
// address, losing the signal, joining again by itself. The radio is simulated from the
// access points of the configuration; sockets use the host's network.
//
// Pure: reads no clock, does no I/O. Change something, then drain NextEvent(), then call
// OnTime() at Deadline().
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/device/config.h"
#include "device/base/time.h"

namespace fieldwork::board {

/// As the board prints them: `authmode N`.
enum class AuthMode : std::uint8_t { kOpen = 0, kWpa2Psk = 3 };

/// A weaker signal cannot be joined, and loses a station that had joined.
inline constexpr int kWeakestUsableRssi = -90;

class Station {
 public:
  enum class State : std::uint8_t {
    kOff,             ///< Before Init(), after Deinit().
    kIdle,            ///< Radio on, nothing to join.
    kJoining,         ///< Looks for the network and proves the password.
    kGettingAddress,  ///< Joined; the address is on its way.
    kUp,              ///< Has an address.
    kOutOfRange,      ///< Waits for the access point to come (back), then joins.
  };

  enum class Reason : std::uint8_t {
    kNone,
    kNotFound,       ///< No access point has that name.
    kWeakSignal,     ///< It is there, but below kWeakestUsableRssi.
    kWrongPassword,  ///< Also: none given where one is needed.
    kSignalLost,     ///< Joined, then gone. The station tries again by itself.
    kAsked,          ///< Disconnect() or Deinit().
  };

  struct Event {
    enum class Kind : std::uint8_t {
      kJoined,  ///< `bssid`, `channel`, `auth_mode` are set.
      kGotIp,   ///< `address` is set. The network can be used.
      kGotIp6,  ///< `address` is set.
      kFailed,  ///< Join() came to nothing, for `reason`.
      kLost,    ///< The address is gone, for `reason`.
    };
    Kind kind = Kind::kFailed;
    Reason reason = Reason::kNone;
    MacAddress bssid{};
    int channel = 0;
    AuthMode auth_mode = AuthMode::kOpen;
    std::string address;
  };

  /// How long an address takes once joined, and the second one after it.
  static constexpr Millis kAddressTime{50};
  static constexpr Millis kAddress6Time{500};

  Station(MacAddress mac, Millis connect_time, std::vector<AccessPoint> access_points);

  /// False when the radio is on already.
  bool Init();
  /// False when the radio is off already. Emits kLost when there was an address.
  bool Deinit();

  enum class Patience : std::uint8_t {
    kOnce,     ///< kFailed is the end of it.
    kForEver,  ///< A network that is not there is joined when it comes; kFailed just tells.
  };

  /// Starts to join; kJoined and kGotIp, or kFailed, follow. An ongoing connection is given
  /// up first. False when the radio is off. A wrong password ends even kForEver: trying again
  /// would lock the station out of some networks.
  bool Join(Instant now, std::string_view ssid, std::string_view password,
            Patience patience = Patience::kOnce);
  /// False when there is nothing to leave.
  bool Leave();

  /// The world changed: a station that had joined may lose it, one out of range may be back.
  void SetAccessPoints(Instant now, std::vector<AccessPoint> access_points);

  /// Strongest first; only `ssid` unless it is empty. Those that are not up are not heard.
  std::vector<AccessPoint> Scan(std::string_view ssid) const;

  void OnTime(Instant now);
  /// kNever when nothing is under way. Changes after every other call.
  Instant Deadline() const;
  /// Oldest first; empty when there is none.
  std::optional<Event> NextEvent();

  State state() const { return state_; }
  bool has_address() const { return state_ == State::kUp; }
  /// Of the network joined or wanted; empty when there is none.
  const std::string& ssid() const { return ssid_; }
  const std::string& password() const { return password_; }
  const MacAddress& mac() const { return mac_; }

 private:
  const AccessPoint* Strongest(std::string_view ssid) const;
  bool IsStillThere() const;
  Reason TryJoin();
  void StartJoining(Instant now);
  void FinishJoining(Instant now);
  void Lose(Reason reason);
  void Emit(Event::Kind kind, Reason reason);
  void EmitAddress(Event::Kind kind, std::string address);

  MacAddress mac_;
  Millis connect_time_;
  std::vector<AccessPoint> access_points_;
  std::string ssid_, password_;
  AccessPoint joined_;
  State state_ = State::kOff;
  Patience patience_ = Patience::kOnce;
  bool failure_told_ = false;
  Instant due_ = kNever;
  Instant address6_due_ = kNever;
  std::deque<Event> events_;
};

/// "no access point with this name is in range", ...: plain words for a person. Never null.
const char* ReasonText(Station::Reason reason);
const char* StateText(Station::State state);

/// 94:83:C4:3A:BA:9E or 94:83:c4:3a:ba:9e.
std::string MacText(const MacAddress& mac, bool upper_case);
/// The link-local address that IPv6 makes of a MAC (RFC 4291, appendix A), upper case.
std::string LinkLocalAddress(const MacAddress& mac);

}  // namespace fieldwork::board
