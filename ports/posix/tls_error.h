// Words for the error codes of Mbed TLS and for TLS alerts: the usual ones in our own, short
// words, the rest by number. The library's own table would cost 20 KB.
#pragma once

#include <cstdint>
#include <string>

namespace fieldwork::posix {

/// "the server closed the connection (-0x7280)"; an unknown code gives "TLS error (-0x1234)".
std::string TlsErrorText(int code);

/// What a fatal alert from the server means for the person at the device; `alert` is the
/// description byte of RFC 5246 section 7.2.
std::string ServerAlertText(std::uint8_t alert);

}  // namespace fieldwork::posix
