#include "apps/device/station.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace fieldwork::board {
namespace {

// A private network of the access point's own, and a host number of the station's own.
std::string AddressFrom(const MacAddress& bssid, const MacAddress& mac) {
  return "192.168." + std::to_string(bssid.back() % 254 + 1) + "." +
         std::to_string(mac.back() % 252 + 2);
}

}  // namespace

Station::Station(MacAddress mac, Millis connect_time, std::vector<AccessPoint> access_points)
    : mac_(mac), connect_time_(connect_time), access_points_(std::move(access_points)) {}

bool Station::Init() {
  if (state_ != State::kOff) return false;
  state_ = State::kIdle;
  return true;
}

bool Station::Deinit() {
  if (state_ == State::kOff) return false;
  static_cast<void>(Leave());
  state_ = State::kOff;
  return true;
}

bool Station::Join(Instant now, std::string_view ssid, std::string_view password,
                   Patience patience) {
  if (state_ == State::kOff) return false;
  static_cast<void>(Leave());
  ssid_ = ssid;
  password_ = password;
  patience_ = patience;
  failure_told_ = false;
  StartJoining(now);
  return true;
}

bool Station::Leave() {
  if (state_ == State::kOff || state_ == State::kIdle) return false;
  Lose(Reason::kAsked);
  state_ = State::kIdle;
  ssid_.clear();
  password_.clear();
  return true;
}

void Station::SetAccessPoints(Instant now, std::vector<AccessPoint> access_points) {
  access_points_ = std::move(access_points);
  const bool joined = state_ == State::kUp || state_ == State::kGettingAddress;
  if (joined && !IsStillThere()) {
    Lose(Reason::kSignalLost);
    state_ = State::kOutOfRange;
  }
  if (state_ == State::kOutOfRange && Strongest(ssid_) != nullptr) {
    StartJoining(now);
  }
}

std::vector<AccessPoint> Station::Scan(std::string_view ssid) const {
  std::vector<AccessPoint> heard;
  for (const AccessPoint& point : access_points_) {
    if (point.up && (ssid.empty() || ssid == point.ssid)) heard.push_back(point);
  }
  std::sort(heard.begin(), heard.end(), [](const AccessPoint& a, const AccessPoint& b) {
    return a.rssi != b.rssi ? a.rssi > b.rssi : a.bssid < b.bssid;
  });
  return heard;
}

const AccessPoint* Station::Strongest(std::string_view ssid) const {
  const AccessPoint* best = nullptr;
  for (const AccessPoint& point : access_points_) {
    if (!point.up || point.ssid != ssid) continue;
    if (best == nullptr || point.rssi > best->rssi) best = &point;
  }
  return best;
}

bool Station::IsStillThere() const {
  return std::any_of(access_points_.begin(), access_points_.end(), [this](const AccessPoint& p) {
    return p.up && p.rssi >= kWeakestUsableRssi && p.ssid == joined_.ssid &&
           p.bssid == joined_.bssid;
  });
}

void Station::StartJoining(Instant now) {
  state_ = State::kJoining;
  due_ = now + connect_time_;
}

Station::Reason Station::TryJoin() {
  const AccessPoint* point = Strongest(ssid_);
  if (point == nullptr) return Reason::kNotFound;
  if (point->rssi < kWeakestUsableRssi) return Reason::kWeakSignal;
  if (point->password && *point->password != password_) return Reason::kWrongPassword;
  joined_ = *point;
  return Reason::kNone;
}

void Station::FinishJoining(Instant now) {
  due_ = kNever;
  const Reason reason = TryJoin();
  if (reason == Reason::kNone) {
    state_ = State::kGettingAddress;
    due_ = now + kAddressTime;
    Emit(Event::Kind::kJoined, reason);
    return;
  }
  const bool may_come = patience_ == Patience::kForEver && reason != Reason::kWrongPassword;
  state_ = may_come ? State::kOutOfRange : State::kIdle;
  if (may_come && failure_told_) return;
  failure_told_ = true;
  Emit(Event::Kind::kFailed, reason);
}

void Station::Lose(Reason reason) {
  const bool had_joined = state_ == State::kUp || state_ == State::kGettingAddress;
  due_ = kNever;
  address6_due_ = kNever;
  if (had_joined) Emit(Event::Kind::kLost, reason);
}

void Station::OnTime(Instant now) {
  if (now >= due_ && state_ == State::kJoining) FinishJoining(now);
  if (now >= due_ && state_ == State::kGettingAddress) {
    state_ = State::kUp;
    due_ = kNever;
    address6_due_ = now + kAddress6Time;
    // From here on a loss is told as kLost, and the station comes back by itself.
    patience_ = Patience::kForEver;
    failure_told_ = true;
    EmitAddress(Event::Kind::kGotIp, AddressFrom(joined_.bssid, mac_));
  }
  if (now >= address6_due_) {
    address6_due_ = kNever;
    EmitAddress(Event::Kind::kGotIp6, LinkLocalAddress(mac_));
  }
}

Instant Station::Deadline() const { return Earlier(due_, address6_due_); }

std::optional<Station::Event> Station::NextEvent() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Station::Emit(Event::Kind kind, Reason reason) {
  const AuthMode auth = joined_.password ? AuthMode::kWpa2Psk : AuthMode::kOpen;
  events_.push_back(Event{kind, reason, joined_.bssid, joined_.channel, auth, {}});
}

void Station::EmitAddress(Event::Kind kind, std::string address) {
  Emit(kind, Reason::kNone);
  events_.back().address = std::move(address);
}

const char* ReasonText(Station::Reason reason) {
  switch (reason) {
    case Station::Reason::kNone: return "no reason";
    case Station::Reason::kNotFound: return "no access point with this name is in range";
    case Station::Reason::kWeakSignal: return "the signal of the access point is too weak";
    case Station::Reason::kWrongPassword: return "the password is wrong";
    case Station::Reason::kSignalLost: return "the signal of the access point was lost";
    case Station::Reason::kAsked: return "disconnected on request";
  }
  return "unknown";
}

const char* StateText(Station::State state) {
  switch (state) {
    case Station::State::kOff: return "off";
    case Station::State::kIdle: return "not connected";
    case Station::State::kJoining: return "joining";
    case Station::State::kGettingAddress: return "getting an address";
    case Station::State::kUp: return "connected";
    case Station::State::kOutOfRange: return "out of range";
  }
  return "unknown";
}

std::string MacText(const MacAddress& mac, bool upper_case) {
  char text[18];
  std::snprintf(text, sizeof text,
                upper_case ? "%02X:%02X:%02X:%02X:%02X:%02X" : "%02x:%02x:%02x:%02x:%02x:%02x",
                mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text;
}

std::string LinkLocalAddress(const MacAddress& mac) {
  const auto group = [](unsigned high, unsigned low) { return high << 8 | low; };
  // The inverted bit says whether the address is the maker's (0) or a local one.
  const unsigned groups[] = {group(mac[0] ^ 0x02u, mac[1]), group(mac[2], 0xFF),
                             group(0xFE, mac[3]), group(mac[4], mac[5])};
  char text[32];
  std::snprintf(text, sizeof text, "FE80::%X:%X:%X:%X", groups[0], groups[1], groups[2], groups[3]);
  return text;
}

}  // namespace fieldwork::board
