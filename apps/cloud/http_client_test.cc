#include "apps/cloud/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <system_error>

namespace fieldwork::cloud {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;

// A server for one connection: says `answer` to the first request, whatever it is, and hangs up.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer)
      : head_(std::async(std::launch::async, [this, answer = std::move(answer)] {
          tcp::socket peer = acceptor_.accept();
          std::string head;
          asio::read_until(peer, asio::dynamic_buffer(head), "\r\n\r\n");
          asio::write(peer, asio::buffer(answer));
          return head;
        })) {}

  HttpClient::Options Options() const { return {"http://" + Address(), "us-east-1", "", ""}; }
  std::string Address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  /// The head of the request, once it has come.
  std::string Head() { return head_.get(); }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::future<std::string> head_;
};

constexpr const char* kEmptyAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

TEST(HttpClient, AnErrorOfTheService_ComesWithItsTypeAlone) {
  OneAnswer server(
      "HTTP/1.1 404 Not Found\r\nx-amzn-ErrorType: ResourceNotFoundException:http://x/\r\n"
      "Content-Length: 2\r\n\r\n{}");
  const HttpReply reply = HttpClient(server.Options()).Send("GET", "/things/t");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.error_type, "ResourceNotFoundException");
  EXPECT_EQ(reply.body, "{}");
  EXPECT_THAT(server.Head(), testing::StartsWith("GET /things/t HTTP/1.1\r\n"));
}

TEST(HttpClient, WithoutCredentials_NothingIsSigned) {
  OneAnswer server(kEmptyAnswer);
  HttpClient(server.Options()).Send("PUT", "/x", {{"x-amzn-principal", "arn:cert"}});
  const std::string head = server.Head();
  EXPECT_THAT(head, HasSubstr("x-amzn-principal: arn:cert\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Authorization")));
}

TEST(HttpClient, WithCredentials_TheHostAndAllHeadersOfAwsAreSigned) {
  OneAnswer server(kEmptyAnswer);
  HttpClient::Options options = server.Options();
  options.access_key_id = "AKID";
  options.secret_access_key = "a-secret";
  HttpClient(options).Send("PUT", "/x", {{"X-Amzn-Principal", "arn:cert"}}, {{"a", 1}});
  const std::string head = server.Head();
  EXPECT_THAT(head, HasSubstr("Credential=AKID/"));
  EXPECT_THAT(head, HasSubstr("/us-east-1/iot/aws4_request"));
  EXPECT_THAT(head, HasSubstr("SignedHeaders=host;x-amz-date;x-amzn-principal,"));
  EXPECT_THAT(head, HasSubstr("Host: " + server.Address() + "\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("a-secret")));
}

TEST(HttpClient, WhereNobodyListens_ASystemErrorSaysWhy) {
  HttpClient::Options options;
  {
    asio::io_context io;
    const tcp::acceptor bound(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    options.url = "http://127.0.0.1:" + std::to_string(bound.local_endpoint().port());
  }
  HttpClient client(options);
  for (int attempt = 0; attempt < 2; ++attempt) {  // A failure leaves the client usable.
    try {
      client.Send("GET", "/");
      FAIL() << "somebody answered";
    } catch (const std::system_error& error) {
      EXPECT_STREQ(error.what(), "Connection refused");
    }
  }
}

TEST(HttpClient, AServerThatSpeaksSomethingElse_IsASystemError) {
  OneAnswer server("220 mail ready\r\n");
  HttpClient client(server.Options());
  EXPECT_THROW(client.Send("GET", "/"), std::system_error);
}

TEST(HttpClient, AUrlThatIsNotPlainHttp_IsRefused) {
  for (const char* url : {"https://127.0.0.1:1", "127.0.0.1:1", "http://", "http://a:1/path", ""}) {
    EXPECT_THROW(HttpClient({url, "us-east-1", "", ""}), std::invalid_argument) << url;
  }
}

}  // namespace
}  // namespace fieldwork::cloud
