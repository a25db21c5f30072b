#include "cmd/audit/pins.h"

#include <memory>

#include "object/store.h"

namespace ccctl::cmd {
namespace {

constexpr std::string_view kSetting = "pins.";

// An object for each checkpoint, never replaced: a store that forbids changes will do.
queue::Destination in_store(const std::string& name, const std::string& url) {
  std::shared_ptr<object::ObjectStore> store = object::open(url);
  return {name, [store](const std::vector<audit::Sealed>& newest) {
            for (const audit::Sealed& one : newest) {
              std::string size = std::to_string(one.size);
              size.insert(0, size.size() < 12 ? 12 - size.size() : 0, '0');
              store->create(one.origin + "/" + size, one.checkpoint);
            }
          }};
}

}  // namespace

std::vector<queue::Destination> pin_destinations(App& app) {
  std::vector<queue::Destination> all;
  for (const Setting& setting : app.settings()) {
    if (!setting.name.starts_with(kSetting)) continue;
    all.push_back(in_store(setting.name.substr(kSetting.size()), setting.value));
  }
  return all;
}

std::vector<audit::Sealed> newest(App& app) {
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  return audit::newest_checkpoints(tx);
}

std::string failures(const std::vector<queue::Sent>& all) {
  std::string text;
  for (const queue::Sent& sent : all) {
    if (sent.failure.empty()) continue;
    if (!text.empty()) text += "; ";
    text += "the checkpoints are not at \"" + sent.destination + "\": " + sent.failure;
  }
  return text;
}

}  // namespace ccctl::cmd
