// ccctl audit pin: the newest checkpoints leave the machine.
#include "queue/pin.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app.h"
#include "cmd/audit/pins.h"

namespace ccctl::cmd {
namespace {

Json json_of(const queue::Sent& sent) {
  Json json{{"destination", sent.destination},
            {"kept", sent.failure.empty()},
            {"checkpoints", sent.checkpoints}};
  if (!sent.failure.empty()) {
    json["failure"] = sent.failure;
    json["attempts"] = sent.attempts;
  }
  if (sent.next_at) json["dueAt"] = to_text(*sent.next_at);
  return json;
}

void print(App& app, const std::vector<audit::Sealed>& checkpoints,
           const std::vector<queue::Sent>& sent) {
  if (app.json_output()) {
    std::vector<Json> rows;
    for (const audit::Sealed& one : checkpoints) {
      rows.push_back({{"origin", one.origin}, {"size", one.size}, {"checkpoint", one.checkpoint}});
    }
    Json deliveries = Json::array();
    for (const queue::Sent& one : sent) deliveries.push_back(json_of(one));
    app.print_rows({"origin", "size"}, rows,
                   {{"kind", "AuditPins"}, {"deliveries", std::move(deliveries)}});
    return;
  }
  app.write_result(joined(checkpoints));
}

int run_pin(App& app, const Args&) {
  app.require_role({Role::auditor, Role::officer, Role::owner});
  const std::vector<queue::Destination> destinations = pin_destinations(app);
  const std::vector<queue::Sent> sent =
      queue::send_pins(app.session(), app.tenant(), destinations, queue::Which::everything);
  print(app, newest(app), sent);
  const std::string failed = failures(sent);
  if (failed.empty()) return 0;
  app.finish();
  throw Error(ErrorKind::partial, failed, "`ccctl audit seal` tries again when it is due");
}

}  // namespace

extern const Spec audit_pin;
const Spec audit_pin{
    .noun = "audit",
    .verb = "pin",
    .summary = "keep the newest checkpoints outside the datastore",
    .description =
        "Writes the newest signed checkpoint of every log that you may read, pruned ones too: the "
        "file that `audit verify --pin` compares the logs with later. Without such a pin nobody "
        "can tell whether whoever holds the sealing key has rewritten them.\n\n"
        "It also puts them into every place that the settings name below `pins:`. A `file:` folder "
        "(of another machine, or one that cannot be overwritten) gets a file for each checkpoint, "
        "ORIGIN/SIZE, which is never changed, and so does an `s3:` bucket, whose objects "
        "`audit verify --pin s3://BUCKET/ORIGIN/SIZE` reads; `mailto:ADDRESS` gets all of them in "
        "a mail, through "
        "the settings mail_relay and mail_from, encrypted unless the relay is this machine. A "
        "place that cannot be reached has them waiting in "
        "the queue (exit 4): `audit seal` tries it again after a pause that grows, and `audit pin` "
        "at once.",
    .options = {},
    .exits = {0, 4, 5, 11},
    .examples = {{"ccctl audit pin --out /media/usb/monday.pins", "carry them away"},
                 {"ccctl audit pin --quiet --out -", "in a timer, to the places of the settings"}},
    .run = run_pin,
};

}  // namespace ccctl::cmd
