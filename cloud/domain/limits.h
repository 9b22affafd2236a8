// Decides what fits: the sizes, counts and characters that AWS allows, each in one place.
//
// Source: AWS API reference (patterns of the shapes), AWS general reference, "AWS IoT Device
// Management endpoints and quotas", "AWS IoT Core endpoints and quotas".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cloud/domain/result.h"

namespace fieldwork::domain {

inline constexpr std::size_t kThingNameMax = 128;
inline constexpr std::size_t kJobIdMax = 64;
inline constexpr std::size_t kGroupNameMax = 128;
inline constexpr std::size_t kPolicyNameMax = 128;
inline constexpr std::size_t kJobDocumentBytesMax = 32768;
inline constexpr std::size_t kDescriptionMax = 2028;  ///< Of jobs and groups; comments too.
inline constexpr std::size_t kReasonCodeMax = 128;
inline constexpr std::size_t kJobTargetsMax = 100;
inline constexpr std::size_t kDetailPairsMax = 10;
inline constexpr std::size_t kDetailKeyMax = 128;
inline constexpr std::size_t kDetailValueMax = 1024;
inline constexpr std::int64_t kTimeoutMinutesMax = 10080;
inline constexpr int kPendingMax = 10;
inline constexpr int kPageMax = 250;
inline constexpr std::size_t kClientTokenMax = 64;
inline constexpr int kDeletionsAtOnceMax = 10;
inline constexpr std::size_t kThingAttributesMax = 3;  ///< Of a thing without a type.
inline constexpr std::size_t kGroupAttributesMax = 50;
inline constexpr std::size_t kAttributeNameMax = 128;
inline constexpr std::size_t kAttributeValueMax = 800;
inline constexpr std::size_t kGroupDepthMax = 7;
inline constexpr int kGroupChildrenMax = 100;
inline constexpr std::size_t kGroupsOfThingMax = 10;
inline constexpr std::size_t kPolicyVersionsMax = 5;
inline constexpr std::size_t kPolicyDocumentMax = 2048;  ///< White space does not count.
inline constexpr int kPoliciesOfPrincipalMax = 10;
inline constexpr int kPoliciesOfGroupMax = 2;
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagKeyMax = 128;
inline constexpr std::size_t kTagValueMax = 256;

bool IsThingName(std::string_view text);      ///< 1..128 of [a-zA-Z0-9:_-]
bool IsGroupName(std::string_view text);      ///< the same
bool IsJobId(std::string_view text);          ///< 1..64 of [a-zA-Z0-9_-]
bool IsPolicyName(std::string_view text);     ///< 1..128 of [\w+=,.@-]
bool IsCertificateId(std::string_view text);  ///< 64 hex digits
bool IsReasonCode(std::string_view text);     ///< 1..128 of [A-Z0-9_]

/// Characters (not bytes) of UTF-8 text; what is not UTF-8 counts a byte each.
std::size_t CountCharacters(std::string_view text);

/// kInvalidRequest, naming the field `what`: too many characters, or a control character.
Status CheckText(std::string_view what, std::string_view text, std::size_t characters_max);
/// kInvalidRequest unless 1..kPageMax.
Status CheckPageSize(int limit);

/// kInvalidRequest with the reason, naming the offending key.
Status CheckDetails(const StatusDetails& details);
Status CheckAttributes(const Attributes& attributes, std::size_t count_max);
Status CheckTags(const std::vector<Tag>& tags);

}  // namespace fieldwork::domain
