// What the station and the time servers tell, and what the board makes of it.
#include <utility>

#include "apps/device/board.h"
#include "ports/posix/clock.h"

namespace fieldwork::board {
namespace {

constexpr const char* kSsidKey = "wifi_ssid";
constexpr const char* kPasswordKey = "wifi_password";

}  // namespace

bool Board::network_up() const { return is_host_network() || station_.has_address(); }

// After every change: until nothing follows from anything any more.
void Board::Settle() {
  while (const auto event = station_.NextEvent()) OnStationEvent(*event);
  if (network_up() != was_up_) OnNetworkChanged();
  while (ntp_ != nullptr) {
    const auto news = ntp_->NextEvent();
    if (!news) break;
    OnNtpNews(*news);
  }
  FollowTask();
  TellService();
}

void Board::OnStationEvent(const Station::Event& event) {
  using Kind = Station::Event::Kind;
  switch (event.kind) {
    case Kind::kJoined:
      log_.Debug("wifi", {"sta connected ", MacText(event.bssid, true), " channel ", event.channel,
                          " authmode ", static_cast<int>(event.auth_mode)});
      if (pending_ == Pending::kWifiConnect) Print("sta connected");
      break;
    case Kind::kGotIp:
      log_.Debug("wifi", {"sta got ip ", event.address});
      RememberNetwork();
      if (pending_ == Pending::kWifiConnect) FinishCommand();
      break;
    case Kind::kGotIp6: log_.Debug("wifi", {"sta got ip6 ", event.address, " (index 0)"}); break;
    case Kind::kFailed:
      log_.Warn("wifi", {"sta connect failed: ", ReasonText(event.reason)});
      if (pending_ == Pending::kWifiConnect) {
        Print(std::string("connect failed: ") + ReasonText(event.reason));
        FinishCommand();
      }
      break;
    case Kind::kLost: log_.Info("wifi", {"sta disconnected: ", ReasonText(event.reason)}); break;
  }
}

void Board::OnNetworkChanged() {
  was_up_ = network_up();
  task_->SetNetwork(now_, was_up_);
  if (ntp_ == nullptr || !wants_ntp_) return;
  if (!was_up_) return ntp_->Stop();
  StartClock();
}

void Board::RememberNetwork() {
  const bool known =
      nvs_->Get(kSsidKey) == station_.ssid() && nvs_->Get(kPasswordKey) == station_.password();
  if (known) return;
  const bool stored = nvs_->Set(kSsidKey, station_.ssid()) == Status::kOk &&
                      nvs_->Set(kPasswordKey, station_.password()) == Status::kOk &&
                      nvs_->Commit() == Status::kOk;
  if (!stored) log_.Error("wifi", {"the network cannot be remembered: flash fails"});
}

void Board::StartWifiByItself() {
  if (is_host_network()) return;
  wifi_by_itself_ = true;
  // The last network that worked is better than the configured one only where none is.
  std::string ssid = config_.ssid, password = config_.password;
  if (ssid.empty() || mode_ == Mode::kConsole) {
    const auto known = nvs_->Get(kSsidKey);
    if (known) {
      ssid = *known;
      password = nvs_->Get(kPasswordKey).value_or("");
    }
  }
  if (ssid.empty()) {
    return log_.Error("wifi", {"no network to join: set wifi.ssid in ", config_.path});
  }
  WifiInit();
  station_.Join(now_, ssid, password, Station::Patience::kForEver);
}

void Board::SetHostClock() {
  if (config_.clock == ClockSource::kHost) clock_.Set(now_, posix::HostUnixMs());
}

void Board::StartClock() {
  if (config_.clock == ClockSource::kHost) return;
  wants_ntp_ = true;
  if (ntp_ == nullptr) ntp_ = std::make_unique<posix::SntpDriver>(config_.ntp_servers, clock_);
  if (!network_up() || ntp_->running()) return;
  if (const Status status = ntp_->Start(now_); status != Status::kOk) {
    log_.Error("ntp", {"cannot start: ", StatusName(status)});
  }
}

void Board::OnNtpNews(const posix::SntpNews& news) {
  using Kind = posix::SntpNews::Kind;
  const std::string host =
      news.server < config_.ntp_servers.size() ? config_.ntp_servers[news.server].host : "";
  switch (news.kind) {
    case Kind::kAsking: log_.Debug("ntp", {"asking ", host, " at ", news.text}); break;
    case Kind::kSynchronised:
      log_.Info("ntp", {"clock set by ", host, ", round trip ", news.span.count, " ms"});
      task_->OnClockSet(now_);
      if (pending_ == Pending::kNtpShow) FinishCommand();
      break;
    case Kind::kServerFailed: log_.Warn("ntp", {host, ": ", news.text}); break;
    case Kind::kWaiting:
      log_.Warn("ntp", {"no server answers, next attempt in ", news.span.count / 1000, " s"});
      break;
  }
}

}  // namespace fieldwork::board
