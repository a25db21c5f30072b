#include "cmd/audit/pins.h"

#include <memory>

#include "base/error.h"
#include "cmd/wire.h"
#include "crypto/digest.h"
#include "net/smtp.h"

namespace ccctl::cmd {
namespace {

constexpr std::string_view kSetting = "pins.", kMail = "mailto:";

// An object for each checkpoint, never replaced: a store that forbids changes will do.
queue::Destination in_store(App& app, const std::string& name, const std::string& url) {
  std::shared_ptr<object::ObjectStore> store = open_store(app, url);
  return {name, [store](const std::vector<audit::Sealed>& newest) {
            for (const audit::Sealed& one : newest) {
              std::string size = std::to_string(one.size);
              size.insert(0, size.size() < 12 ? 12 - size.size() : 0, '0');
              store->create(one.origin + "/" + size, one.checkpoint);
            }
          }};
}

// A mail with all of them; sent again it has the same id.
queue::Destination by_mail(App& app, const std::string& name, const std::string& to) {
  const net::Relay relay{app.setting("mail_relay"), app.setting("mail_from")};
  if (relay.url.empty() || relay.from.empty()) {
    throw Error(ErrorKind::config_invalid, "\"" + name + "\" wants mail, and no relay is set",
                "set mail_relay and mail_from");
  }
  return {name, [&app, relay, to](const std::vector<audit::Sealed>& newest) {
            if (newest.empty()) return;
            const std::string text = joined(newest);
            const std::string& origin = newest.front().origin;
            net::send(
                relay,
                {to, "checkpoints of " + origin.substr(0, origin.find('/')), "checkpoints.txt",
                 text, crypto::to_hex(crypto::view(crypto::sha256(text))).substr(0, 32)},
                app.context().now());
          }};
}

}  // namespace

std::string joined(const std::vector<audit::Sealed>& newest) {
  std::string text;
  for (const audit::Sealed& one : newest) text += (text.empty() ? "" : "\n") + one.checkpoint;
  return text;
}

std::vector<queue::Destination> pin_destinations(App& app) {
  std::vector<queue::Destination> all;
  for (const Setting& setting : app.settings()) {
    if (!setting.name.starts_with(kSetting)) continue;
    const std::string name = setting.name.substr(kSetting.size());
    const bool mail = setting.value.starts_with(kMail);
    all.push_back(mail ? by_mail(app, name, setting.value.substr(kMail.size()))
                       : in_store(app, name, setting.value));
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
