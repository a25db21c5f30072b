#include "cmd/request/wiring.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "policy/pack.h"

namespace ccctl::cmd {

using request::Phase;

Requests::Requests(App& app)
    : app_(app),
      rules_(request::rules_of(policy::load_pack(app.pack_folder()))),
      ground_{app.map(), rules_, app.tenant()} {}

request::World Requests::world() {
  App& app = app_;
  const std::string user = app.session().session_user();
  return {app.session(),
          [&app, user] { return app.open_as(user); },
          app.context(),
          app.actor().login,
          [&app](const std::string& name) -> object::ObjectStore& { return app.objects(name); },
          [&app] { return app.seal_if_possible(); }};
}

request::Erasure Requests::erasure(bool guarded, bool seals) {
  App& app = app_;
  request::World world = this->world();
  if (!seals) world.seal = [] { return false; };
  if (const journal::EvidenceKey* key = app.evidence_key()) {
    world.keyed = [key](std::string_view kind, const Personal<std::string>& value) {
      return key->keyed(journal::EvidenceKey::kTombstone, kind, value);
    };
  }
  if (guarded) world.guard = [&app] { app.require_level_journal(); };
  return request::Erasure(std::move(world), ground_);
}

int answer(App& app, const request::Request& request) {
  app.level_journal();
  Json document = request::to_json(request);
  document["kind"] = "Request";
  app.print(document);
  switch (request.phase) {
    case Phase::settling:
      if (request.outcome != "partial" && request.settle_at) {
        app.message("settling until " + to_text(*request.settle_at) +
                    "; then run `ccctl request run " + request.id + "`");
      }
      break;
    case Phase::planned:
      app.message("it waits in the queue: `ccctl request run` carries it out");
      break;
    case Phase::verifying:
      app.message("it waits for its sub-processors: see `ccctl request show " + request.id + "`");
      break;
    case Phase::unsealed:
      app.message(
          "the receipt waits for the sealing account: `ccctl audit seal`, then `ccctl request "
          "run " +
          request.id + "`");
      break;
    default:
      break;
  }
  return request.outcome == "partial" || request.outcome == "failed" ? 4 : 0;
}

}  // namespace ccctl::cmd
