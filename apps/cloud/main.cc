// Subcommands, flags and signals of fieldwork-cloud.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "apps/cloud/config.h"
#include "apps/cloud/provision.h"
#include "apps/cloud/service.h"

namespace {

using fieldwork::cloud::Overrides;
using fieldwork::cloud::ProvisionRequest;

struct ServeFlags {
  std::string data;
  std::string config;
  Overrides overrides;
};

void AddServe(CLI::App& app, ServeFlags& flags) {
  Overrides& o = flags.overrides;
  CLI::App* serve = app.add_subcommand("serve", "run the cloud: broker, Jobs service, AWS APIs");
  serve->add_option("--data", flags.data, "directory of everything it keeps")
      ->envname("FIELDWORK_DATA")
      ->required();
  serve->add_option("--config", flags.config, "TOML file; flags and environment go before it")
      ->envname("FIELDWORK_CLOUD_CONFIG");
  serve->add_option("--http", o.http, "HOST:PORT of the AWS APIs (127.0.0.1:8080)")
      ->envname("FIELDWORK_HTTP");
  serve->add_option("--mqtt", o.mqtt, "HOST:PORT of MQTT with mutual TLS (127.0.0.1:8883)")
      ->envname("FIELDWORK_MQTT");
  serve
      ->add_option("--mutual-tls", o.mutual_tls,
                   "HOST:PORT of the Jobs data plane over HTTPS with client certificates (off)")
      ->envname("FIELDWORK_MUTUAL_TLS");
  serve->add_option("--endpoint", o.endpoint, "host name that DescribeEndpoint gives to devices")
      ->envname("FIELDWORK_ENDPOINT");
  serve->add_option("--region", o.region, "AWS region to be (us-east-1)")
      ->envname("FIELDWORK_REGION");
  serve->add_option("--account", o.account, "AWS account to be (000000000000)")
      ->envname("FIELDWORK_ACCOUNT");
  serve->add_option("--store", o.store, "sqlite: DATA/cloud.db")->envname("FIELDWORK_STORE");
  serve->add_option("--log-level", o.log_level, "debug, info, warn, error or off (info)")
      ->envname("FIELDWORK_LOG_LEVEL");
  serve->add_flag("--port-443", o.port_443, "take MQTT connections at port 443 as well");
  serve->add_flag(
      "--keep-broker", o.keep_broker,
      "leave the broker up at the end: the next serve takes it over, connections and all");
}

void AddProvision(CLI::App& app, ProvisionRequest& request) {
  CLI::App* provision =
      app.add_subcommand("provision", "register a thing and write its device's files");
  provision->add_option("thing", request.thing, "name of the thing")->required();
  provision->add_option("--endpoint-url", request.endpoint_url, "the cloud: http://127.0.0.1:8080")
      ->required();
  provision->add_option("--out", request.out, "directory for device.toml and cert/")->required();
  provision->add_option("--policy", request.policy, "name of the IoT policy (fieldwork-device)");
  provision->add_option("--region", request.region, "region to sign for (us-east-1)")
      ->envname("FIELDWORK_REGION");
}

// Credentials come from the environment only: a command line can be read by everybody.
std::string Secret(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Serve(ServeFlags flags) {
  const std::string id = Secret("FIELDWORK_ACCESS_KEY_ID");
  const std::string secret = Secret("FIELDWORK_SECRET_ACCESS_KEY");
  if (!id.empty()) flags.overrides.access_key_id = id;
  if (!secret.empty()) flags.overrides.secret_access_key = secret;
  auto config = fieldwork::cloud::LoadServeConfig(flags.data, flags.config, flags.overrides);
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  umask(0077);  // Whatever is made in the data directory is for nobody else.

  boost::asio::io_context io(1);
  fieldwork::cloud::Service service(io, std::move(config));
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) io.stop();
  });
  service.Start([&] {
    std::printf("%s\n", service.ReadyLine().c_str());
    std::fflush(stdout);
  });
  io.run();
  service.Stop();
  return 0;
}

int ProvisionThing(ProvisionRequest request) {
  request.access_key_id = Secret("FIELDWORK_ACCESS_KEY_ID");
  request.secret_access_key = Secret("FIELDWORK_SECRET_ACCESS_KEY");
  fieldwork::cloud::Provision(request);
  std::printf("%s\n", (request.out / "device.toml").c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A local AWS IoT Jobs cloud", "fieldwork-cloud");
  app.set_version_flag("--version", "fieldwork-cloud " FIELDWORK_VERSION);
  app.require_subcommand(1);
  ServeFlags serve;
  ProvisionRequest provision;
  AddServe(app, serve);
  AddProvision(app, provision);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("fieldwork-cloud"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // A file at its limit is an error like a full disk.
  try {
    return app.got_subcommand("serve") ? Serve(std::move(serve)) : ProvisionThing(provision);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fieldwork-cloud: %s\n", error.what());
  }
  return 1;
}
