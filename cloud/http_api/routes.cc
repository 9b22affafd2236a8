// Decides how a path is compared with the table: segment by segment, a literal before a label.
#include "cloud/http_api/routes.h"

#include <algorithm>
#include <optional>

#include "cloud/http_api/url.h"

namespace fieldwork::http_api {
namespace {

// The order is the order of preference.
enum class Kind : std::uint8_t { kGreedyLabel, kLabel, kLiteral };

struct Segment {
  Kind kind;
  std::string_view text;  // Of a literal.
};

struct Pattern {
  const Route* route;
  std::vector<Segment> segments;
};

// "{arn+}" takes the rest of the path, slashes included; the models have it in the last place only.
Segment ReadSegment(std::string_view text) {
  if (text.ends_with("+}")) return {Kind::kGreedyLabel, {}};
  if (text.starts_with('{')) return {Kind::kLabel, {}};
  return {Kind::kLiteral, text};
}

std::vector<Pattern> ReadPatterns() {
  std::vector<Pattern> patterns;
  for (const Route& route : Routes()) {
    Pattern pattern{&route, {}};
    for (const std::string_view part : SplitPath(route.path)) {
      pattern.segments.push_back(ReadSegment(part));
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

using Path = std::vector<std::string>;  // The segments of the request, decoded.

std::optional<Path> ReadPath(std::string_view text) {
  Path path;
  for (const std::string_view part : SplitPath(text)) {
    auto decoded = PercentDecode(part);
    if (!decoded) return std::nullopt;
    path.push_back(std::move(*decoded));
  }
  return path;
}

bool Fits(const Pattern& pattern, const Path& path) {
  const auto& segments = pattern.segments;
  const bool greedy = segments.back().kind == Kind::kGreedyLabel;
  const std::size_t count = path.size();
  if (greedy ? count < segments.size() : count != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].kind == Kind::kLiteral ? path[i] != segments[i].text : path[i].empty()) {
      return false;
    }
  }
  return true;
}

bool IsPreferred(const Pattern& a, const Pattern& b) {
  return std::lexicographical_compare(
      b.segments.begin(), b.segments.end(), a.segments.begin(), a.segments.end(),
      [](const Segment& left, const Segment& right) { return left.kind < right.kind; });
}

std::vector<std::string> Labels(const Pattern& pattern, Path path) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
    if (pattern.segments[i].kind == Kind::kLiteral) continue;
    labels.push_back(std::move(path[i]));
  }
  if (pattern.segments.back().kind == Kind::kGreedyLabel) {
    for (std::size_t i = pattern.segments.size(); i < path.size(); ++i) {
      labels.back().append("/").append(path[i]);
    }
  }
  return labels;
}

}  // namespace

Match FindRoute(Plane plane, std::string_view method, std::string_view path) {
  static const std::vector<Pattern> patterns = ReadPatterns();
  auto segments = ReadPath(path);
  if (!segments) return {};
  const Pattern* best = nullptr;
  for (const Pattern& pattern : patterns) {
    if (pattern.route->plane != plane || pattern.route->method != method) continue;
    if (!Fits(pattern, *segments)) continue;
    if (best == nullptr || IsPreferred(pattern, *best)) best = &pattern;
  }
  if (best == nullptr) return {};
  return {best->route, Labels(*best, std::move(*segments))};
}

}  // namespace fieldwork::http_api
