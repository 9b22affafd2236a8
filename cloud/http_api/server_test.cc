// Decides that requests come in and answers go out as the clients of AWS expect.
#include "cloud/http_api/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cloud/http_api/dispatcher.h"
#include "cloud/http_api/testing/server_fixture.h"

namespace fieldwork::http_api {
namespace {

using testing::Answer;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::PlainClient;
using testing::Request;
using testing::Scope;

class ServerTest : public testing::ServerFixture, public ::testing::Test {
 protected:
  void SetUp() override { StartServer(); }

  Answer Ask(std::string_view text) { return PlainClient(*this).Ask(text); }
};

TEST_F(ServerTest, Operation_IsAnsweredAfterItsCommit) {
  const Answer created = Ask(Request("POST /things/t%3A1", "{}"));
  EXPECT_EQ(created.status, 200U);
  EXPECT_EQ(Json::parse(created.body)["thingName"], "t:1");
  EXPECT_EQ(created.fields.at("Content-Type"), "application/json");
  EXPECT_EQ(created.fields.at("Date"), "Mon, 01 Jan 2024 00:00:00 GMT");
  EXPECT_THAT(created.fields.at("x-amzn-RequestId"), MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(created.fields.count("x-amzn-ErrorType"), 0U);
  EXPECT_FALSE(store.in_transaction());
  EXPECT_TRUE(store.HasThing("t:1"));
}

TEST_F(ServerTest, OperationWithoutOutput_AnswersNothingButAnObject) {
  store.Begin();
  AddPolicy("p", "{}");
  store.Commit();
  const Answer deleted = Ask(Request("DELETE /policies/p"));
  EXPECT_EQ(deleted.status, 200U);
  EXPECT_EQ(deleted.body, "{}");
  EXPECT_EQ(deleted.error_type, "");
}

TEST_F(ServerTest, RefusalOfTheRules_HasNameStatusAndMessage) {
  const Answer missing = Ask(Request("GET /things/none"));
  EXPECT_EQ(missing.status, 404U);
  EXPECT_EQ(missing.error_type, "ResourceNotFoundException");
  EXPECT_NE(missing.message(), "");
}

TEST_F(ServerTest, SamePath_IsToldByScope) {
  store.Begin();
  AddThing("t");
  store.Commit();
  EXPECT_THAT(Ask(Request("GET /things/t/jobs", "", Scope("iot"))).body,
              HasSubstr("executionSummaries"));
  EXPECT_THAT(Ask(Request("GET /things/t/jobs", "", Scope("execute-api"))).body,
              HasSubstr("executionSummaries"));
  EXPECT_THAT(Ask(Request("GET /things/t/jobs")).body, HasSubstr("executionSummaries"));
  EXPECT_THAT(Ask(Request("GET /things/t/jobs", "", Scope("iot-jobs-data"))).body,
              HasSubstr("queuedJobs"));
}

TEST_F(ServerTest, OperationThatIsNotSupported_IsNamed) {
  const Answer answer = Ask(Request("POST /otaUpdates/u", "{}"));
  EXPECT_EQ(answer.status, 501U);
  EXPECT_EQ(answer.error_type, "NotImplementedException");
  EXPECT_THAT(answer.message(), HasSubstr("CreateOTAUpdate is not supported"));
}

TEST_F(ServerTest, CommitFails_NobodyIsToldThatItIsDone) {
  store.FailCommit();
  const Answer failed = Ask(Request("POST /things/t", "{}"));
  EXPECT_EQ(failed.status, 503U);
  EXPECT_EQ(failed.error_type, "ServiceUnavailableException");
  EXPECT_FALSE(store.HasThing("t"));
  EXPECT_EQ(Ask(Request("POST /things/t", "{}")).status, 200U) << "the next one goes on";
}

TEST_F(ServerTest, StoreFailsInsideAHandler_Is503) {
  store.FailWrite();
  EXPECT_EQ(Ask(Request("POST /things/t", "{}")).status, 503U);
  EXPECT_FALSE(store.in_transaction());
}

TEST_F(ServerTest, HandlerThrows_Is500AndNothingIsStored) {
  authority.sign_throws = true;
  const Answer answer =
      Ask(Request("POST /certificates", R"({"certificateSigningRequest":"csr c"})"));
  EXPECT_EQ(answer.status, 500U);
  EXPECT_EQ(answer.error_type, "InternalFailureException");
  EXPECT_EQ(answer.message().find("secret"), std::string::npos);
  EXPECT_FALSE(store.in_transaction());
}

TEST_F(ServerTest, Keys_AreMadeOnAnotherThreadAndAnswered) {
  const Answer answer = Ask(Request("POST /keys-and-certificate?setAsActive=true"));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(Json::parse(answer.body)["keyPair"]["PrivateKey"], "private key");
  EXPECT_NE(authority.keys_thread, std::this_thread::get_id());
  EXPECT_TRUE(store.FindCertificate(std::string(63, 'a') + "0"));
}

TEST_F(ServerTest, KeysCannotBeMade_Is500) {
  authority.keys_throw = true;
  EXPECT_EQ(Ask(Request("POST /keys-and-certificate")).status, 500U);
}

TEST_F(ServerTest, TooManyWaitForKeys_OneMoreIsThrottled) {
  authority.keys_may_go.lock();
  std::vector<std::unique_ptr<PlainClient>> clients;
  for (int i = 0; i < kKeysWaitingMax; ++i) {
    clients.push_back(std::make_unique<PlainClient>(*this));
    clients.back()->Send(Request("POST /keys-and-certificate"));
  }
  Poll();
  const Answer answer = Ask(Request("POST /keys-and-certificate"));
  authority.keys_may_go.unlock();
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.error_type, "ThrottlingException");
  EXPECT_EQ(clients.front()->Receive().status, 200U);
}

TEST_F(ServerTest, Connection_IsKeptAliveAndPipelined) {
  PlainClient client(*this);
  client.Send(Request("POST /things/a", "{}") + Request("GET /things/a") + Request("GET /nothing") +
              Request("GET /things/none"));
  EXPECT_EQ(client.Receive().status, 200U);
  const Answer second = client.Receive();
  EXPECT_EQ(Json::parse(second.body)["thingName"], "a");
  EXPECT_TRUE(second.keep_alive);
  EXPECT_EQ(client.Receive().error_type, "UnknownOperationException");
  EXPECT_EQ(client.Receive().error_type, "ResourceNotFoundException");
  EXPECT_EQ(client.Ask(Request("GET /things/a")).status, 200U);
}

TEST_F(ServerTest, ConnectionClose_AndOldHttp_AreClosedAfterTheAnswer) {
  PlainClient client(*this);
  EXPECT_FALSE(client.Ask(Request("GET /things", "", "Connection: close\r\n")).keep_alive);
  EXPECT_TRUE(client.IsClosed());
  PlainClient old(*this);
  EXPECT_EQ(old.Ask("GET /things HTTP/1.0\r\n\r\n").status, 200U);
  EXPECT_TRUE(old.IsClosed());
}

TEST_F(ServerTest, Expect100_GetsLeaveBeforeTheBody) {
  PlainClient client(*this);
  client.Send(
      "POST /things/e HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  const std::string leave = "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(client.ReceiveBytes(leave.size()), leave);
  EXPECT_EQ(client.Ask("{}").status, 200U);
  EXPECT_TRUE(store.HasThing("e"));
}

TEST_F(ServerTest, ChunkedBody_IsRead) {
  const std::string head =
      "POST /things/c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Ask(head + "1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: 1\r\n\r\n").status, 200U);
  EXPECT_TRUE(store.HasThing("c"));
}

TEST_F(ServerTest, OtherMethods_AreRefusedWithAllow) {
  PlainClient client(*this);
  const Answer options = client.Ask(Request("OPTIONS /things"));
  EXPECT_EQ(options.status, 405U);
  EXPECT_EQ(options.fields.at("Allow"), "GET, PUT, POST, PATCH, DELETE");
  client.Send(Request("HEAD /things"));
  const Answer head = client.Receive(true);
  EXPECT_EQ(head.status, 405U);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(client.Ask(Request("GET /things")).status, 200U) << "HEAD had no body to trip over";
}

TEST_F(ServerTest, Stop_LetsTheAnswerLeaveAndClosesTheRest) {
  PlainClient idle(*this);
  PlainClient asking(*this);
  EXPECT_EQ(idle.Ask(Request("GET /things")).status, 200U);
  authority.keys_may_go.lock();
  asking.Send(Request("POST /keys-and-certificate"));
  Poll();
  server->Stop();
  authority.keys_may_go.unlock();
  const Answer answer = asking.Receive();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_FALSE(answer.keep_alive);
  EXPECT_TRUE(asking.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
}

TEST_F(ServerTest, RootCertificate_IsServedAsItIs) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("fieldwork-root-" + std::to_string(server->port()) + ".pem");
  std::ofstream(file) << "-----BEGIN CERTIFICATE-----\n";
  ServerOptions options;
  options.root_pem = file;
  options.credentials = {{"AKID", "secret"}};
  StartServer(options);
  std::filesystem::remove(file);
  const Answer answer = Ask(Request("GET /AmazonRootCA1.pem"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "-----BEGIN CERTIFICATE-----\n");
  EXPECT_EQ(answer.fields.at("Content-Type"), "application/x-pem-file");
  EXPECT_THROW(StartServer(options), std::system_error) << "the file is gone";
}

TEST_F(ServerTest, Credentials_AreAskedFor) {
  ServerOptions options;
  options.credentials = {{"AKID", "secret"}};
  StartServer(options);
  const Answer answer = Ask(Request("GET /things"));
  EXPECT_EQ(answer.status, 403U);
  EXPECT_EQ(answer.error_type, "MissingAuthenticationTokenException");
  EXPECT_EQ(Ask(Request("GET /things", "", Scope("iot"))).status, 403U);
}

TEST_F(ServerTest, Loopback_IsTheOnlyPlaceWithoutCredentials) {
  ServerOptions options;
  options.host = "0.0.0.0";
  EXPECT_THROW(StartServer(options), std::invalid_argument);
  options.host = "::";
  EXPECT_THROW(StartServer(options), std::invalid_argument);
  options.host = "127.1.2.3";
  EXPECT_NO_THROW(StartServer(options));
  options.host = "localhost";
  EXPECT_NO_THROW(StartServer(options));
  options.host = "0.0.0.0";
  options.credentials = {{"AKID", "secret"}};
  EXPECT_NO_THROW(StartServer(options));
}

TEST_F(ServerTest, PortInUse_IsAnErrorThatNamesIt) {
  ServerOptions options;
  options.port = server->port();
  try {
    Server second(io.get_executor(), options, api, batch, [this] { return now; });
    FAIL() << "two servers on one port";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(options.port)));
  }
}

}  // namespace
}  // namespace fieldwork::http_api
