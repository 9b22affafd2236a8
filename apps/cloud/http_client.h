// Decides how provision speaks HTTP: one request at a time over one connection, JSON both ways.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace fieldwork::cloud {

struct HttpReply {
  int status = 0;
  std::string error_type;  ///< Without namespace or URL, as SDKs read it; empty on success.
  std::string body;
};

class HttpClient {
 public:
  struct Options {
    std::string url;  ///< "http://HOST:PORT"
    std::string region;
    std::string access_key_id;  ///< Empty: requests are not signed.
    std::string secret_access_key;
  };

  /// Throws std::invalid_argument for a URL that is not plain http.
  explicit HttpClient(const Options& options);
  ~HttpClient();

  /// `target` is the path with its query, encoded. Throws std::system_error when nobody answers
  /// within 30 s.
  HttpReply Send(const std::string& method, const std::string& target,
                 const std::map<std::string, std::string>& headers = {},
                 const nlohmann::json& body = nullptr);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fieldwork::cloud
