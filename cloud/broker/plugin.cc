// Decides what Mosquitto calls, and that nothing is thrown into it.
//
// Plugin interface version 5. One object for the broker; its callbacks run on the broker's only
// thread. SIGHUP brings trusted certificates and nothing else: what is known stays, and options are
// read at the start only.
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string>

#include "cloud/broker/admission.h"
#include "cloud/broker/traffic.h"
#include "cloud/broker/trusted_certificates.h"

namespace fieldwork::broker {
namespace {

struct PluginOptions {
  std::string service_password;
  std::string region;
  std::string account;
};

struct Plugin {
  Plugin(mosquitto_plugin_id_t* plugin_id, const PluginOptions& options)
      : id(plugin_id),
        knowledge{Permissions(options.region, options.account), {}, {}},
        admission(knowledge, options.service_password),
        traffic(knowledge) {}

  mosquitto_plugin_id_t* id;
  Knowledge knowledge;
  Admission admission;
  Traffic traffic;
};

/// Runs a callback; what it throws becomes `on_exception`. Out of memory most of all: the request
/// at hand fails, the broker goes on.
template <typename Event, typename Body>
int Guard(void* event, void* plugin, int on_exception, const Body& body) noexcept {
  try {
    return body(*static_cast<Plugin*>(plugin), *static_cast<Event*>(event));
  } catch (const std::exception& exception) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "fieldwork: %s", exception.what());
  } catch (...) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "fieldwork: unknown exception");
  }
  return on_exception;
}

int OnLogin(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_basic_auth>(
      event, plugin, MOSQ_ERR_UNKNOWN,
      [](Plugin& self, auto& login) { return self.admission.OnLogin(login); });
}

int OnDisconnect(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_disconnect>(event, plugin, MOSQ_ERR_UNKNOWN,
                                         [](Plugin& self, auto& disconnect) {
                                           self.admission.OnDisconnect(disconnect);
                                           return static_cast<int>(MOSQ_ERR_SUCCESS);
                                         });
}

int OnAclCheck(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_acl_check>(
      event, plugin, MOSQ_ERR_ACL_DENIED,
      [](Plugin& self, auto& check) { return self.traffic.OnAclCheck(check); });
}

int OnMessage(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_message>(
      event, plugin, MOSQ_ERR_NOMEM,
      [](Plugin& self, auto& message) { return self.traffic.OnMessage(message); });
}

int OnDelivery(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_control>(
      event, plugin, MOSQ_ERR_UNKNOWN,
      [](Plugin& self, auto& message) { return self.traffic.OnDelivery(message); });
}

int OnAccess(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_control>(
      event, plugin, MOSQ_ERR_UNKNOWN,
      [](Plugin& self, auto& message) { return self.admission.OnAccess(message); });
}

// SIGHUP: the supervisor has changed the folder.
int OnReload(int, void* event, void* plugin) {
  return Guard<mosquitto_evt_reload>(event, plugin, MOSQ_ERR_SUCCESS, [](Plugin&, auto&) {
    LoadTrustedCertificates(kTrustFolder);
    return static_cast<int>(MOSQ_ERR_SUCCESS);
  });
}

struct Registration {
  int event;
  MOSQ_FUNC_generic_callback callback;
  const char* topic;  // Of a control topic.
};

constexpr std::array<Registration, 7> kRegistrations = {{
    {MOSQ_EVT_RELOAD, OnReload, nullptr},
    {MOSQ_EVT_BASIC_AUTH, OnLogin, nullptr},
    {MOSQ_EVT_DISCONNECT, OnDisconnect, nullptr},
    {MOSQ_EVT_ACL_CHECK, OnAclCheck, nullptr},
    {MOSQ_EVT_MESSAGE, OnMessage, nullptr},
    {MOSQ_EVT_CONTROL, OnDelivery, kDeliveryTopic},
    {MOSQ_EVT_CONTROL, OnAccess, kAccessTopic},
}};

/// Fills `options`; false after a line in the log.
bool ReadOptions(const mosquitto_opt* list, int count, PluginOptions& options) {
  struct Known {
    std::string_view key;
    std::string* value;
  };
  const std::array<Known, 3> known = {{{"service_password", &options.service_password},
                                       {"region", &options.region},
                                       {"account", &options.account}}};
  for (const mosquitto_opt* option = list; option != list + count; ++option) {
    const auto match = std::find_if(known.begin(), known.end(), [&](const Known& candidate) {
      return candidate.key == option->key;
    });
    if (match == known.end()) {
      mosquitto_log_printf(MOSQ_LOG_ERR, "fieldwork: there is no plugin_opt_%s", option->key);
      return false;
    }
    *match->value = option->value;
  }
  for (const auto& [key, value] : known) {
    if (!value->empty()) continue;
    mosquitto_log_printf(MOSQ_LOG_ERR, "fieldwork: plugin_opt_%s is missing",
                         std::string(key).c_str());
    return false;
  }
  return true;
}

int Register(Plugin& plugin) {
  for (const auto& [event, callback, topic] : kRegistrations) {
    const int error = mosquitto_callback_register(plugin.id, event, callback, topic, &plugin);
    if (error != MOSQ_ERR_SUCCESS) {
      mosquitto_log_printf(MOSQ_LOG_ERR, "fieldwork: the broker does not take event %d: error %d",
                           event, error);
      return error;
    }
  }
  return MOSQ_ERR_SUCCESS;
}

int Start(mosquitto_plugin_id_t* id, void** user_data, const mosquitto_opt* list, int count) {
  PluginOptions options;
  if (!ReadOptions(list, count, options)) return MOSQ_ERR_INVAL;
  if (!TrustSingleCertificates()) return MOSQ_ERR_TLS;
  auto plugin = std::make_unique<Plugin>(id, options);
  const int error = Register(*plugin);
  // Also after an error: what was registered points to it, and the broker ends now.
  *user_data = plugin.release();
  return error;
}

}  // namespace
}  // namespace fieldwork::broker

#define FIELDWORK_EXPORT extern "C" __attribute__((visibility("default")))

FIELDWORK_EXPORT int mosquitto_plugin_version(int supported_version_count,
                                              const int* supported_versions) {
  const int* const end = supported_versions + supported_version_count;
  return std::find(supported_versions, end, MOSQ_PLUGIN_VERSION) == end ? -1 : MOSQ_PLUGIN_VERSION;
}

FIELDWORK_EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** user_data,
                                           mosquitto_opt* options, int option_count) {
  try {
    return fieldwork::broker::Start(identifier, user_data, options, option_count);
  } catch (const std::exception& exception) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "fieldwork: %s", exception.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

FIELDWORK_EXPORT int mosquitto_plugin_cleanup(void* user_data, mosquitto_opt*, int) {
  auto* const plugin = static_cast<fieldwork::broker::Plugin*>(user_data);
  if (plugin == nullptr) return MOSQ_ERR_SUCCESS;
  for (const auto& [event, callback, topic] : fieldwork::broker::kRegistrations) {
    mosquitto_callback_unregister(plugin->id, event, callback, topic);
  }
  delete plugin;
  return MOSQ_ERR_SUCCESS;
}
