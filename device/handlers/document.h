// Decides what a job document asks for, and whether this device does that.
//
// Understood: AWS schema "1.0" (`steps`, `finalStep`) and the older `operation` form, with
// Reboot as the operation. All else is told apart by reason, so that the cloud learns why.
//
// Spec: AWS IoT Developer Guide, managed templates; awslabs job document schema 1.0.
#pragma once

#include <cstdint>
#include <string_view>

namespace fieldwork::handlers {

enum class Verdict : std::uint8_t {
  kReboot,    ///< Restart the device; nothing else is asked for.
  kNoAction,  ///< A sound document that asks for nothing this device does.
  kInvalid,   ///< Not a document that anybody could carry out.
};

struct Decision {
  Verdict verdict = Verdict::kInvalid;
  /// Why not, in one stable, machine-readable word; empty for kReboot:
  ///   document-malformed    not JSON, or an object with keys twice
  ///   document-not-object   JSON, but not an object
  ///   document-too-deep     more nesting than json::kMaxDepth
  ///   unsupported-version   a schema version other than "1.0"
  ///   unsupported-condition `conditions` that are not evaluated here
  ///   unsupported-step      a step that is not Reboot, or several steps
  ///   unsupported-operation an `operation` that is not Reboot
  ///   no-operation          nothing that names an operation (an afr_ota document is one)
  const char* reason = "";
  /// Raw text of the name that was not understood, escapes unresolved; or empty. A view
  /// into the document.
  std::string_view name = {};
};

/// `document` is the raw JSON of jobDocument.
Decision Decide(std::string_view document);

}  // namespace fieldwork::handlers
