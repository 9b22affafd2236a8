// Decides what N devices do to the cloud while it is measured; prints one line of JSON for each
// event and each result. Driven by tools/bench_cloud, which knows what runs at the other end.
//
//   cycles    each device: start-next, update IN_PROGRESS, update SUCCEEDED, one request at a time
//   idle      each device connects, subscribes to notify-next and stays until stdin ends
//   notified  as idle; prints when each has been notified. One more device asks start-next all the
//             time from the first line of stdin on, and its latency is the result
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "bench/cloud/tls_client.h"

namespace fieldwork::bench {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string mode;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8883;
  std::string ca, certificate, key;  // Of device K, if `{}` stands in them: K from 0.
  std::string prefix = "bench-";
  int clients = 1;
  int cycles = 1;
  int handshakes_at_once = 20;
};

// What happened to the requests, in microseconds each.
class Latencies {
 public:
  void Add(Clock::duration time) {
    micros_.push_back(std::chrono::duration<double, std::micro>(time).count());
  }
  double At(double share) {
    if (micros_.empty()) return 0;
    std::sort(micros_.begin(), micros_.end());
    const auto index = static_cast<std::size_t>(share * static_cast<double>(micros_.size() - 1));
    return micros_[index];
  }
  std::size_t count() const { return micros_.size(); }

 private:
  std::vector<double> micros_;
};

std::string Fill(const std::string& pattern, int number) {
  const std::size_t at = pattern.find("{}");
  if (at == std::string::npos) return pattern;
  return std::string(pattern).replace(at, 2, std::to_string(number));
}

// One device. What it asks next follows from the answer to what it asked before.
class Device {
 public:
  struct Hooks {
    std::function<void()> ready;     // Connected, and subscribed if it was to.
    std::function<void()> notified;  // The first notify-next.
    std::function<void()> done;      // All cycles.
  };

  Device(asio::io_context& io, asio::ssl::context& tls, const std::string& thing, bool subscribes,
         Latencies& latencies, Hooks hooks)
      : topic_("$aws/things/" + thing + "/jobs/"),
        latencies_(latencies),
        hooks_(std::move(hooks)),
        client_(io, tls, thing,
                {[this, subscribes] {
                   if (subscribes) return client_.Subscribe(topic_ + "notify-next");
                   hooks_.ready();
                 },
                 [this] { hooks_.ready(); },
                 [this](std::string_view topic, std::string_view payload) {
                   OnMessage(topic, payload);
                 },
                 [thing](const std::string& why) {
                   std::fprintf(stderr, "%s: connection lost: %s\n", thing.c_str(), why.c_str());
                   std::exit(1);
                 }}) {}

  void Connect(const asio::ip::tcp::endpoint& endpoint) { client_.Connect(endpoint); }

  void RunCycles(int cycles) {
    cycles_ = cycles;
    AskNext();
  }
  void AskNext() {
    job_ = "job-" + std::to_string(cycle_);
    Ask("start-next", "{\"clientToken\":\"a\"}");
  }
  // start-next again and again, whatever the answer.
  void AskForEver() {
    forever_ = true;
    AskNext();
  }

 private:
  enum class Step { kStart, kProgress, kSuccess };

  void Ask(std::string_view what, std::string_view payload) {
    asked_at_ = Clock::now();
    client_.Publish(topic_ + std::string(what), payload);
  }

  void OnMessage(std::string_view topic, std::string_view payload) {
    if (topic.ends_with("/notify-next")) {
      if (!std::exchange(notified_, true)) hooks_.notified();
      return;
    }
    if (!topic.ends_with("/accepted")) {
      std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(topic.size()), topic.data(),
                   static_cast<int>(payload.size()), payload.data());
      std::exit(1);
    }
    latencies_.Add(Clock::now() - asked_at_);
    if (forever_) return AskNext();
    NextStep();
  }

  void NextStep() {
    switch (step_) {
      case Step::kStart:
        step_ = Step::kProgress;
        return Ask(job_ + "/update", "{\"status\":\"IN_PROGRESS\",\"clientToken\":\"b\"}");
      case Step::kProgress:
        step_ = Step::kSuccess;
        return Ask(job_ + "/update", "{\"status\":\"SUCCEEDED\",\"clientToken\":\"c\"}");
      case Step::kSuccess:
        step_ = Step::kStart;
        if (++cycle_ == cycles_) return hooks_.done();
        return AskNext();
    }
  }

  std::string topic_;
  std::string job_;
  Latencies& latencies_;
  Hooks hooks_;
  Step step_ = Step::kStart;
  int cycle_ = 0;
  int cycles_ = 0;
  bool forever_ = false;
  bool notified_ = false;
  Clock::time_point asked_at_;
  TlsClient client_;
};

class Bench {
 public:
  Bench(asio::io_context& io, Options options)
      : io_(io), options_(std::move(options)), input_(io, dup(0)) {}

  void Start() {
    started_ = Clock::now();
    const int extra = options_.mode == "notified" ? 1 : 0;
    for (int i = 0; i < options_.clients + extra; ++i) MakeDevice(i);
    for (int i = 0; i < options_.handshakes_at_once; ++i) ConnectNext();
  }

 private:
  bool counts_notices() const { return options_.mode == "notified"; }

  asio::ssl::context& TlsOf(int number) {
    const bool one_for_all = options_.certificate.find("{}") == std::string::npos;
    if (one_for_all && !contexts_.empty()) return *contexts_.front();
    auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    tls->load_verify_file(options_.ca);
    tls->set_verify_mode(asio::ssl::verify_peer);
    tls->use_certificate_file(Fill(options_.certificate, number), asio::ssl::context::pem);
    tls->use_private_key_file(Fill(options_.key, number), asio::ssl::context::pem);
    contexts_.push_back(std::move(tls));
    return *contexts_.back();
  }

  void MakeDevice(int number) {
    const bool probe = number == options_.clients;
    const std::string thing = options_.prefix + (probe ? "probe" : std::to_string(number));
    devices_.push_back(std::make_unique<Device>(
        io_, TlsOf(probe ? 0 : number), thing, options_.mode != "cycles" && !probe, latencies_,
        Device::Hooks{[this] { OnReady(); }, [this] { OnNotified(); }, [this] { OnDone(); }}));
  }

  void ConnectNext() {
    if (connecting_ == devices_.size()) return;
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(options_.host), options_.port);
    devices_[connecting_++]->Connect(endpoint);
  }

  void OnReady() {
    ConnectNext();
    if (++ready_ < devices_.size()) return;
    Print("connected", {{"clients", static_cast<double>(ready_)}, {"seconds", Elapsed()}});
    AwaitLine();
    if (options_.mode != "cycles") return;
    started_ = Clock::now();
    // Not from inside the last one's event.
    asio::post(io_, [this] {
      for (const auto& device : devices_) device->RunCycles(options_.cycles);
    });
  }

  // A line on stdin begins the measurement of `notified`; the end of stdin ends everything.
  void AwaitLine() {
    if (options_.mode == "cycles") return;
    asio::async_read_until(input_, line_, '\n',
                           [this](const boost::system::error_code& error, std::size_t count) {
                             if (error) return io_.stop();
                             line_.consume(count);
                             started_ = Clock::now();
                             if (counts_notices()) devices_.back()->AskForEver();
                             AwaitLine();
                           });
  }

  void OnNotified() {
    if (!counts_notices() || ++notified_ < options_.clients) return;
    PrintResult(static_cast<double>(notified_));
  }

  void OnDone() {
    if (++done_ < options_.clients) return;
    PrintResult(static_cast<double>(latencies_.count()));
    io_.stop();
  }

  void PrintResult(double events) {
    const double seconds = Elapsed();
    Print("result", {{"events", events},
                     {"seconds", seconds},
                     {"events_per_s", events / seconds},
                     {"requests", static_cast<double>(latencies_.count())},
                     {"p50_us", latencies_.At(0.5)},
                     {"p99_us", latencies_.At(0.99)},
                     {"max_us", latencies_.At(1)}});
  }

  double Elapsed() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

  void Print(const char* event,
             std::initializer_list<std::pair<const char*, double>> numbers) const {
    std::printf("{\"event\":\"%s\",\"mode\":\"%s\"", event, options_.mode.c_str());
    for (const auto& [name, value] : numbers) std::printf(",\"%s\":%.6g", name, value);
    std::printf("}\n");
    std::fflush(stdout);
  }

  asio::io_context& io_;
  Options options_;
  asio::posix::stream_descriptor input_;
  asio::streambuf line_;
  std::vector<std::unique_ptr<asio::ssl::context>> contexts_;
  std::vector<std::unique_ptr<Device>> devices_;
  Latencies latencies_;
  std::size_t connecting_ = 0;
  std::size_t ready_ = 0;
  int notified_ = 0;
  int done_ = 0;
  Clock::time_point started_;
};

}  // namespace
}  // namespace fieldwork::bench

int main(int argc, char** argv) {
  fieldwork::bench::Options options;
  CLI::App app("Devices for measuring the cloud", "cloud_clients");
  app.add_option("mode", options.mode)
      ->required()
      ->check(CLI::IsMember({"cycles", "idle", "notified"}));
  app.add_option("--port", options.port)->required();
  app.add_option("--ca", options.ca)->required();
  app.add_option("--certificate", options.certificate)->required();
  app.add_option("--key", options.key)->required();
  app.add_option("--prefix", options.prefix);
  app.add_option("--clients", options.clients);
  app.add_option("--cycles", options.cycles);
  CLI11_PARSE(app, argc, argv);
  try {
    boost::asio::io_context io(1);
    fieldwork::bench::Bench bench(io, options);
    bench.Start();
    io.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cloud_clients: %s\n", error.what());
    return 1;
  }
  return 0;
}
