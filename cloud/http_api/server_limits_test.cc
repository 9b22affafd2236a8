// Decides that no client, slow or hostile, gets more of the server than its share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "cloud/http_api/testing/server_fixture.h"

namespace fieldwork::http_api {
namespace {

using std::chrono::milliseconds;
using testing::Answer;
using ::testing::HasSubstr;
using testing::PlainClient;
using testing::Request;
using testing::Scope;

constexpr milliseconds kShort{50};
constexpr milliseconds kLong{60'000};

class ServerLimits : public testing::ServerFixture, public ::testing::Test {
 protected:
  static ServerOptions Options() {
    ServerOptions options;
    options.request_timeout = options.idle_timeout = options.write_timeout = kLong;
    return options;
  }
  bool StillServes() { return PlainClient(*this).Ask(Request("GET /things")).status == 200; }
};

TEST_F(ServerLimits, TooManyRequestsOfDevices_AreRefusedWithoutTheStore) {
  domain::Throttle throttle(1);
  ServerOptions options = Options();
  options.device_requests = &throttle;
  store.Begin();
  AddThing("t");
  AddJob("j", {"t"}, now);
  store.Commit();
  StartServer(options);
  const std::string start = Request("PUT /things/t/jobs/$next", "{}", Scope("iot-jobs-data"));
  EXPECT_TRUE(throttle.Take(now));
  store.FailBegin();  // The first who opens a transaction hears 503.
  PlainClient client(*this);
  const Answer refused = client.Ask(start);
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.error_type, "ThrottlingException");
  EXPECT_TRUE(refused.keep_alive);
  EXPECT_EQ(client.Ask(start).status, 429U);
  EXPECT_EQ(client.Ask(Request("GET /things")).status, 503U) << "which is not throttled";
  now += milliseconds(1000);
  const Answer started = client.Ask(start);
  EXPECT_EQ(started.status, 200U);
  EXPECT_EQ(Json::parse(started.body)["execution"]["versionNumber"], 2) << "never before";
}

TEST_F(ServerLimits, HeadTooLarge_Is431) {
  StartServer(Options());
  const auto with_header = [](std::size_t size) {
    return Request("GET /things", "", "X: " + std::string(size, 'a') + "\r\n");
  };
  EXPECT_EQ(PlainClient(*this).Ask(with_header(15 * 1024)).status, 200U);
  PlainClient client(*this);
  const Answer answer = client.Ask(with_header(17 * 1024));
  EXPECT_EQ(answer.status, 431U);
  EXPECT_FALSE(answer.keep_alive);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerLimits, TargetTooLong_Is431) {
  StartServer(Options());
  EXPECT_EQ(PlainClient(*this).Ask(Request("GET /" + std::string(40'000, 'a'))).status, 431U);
}

TEST_F(ServerLimits, BodyTooLarge_Is413BeforeItIsSent) {
  StartServer(Options());
  PlainClient client(*this);
  const Answer answer = client.Ask(
      "POST /things/t HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
      "262145\r\n\r\n");
  EXPECT_EQ(answer.status, 413U);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerLimits, BodyAtTheLimit_IsRead) {
  StartServer(Options());
  const std::string body = "{\"x\":\"" + std::string(262144 - 8, 'a') + "\"}";
  ASSERT_EQ(body.size(), 262144U);
  const Answer answer = PlainClient(*this).Ask(Request("POST /otaUpdates/u", body));
  EXPECT_EQ(answer.status, 501U);
}

TEST_F(ServerLimits, ChunkedBodyTooLarge_Is413) {
  StartServer(Options());
  std::string text = "POST /things/t HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 70; ++i) text += "1000\r\n" + std::string(4096, 'a') + "\r\n";
  EXPECT_EQ(PlainClient(*this).Ask(text).status, 413U);
  EXPECT_TRUE(StillServes());
}

TEST_F(ServerLimits, MalformedHeads_Are400AndClosed) {
  StartServer(Options());
  for (const std::string text :
       {"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/3.7\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    PlainClient client(*this);
    const Answer answer = client.Ask(text);
    EXPECT_EQ(answer.status, 400U) << text;
    EXPECT_EQ(answer.error_type, "MalformedHttpRequestException") << text;
    EXPECT_TRUE(client.IsClosed()) << text;
  }
  EXPECT_TRUE(StillServes());
}

TEST_F(ServerLimits, TargetThatIsNoPath_Is400) {
  StartServer(Options());
  EXPECT_EQ(PlainClient(*this).Ask(Request("GET http://a/things")).status, 400U);
  EXPECT_EQ(PlainClient(*this).Ask(Request("GET /things/%zz")).status, 400U);
}

// A head that comes drop by drop has one deadline for all of it.
TEST_F(ServerLimits, SlowHead_Is408AndOthersAreServedMeanwhile) {
  ServerOptions options = Options();
  options.request_timeout = kShort;
  StartServer(options);
  PlainClient slow(*this);
  slow.Send("GET /things HTTP/1.1\r\nHo");
  EXPECT_TRUE(StillServes());
  const Answer answer = slow.Receive();
  EXPECT_EQ(answer.status, 408U);
  EXPECT_TRUE(slow.IsClosed());
}

TEST_F(ServerLimits, SlowBody_Is408) {
  ServerOptions options = Options();
  options.request_timeout = kShort;
  StartServer(options);
  PlainClient slow(*this);
  slow.Send("POST /things/t HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(slow.Receive().status, 408U);
  EXPECT_FALSE(store.HasThing("t"));
}

TEST_F(ServerLimits, ConnectionThatSaysNothing_IsClosed) {
  ServerOptions options = Options();
  options.request_timeout = kShort;
  StartServer(options);
  EXPECT_TRUE(PlainClient(*this).IsClosed());
}

TEST_F(ServerLimits, IdleConnection_IsClosedAfterItsTime) {
  ServerOptions options = Options();
  options.idle_timeout = kShort;
  StartServer(options);
  PlainClient client(*this);
  EXPECT_EQ(client.Ask(Request("GET /things")).status, 200U);
  EXPECT_TRUE(client.IsClosed());
}

// The client asks for more than fits between the two and never reads.
TEST_F(ServerLimits, ClientThatDoesNotRead_IsLetGo) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("fieldwork-large-" + std::to_string(getpid()) + ".pem");
  std::ofstream(file) << std::string(std::size_t{1} << 20U, 'a');
  ServerOptions options = Options();
  options.write_timeout = kShort;
  options.root_pem = file;
  StartServer(options);
  std::filesystem::remove(file);
  PlainClient deaf(*this);
  for (int i = 0; i < 64; ++i) deaf.Send(Request("GET /AmazonRootCA1.pem"));
  boost::system::error_code error;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!error && std::chrono::steady_clock::now() < give_up) {
    io.restart();
    io.run_for(milliseconds{10});
    deaf.stream().write_some(boost::asio::buffer("x", 1), error);
  }
  EXPECT_TRUE(error == boost::asio::error::connection_reset ||
              error == boost::asio::error::broken_pipe)
      << error.message();
  EXPECT_TRUE(StillServes());
}

TEST_F(ServerLimits, ConnectionOverTheLimit_Is503ThenClosed) {
  ServerOptions options = Options();
  options.connections_max = 2;
  StartServer(options);
  PlainClient first(*this);
  EXPECT_EQ(first.Ask(Request("GET /things")).status, 200U);
  {
    PlainClient second(*this);
    EXPECT_EQ(second.Ask(Request("GET /things")).status, 200U);
    PlainClient excess(*this);
    const Answer answer = excess.Receive();
    EXPECT_EQ(answer.status, 503U);
    EXPECT_THAT(answer.message(), HasSubstr("Too many connections"));
    EXPECT_TRUE(excess.IsClosed());
  }
  Poll();
  EXPECT_TRUE(StillServes()) << "a place is free again";
  EXPECT_EQ(first.Ask(Request("GET /things")).status, 200U);
}

TEST_F(ServerLimits, PeerThatGoesAwayInTheMiddle_HarmsNobody) {
  StartServer(Options());
  {
    PlainClient half(*this);
    half.Send("POST /things/t HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
  }
  {
    PlainClient impatient(*this);
    impatient.Send(Request("POST /things/u", "{}"));
  }
  EXPECT_TRUE(StillServes());
  EXPECT_FALSE(store.HasThing("t"));
  EXPECT_TRUE(store.HasThing("u"));
}

TEST_F(ServerLimits, ServerGoesWithConnectionsOpen_Cleanly) {
  StartServer(Options());
  PlainClient open(*this);
  EXPECT_EQ(open.Ask(Request("GET /things")).status, 200U);
  PlainClient half(*this);
  half.Send("GET /things");
  Poll();
  server.reset();
  EXPECT_TRUE(open.IsClosed());
  EXPECT_TRUE(half.IsClosed());
}

}  // namespace
}  // namespace fieldwork::http_api
