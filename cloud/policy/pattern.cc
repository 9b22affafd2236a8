// Decides how patterns are taken apart and compared; see pattern.h.
#include "cloud/policy/pattern.h"

#include <cassert>
#include <cstddef>

#include "cloud/policy/ascii.h"
#include "cloud/policy/malformed.h"
#include "cloud/policy/names.h"

namespace fieldwork::policy {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kCertificateValueMax = 1024;

// Where the character that begins at `at` ends. Bytes that are no UTF-8 are characters each.
std::size_t NextCharacter(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace

void Pattern::AddLiteral(std::string_view text) {
  if (pieces_.empty() || pieces_.back().kind != Kind::kLiteral) {
    pieces_.push_back({Kind::kLiteral, {}});
  }
  pieces_.back().text.append(text);
}

void Pattern::AddVariable(std::string_view inside, bool allowed) {
  if (!allowed) {
    throw Malformed("'${" + std::string(inside) +
                    "}': policy variables need \"Version\": \"2012-10-17\"");
  }
  if (inside == "*" || inside == "?" || inside == "$") return AddLiteral(inside);
  std::string name = VariableName(inside);
  const Kind kind = IsOfCertificate(name) ? Kind::kCertificate : Kind::kVariable;
  pieces_.push_back({kind, std::move(name)});
  has_variables_ = true;
}

Pattern Pattern::Parse(std::string_view text, const Rules& rules) {
  assert(!rules.wildcards || !rules.ignore_case);
  Pattern pattern;
  pattern.ignore_case_ = rules.ignore_case;
  while (!text.empty()) {
    std::size_t used = 1;
    if (text.substr(0, 2) == "${") {
      const std::size_t end = text.find('}');
      if (end == kNone) throw Malformed("the '}' of '" + std::string(text) + "' is missing");
      pattern.AddVariable(text.substr(2, end - 2), rules.variables);
      used = end + 1;
    } else if (rules.wildcards && text[0] == '*') {
      // Two stars are as good as one.
      if (pattern.pieces_.empty() || pattern.pieces_.back().kind != Kind::kStar) {
        pattern.pieces_.push_back({Kind::kStar, {}});
      }
    } else if (rules.wildcards && text[0] == '?') {
      pattern.pieces_.push_back({Kind::kOne, {}});
    } else {
      pattern.AddLiteral(text.substr(0, 1));
    }
    text.remove_prefix(used);
  }
  return pattern;
}

bool Pattern::Resolve(const Piece& piece, Values& values, std::string_view& literal) const {
  if (piece.kind == Kind::kLiteral) {
    literal = piece.text;
    return true;
  }
  const std::string* value = values.Find(piece.text);
  if (value == nullptr) return false;
  // AWS does not insert a certificate's text that holds a wildcard, its own or MQTT's, or is too
  // long: whoever made the certificate may not widen a policy with it.
  if (piece.kind == Kind::kCertificate &&
      (value->size() > kCertificateValueMax || value->find_first_of("*$+?#") != kNone)) {
    return false;
  }
  literal = *value;
  return true;
}

bool Pattern::AllResolve(Values& values) const {
  std::string_view unused;
  for (const Piece& piece : pieces_) {
    if (piece.kind != Kind::kVariable && piece.kind != Kind::kCertificate) continue;
    if (!Resolve(piece, values, unused)) return false;
  }
  return true;
}

bool Pattern::StartMatches(std::string_view text) const {
  if (pieces_.empty() || pieces_[0].kind != Kind::kLiteral || ignore_case_) return true;
  return text.substr(0, pieces_[0].text.size()) == pieces_[0].text;
}

bool Pattern::PieceMatches(const Piece& piece, std::string_view text, Values& values,
                           std::size_t& at) const {
  if (piece.kind == Kind::kOne) {
    if (at == text.size()) return false;
    at = NextCharacter(text, at);
    return true;
  }
  std::string_view literal;
  if (!Resolve(piece, values, literal)) return false;
  const std::string_view there = text.substr(at, literal.size());
  if (ignore_case_ ? !EqualIgnoringCase(there, literal) : there != literal) return false;
  at += literal.size();
  return true;
}

bool Pattern::Matches(std::string_view text, Values& values) const {
  // Most resources of a policy fall out here, before any variable is asked for.
  if (!StartMatches(text)) return false;
  if (has_variables_ && !AllResolve(values)) return false;

  std::size_t piece = 0;
  std::size_t at = 0;
  std::size_t star = kNone;   // The piece behind the last star that was passed.
  std::size_t star_ends = 0;  // How far that star reaches for the moment.
  // Only the last star is ever moved: what stands before it was matched as early as possible, so
  // that moving an earlier one gains nothing.
  while (piece < pieces_.size() || at < text.size()) {
    if (piece < pieces_.size() && pieces_[piece].kind == Kind::kStar) {
      if (++piece == pieces_.size()) return true;
      star = piece;
      star_ends = at;
      continue;
    }
    if (piece < pieces_.size() && PieceMatches(pieces_[piece], text, values, at)) {
      ++piece;
      continue;
    }
    if (star == kNone || star_ends >= text.size()) return false;
    piece = star;
    at = star_ends = NextCharacter(text, star_ends);
  }
  return true;
}

}  // namespace fieldwork::policy
