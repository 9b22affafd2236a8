// Decides how the listener with mutual TLS makes its connections; see tls_context.h.
#include "cloud/http_api/tls_context.h"

#include <openssl/ssl.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace fieldwork::http_api {
namespace {

namespace ssl = boost::asio::ssl;
using ErrorCode = boost::system::error_code;

void Check(const ErrorCode& error, const std::string& what, const std::filesystem::path& file) {
  if (error) throw std::system_error(error, what + " " + file.string());
}

}  // namespace

std::shared_ptr<ssl::context> MakeTlsContext(const ServerOptions::Tls& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  context->set_options(ssl::context::default_workarounds | SSL_OP_NO_TICKET |
                       SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ErrorCode error;
  context->use_certificate_chain_file(files.certificate_pem.string(), error);
  Check(error, "the server's certificate", files.certificate_pem);
  context->use_private_key_file(files.key_pem.string(), ssl::context::pem, error);
  Check(error, "the server's private key", files.key_pem);
  context->load_verify_file(files.ca_pem.string(), error);
  Check(error, "the root certificate", files.ca_pem);
  // A certificate that is registered without its CA is trusted by itself.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(native), X509_V_FLAG_PARTIAL_CHAIN);
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  Check(error, "client certificates cannot be asked for with", files.ca_pem);
  return context;
}

}  // namespace fieldwork::http_api
