#include "apps/cloud/service.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "apps/cloud/data_folder.h"
#include "apps/cloud/program_path.h"
#include "apps/cloud/random.h"
#include "apps/cloud/trust.h"
#include "apps/config/section.h"
#include "cloud/broker/supervisor.h"
#include "cloud/domain/batch.h"
#include "cloud/domain/throttle.h"
#include "cloud/http_api/server.h"
#include "cloud/mqtt_api/courier.h"
#include "cloud/mqtt_api/gateway.h"
#include "cloud/pki/authority.h"
#include "cloud/store/sqlite_store.h"

namespace fieldwork::cloud {
namespace {

namespace asio = boost::asio;
using domain::Time;
using std::chrono::milliseconds;

constexpr int kWorkSlice = 50;  // Executions between two looks at other requests.
constexpr int kExpireSlice = 200;
constexpr milliseconds kLookDelay{1000};       // A timer may be late by that; AWS allows a minute.
constexpr milliseconds kLongestSleep{60'000};  // The clock may be set meanwhile.
constexpr std::chrono::hours kCertificateCheck{12};
constexpr milliseconds kCertificateRetry{5'000};

Time Now() { return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()); }

// A request's parts, kept until its reply leaves: the link's views end with the call.
struct Asked {
  explicit Asked(const mqtt_api::IncomingRequest& in)
      : thing(in.thing), rest(in.rest), payload(in.payload), client(in.client), qos(in.qos) {}

  mqtt_api::IncomingRequest AsRequest() const { return {thing, rest, payload, client, {}, qos}; }

  std::string thing, rest, payload, client;
  std::uint8_t qos;
  mqtt_api::Answer answer;
};

}  // namespace

class Service::State {
 public:
  State(asio::io_context& io, ServeConfig config);

  void Start(std::function<void()> ready);
  void Stop();
  std::string ReadyLine() const;

 private:
  broker::SupervisorOptions BrokerOptions() const;
  http_api::ServerOptions HttpOptions();
  void StartListeners();

  void BrokerUp();
  void LinkUp(bool session_present);
  void OnRequest(const mqtt_api::IncomingRequest& in);

  void Publish(const domain::Outbox& outbox);
  void Flush();
  void FlushSoon();
  void ContinueWork();
  void Repeat();
  void LookSoon();
  void Look();
  void Sleep(milliseconds delay);
  void CheckCertificates();

  asio::io_context& io_;
  ServeConfig config_;
  domain::Throttle device_requests_{config_.device_requests_per_second};
  DataFolder folder_;
  store::SqliteStore store_;
  domain::Outbox outbox_;
  domain::Context context_;
  domain::Access access_{context_};
  domain::Jobs jobs_{context_};
  domain::Executions executions_{context_};
  domain::Registry registry_{context_, jobs_, access_};
  pki::Authority authority_;
  Trust trust_;
  broker::Supervisor supervisor_;
  mqtt_api::BrokerLink link_;
  mqtt_api::AccessFeed feed_;
  mqtt_api::Courier courier_;
  domain::Batch batch_;
  std::optional<http_api::Api> api_;
  std::optional<http_api::Server> http_;
  std::optional<http_api::Server> https_;
  asio::steady_timer look_timer_;
  asio::steady_timer certificate_timer_;
  bool look_is_soon_ = false;
  bool has_refused_ = false;  // Such replies wait without a commit.
  bool work_is_posted_ = false;
  bool certificates_are_due_ = false;
  std::function<void()> ready_;
};

Service::State::State(asio::io_context& io, ServeConfig config)
    : io_(io),
      config_(std::move(config)),
      folder_(config_.data),
      store_((config_.data / "cloud.db").string()),
      context_{store_, outbox_, {config_.region, config_.account}, NewUuid},
      authority_(config_.data / "pki", {config_.endpoint, config_.http.host, config_.mqtt.host},
                 Now()),
      trust_(authority_.root_pem(), config_.data / "pki" / "trusted.pem", access_),
      supervisor_(io.get_executor(), BrokerOptions(),
                  {[this] { BrokerUp(); },
                   [](const std::string& why) { spdlog::warn("the broker died: {}", why); }}),
      link_(io.get_executor(),
            {[this](const mqtt_api::IncomingRequest& in) { OnRequest(in); },
             [this](bool session_present) { LinkUp(session_present); },
             [](const std::string& why) { spdlog::warn("the broker is not connected: {}", why); }}),
      feed_(access_, [this](std::string_view json) { link_.SendAccess(json); }),
      courier_(context_, link_, feed_, Now),
      batch_(
          store_, outbox_, [this] { FlushSoon(); },
          [this](const domain::Outbox& outbox) { Publish(outbox); }),
      look_timer_(io),
      certificate_timer_(io) {
  context_.work_left = true;  // Of an earlier life, perhaps.
}

broker::SupervisorOptions Service::State::BrokerOptions() const {
  const std::filesystem::path folder = config_.data / "broker";
  std::filesystem::create_directories(folder);
  broker::SupervisorOptions options;
  options.folder = folder;
  options.plugin = ProgramFolder() / "fieldwork_broker.so";
  options.ca_pem = trust_.file();
  options.certificate_pem = authority_.server_pem();
  options.key_pem = authority_.server_key();
  options.host = config_.mqtt.host;
  options.port = config_.mqtt.port;
  options.port_443 = config_.port_443;
  options.region = config_.region;
  options.account = config_.account;
  return options;
}

http_api::ServerOptions Service::State::HttpOptions() {
  http_api::ServerOptions options;
  options.host = config_.http.host;
  options.port = config_.http.port;
  options.credentials = config_.access_keys;
  options.root_pem = authority_.root_pem();
  options.device_requests = &device_requests_;
  return options;
}

void Service::State::Start(std::function<void()> ready) {
  ready_ = std::move(ready);
  supervisor_.Start();
  try {
    StartListeners();
    CheckCertificates();
  } catch (...) {
    supervisor_.Stop(/*keep=*/supervisor_.adopted());  // One that we started serves nobody now.
    throw;
  }
}

void Service::State::StartListeners() {
  const auto clock = [] { return Now(); };
  const HostPort mqtt{config_.endpoint, supervisor_.port()};
  api_.emplace(http_api::Api{context_.names,
                             jobs_,
                             executions_,
                             registry_,
                             access_,
                             authority_,
                             {mqtt.port == 8883 ? mqtt.host : mqtt.ToText(), {}},
                             config::ReadConfigFile(authority_.root_pem().string(), "")});
  http_.emplace(io_.get_executor(), HttpOptions(), *api_, batch_, clock);
  api_->endpoints.jobs = HostPort{config_.jobs_endpoint, http_->port()}.ToText();
  http_->Start();
  if (!config_.mutual_tls) return;
  http_api::ServerOptions options = HttpOptions();
  options.host = config_.mutual_tls->host;
  options.port = config_.mutual_tls->port;
  options.tls = {trust_.file(), authority_.server_pem(), authority_.server_key()};
  https_.emplace(io_.get_executor(), std::move(options), *api_, batch_, clock);
  https_->Start();
}

void Service::State::Stop() {
  look_timer_.cancel();
  certificate_timer_.cancel();
  if (http_) http_->Stop();
  if (https_) https_->Stop();
  batch_.Flush();
  io_.restart();
  io_.poll();  // Answers that are ready leave.
  link_.Stop();
  supervisor_.Stop(config_.keep_broker);
}

std::string Service::State::ReadyLine() const {
  const std::string http = HostPort{config_.http.host, http_->port()}.ToText();
  const std::string mqtt = HostPort{config_.mqtt.host, supervisor_.port()}.ToText();
  std::string line = "ready http=http://" + http + " mqtts=" + mqtt +
                     " data=" + config_.data.string() + " pid=" + std::to_string(getpid());
  if (https_) line += " https=" + HostPort{config_.mutual_tls->host, https_->port()}.ToText();
  return line;
}

void Service::State::BrokerUp() {
  link_.Start({supervisor_.socket_path(), supervisor_.password()});
}

void Service::State::LinkUp(bool session_present) {
  courier_.LinkUp(session_present);
  asio::post(io_, [this] { Repeat(); });
  link_.AfterAccess([this] {
    if (ready_) std::exchange(ready_, nullptr)();
  });
  LookSoon();
  ContinueWork();
}

void Service::State::OnRequest(const mqtt_api::IncomingRequest& in) {
  const Time now = Now();
  if (const auto refused = mqtt_api::Throttled(device_requests_, in, now)) {
    link_.Reply(in.client, refused->topic, refused->payload, in.qos);
    if (!std::exchange(has_refused_, true)) FlushSoon();
    return;
  }
  const auto asked = std::make_shared<Asked>(in);
  batch_.Run([&] { asked->answer = mqtt_api::Handle(executions_, in, now); },
             [this, asked, now](bool committed) {
               if (!committed) asked->answer = mqtt_api::Fault(asked->AsRequest(), now);
               link_.Reply(asked->client, asked->answer.topic, asked->answer.payload, asked->qos);
             });
}

// TLS must let a certificate in before the plugin is told of it.
void Service::State::Publish(const domain::Outbox& outbox) {
  bool trust_changed = false;
  for (const domain::Happening& happening : outbox) {
    const auto* change = std::get_if<domain::AccessChange>(&happening);
    if (change != nullptr) trust_changed |= trust_.Update(change->certificate_id);
  }
  if (trust_changed) {
    certificates_are_due_ = true;
    CheckCertificates();
  }
  courier_.Publish(outbox);
}

void Service::State::FlushSoon() {
  asio::post(io_, [this] { Flush(); });
}

void Service::State::Flush() {
  if (!std::exchange(has_refused_, false) && batch_.waiting() == 0) return;
  batch_.Flush();
  link_.Flush();
  LookSoon();
  ContinueWork();
}

// One slice, then whatever else has arrived, then the next: a large job starves nobody.
void Service::State::ContinueWork() {
  if (work_is_posted_ || !context_.work_left || !link_.connected()) return;
  work_is_posted_ = true;
  link_.WhenDrained([this] {
    work_is_posted_ = false;
    batch_.Run([this] { context_.work_left = jobs_.DoSomeWork(kWorkSlice, Now()); },
               [this](bool committed) { context_.work_left |= !committed; });
  });
}

void Service::State::Repeat() {
  if (!courier_.RepeatSome()) return;
  link_.Flush();
  link_.WhenDrained([this] { Repeat(); });
}

// After anything has happened a deadline may be a new one; to look once a second is enough.
void Service::State::LookSoon() {
  if (look_is_soon_) return;
  look_is_soon_ = true;
  Sleep(kLookDelay);
}

void Service::State::Sleep(milliseconds delay) {
  look_timer_.expires_after(delay);
  look_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Look();
  });
}

void Service::State::Look() {
  look_is_soon_ = false;
  batch_.Flush();
  batch_.Run(
      [this] {
        courier_.Settle();
        executions_.ExpireDue(Now(), kExpireSlice);
      },
      [](bool) {});
  batch_.Flush();
  link_.Flush();
  ContinueWork();
  if (courier_.has_owed()) Repeat();
  if (courier_.has_unsettled()) return LookSoon();
  const std::optional<Time> next = store_.NextDeadline();
  if (next) Sleep(std::clamp(*next - Now(), milliseconds{0}, kLongestSleep));
}

// What cannot be written now (a full disk) is written later: those who connect with what was there
// before are served meanwhile.
void Service::State::CheckCertificates() {
  milliseconds next = kCertificateCheck;
  try {
    certificates_are_due_ |= authority_.RenewServer(Now());
    if (certificates_are_due_) {
      trust_.Write();
      supervisor_.ReloadCertificates();
      if (https_) https_->ReloadTls();
      certificates_are_due_ = false;
    }
  } catch (const std::exception& error) {
    spdlog::error("certificates could not be put in place: {}", error.what());
    next = kCertificateRetry;
  }
  certificate_timer_.expires_after(next);
  certificate_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) CheckCertificates();
  });
}

Service::Service(asio::io_context& io, ServeConfig config)
    : state_(std::make_unique<State>(io, std::move(config))) {}
Service::~Service() = default;

void Service::Start(std::function<void()> ready) { state_->Start(std::move(ready)); }
void Service::Stop() { state_->Stop(); }
std::string Service::ReadyLine() const { return state_->ReadyLine(); }

}  // namespace fieldwork::cloud
