// Decides what the ceiling is: the same broker, plugin and link as the cloud's, and a service that
// remembers nothing and answers every request with the same bytes.
//
// usage: echo_service FOLDER CA CERTIFICATE KEY PLUGIN PRINCIPAL
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>

#include "cloud/broker/supervisor.h"
#include "cloud/mqtt_api/broker_link.h"

namespace {

// As long as the answer to start-next for the jobs that are measured.
constexpr std::string_view kAnswer =
    R"({"clientToken":"a","timestamp":1700000000,"execution":{"jobId":"job-0","status":)"
    R"("IN_PROGRESS","queuedAt":1700000000,"startedAt":1700000000,"lastUpdatedAt":1700000000,)"
    R"("versionNumber":2,"executionNumber":1,"jobDocument":{"operation":"bench"}}})";
constexpr std::string_view kPolicy =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}})";

class Echo {
 public:
  Echo(boost::asio::io_context& io, fieldwork::broker::SupervisorOptions options,
       std::string principal)
      : io_(io),
        principal_(std::move(principal)),
        supervisor_(io.get_executor(), std::move(options),
                    {[this] {
                       link_.Start({supervisor_.socket_path(), supervisor_.password()});
                     },
                     [](const std::string& why) { std::fprintf(stderr, "%s\n", why.c_str()); }}),
        link_(io.get_executor(), {[this](const auto& request) { Answer(request); },
                                  [this](bool) { LinkUp(); }, [](const std::string&) {}}) {}

  void Start() { supervisor_.Start(); }
  void Stop() {
    link_.Stop();
    supervisor_.Stop(false);
  }

 private:
  void LinkUp() {
    link_.SendAccess(R"({"op":"begin"})");
    link_.SendAccess(R"({"op":"policy","id":"all","document":)" + std::string(kPolicy) + "}");
    link_.SendAccess(R"({"op":"principal","id":")" + principal_ +
                     R"(","active":true,"things":[],"policies":["all"]})");
    link_.SendAccess(R"({"op":"end"})");
    link_.AfterAccess([this] {
      std::printf("ready mqtts=%u\n", supervisor_.port());
      std::fflush(stdout);
    });
  }

  void Answer(const fieldwork::mqtt_api::IncomingRequest& request) {
    topic_.assign("$aws/things/").append(request.thing).append("/jobs/");
    topic_.append(request.rest).append("/accepted");
    link_.Reply(request.client, topic_, kAnswer, request.qos);
    if (flush_is_posted_) return;
    flush_is_posted_ = true;
    boost::asio::post(io_, [this] {
      flush_is_posted_ = false;
      link_.Flush();
    });
  }

  boost::asio::io_context& io_;
  std::string principal_;
  std::string topic_;
  bool flush_is_posted_ = false;
  fieldwork::broker::Supervisor supervisor_;
  fieldwork::mqtt_api::BrokerLink link_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: echo_service FOLDER CA CERTIFICATE KEY PLUGIN PRINCIPAL\n");
    return 2;
  }
  try {
    boost::asio::io_context io(1);
    fieldwork::broker::SupervisorOptions options;
    options.folder = argv[1];
    options.ca_pem = argv[2];
    options.certificate_pem = argv[3];
    options.key_pem = argv[4];
    options.plugin = argv[5];
    options.port = 0;
    options.region = "us-east-1";
    options.account = "000000000000";
    std::signal(SIGPIPE, SIG_IGN);
    Echo echo(io, options, argv[6]);
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](const auto&, int) { io.stop(); });
    echo.Start();
    io.run();
    echo.Stop();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "echo_service: %s\n", error.what());
    return 1;
  }
  return 0;
}
