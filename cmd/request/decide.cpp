// ccctl request extend, pause, refuse, cancel: what a person decides about a request, with reasons.
#include <functional>

#include "base/error.h"
#include "cmd/request/wiring.h"
#include "request/deadline.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

using Deciding = std::function<request::Request(store::Tx& tx, const request::Decision& decision)>;

int decide(App& app, const Args& args, const Deciding& work) {
  app.require_role({Role::officer});
  request::Decision decision{
      app.tenant(), args.get("id"), app.actor().login, args.get("reason"), {}};
  request::Request request;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    decision.at = run::datastore_now(tx);
    request = work(tx, decision);
  });
  app.seal_if_possible();
  return answer(app, request);
}

int run_extend(App& app, const Args& args) {
  app.require_role({Role::officer});
  Requests requests(app);
  std::optional<Duration> by;
  if (const auto text = args.find("by")) {
    by = parse_duration(*text);
    if (!by)
      throw Error(ErrorKind::usage, "--by \"" + *text + "\" is no duration", "write P1M or P30D");
  }
  return decide(app, args, [&](store::Tx& tx, const request::Decision& decision) {
    return request::extend(tx, requests.rules().requests, decision, by);
  });
}

int run_pause(App& app, const Args& args) {
  if (args.has("resume") == args.has("reason"))
    throw Error(ErrorKind::usage, "give --reason to pause, or --resume to go on");
  return decide(app, args, [&](store::Tx& tx, const request::Decision& decision) {
    return args.has("resume") ? request::resume(tx, decision) : request::pause(tx, decision);
  });
}

int run_refuse(App& app, const Args& args) {
  return decide(app, args, [](store::Tx& tx, const request::Decision& decision) {
    return request::end(tx, decision, request::Phase::refused);
  });
}

int run_cancel(App& app, const Args& args) {
  return decide(app, args, [](store::Tx& tx, const request::Decision& decision) {
    return request::end(tx, decision, request::Phase::cancelled);
  });
}

const Option kId{
    .name = "id", .value = "ID", .help = "the request's id", .required = true, .positional = true};
const Option kReason{.name = "reason",
                     .value = "REASON",
                     .help = "why: it is recorded, and holds no personal data",
                     .required = true};
const Option kMaybeReason{.name = "reason", .value = "REASON", .help = "what must be cleared up"};
const std::vector<int> kExits{0, 4, 5, 6, 7, 11, 13};

}  // namespace

extern const Spec request_extend;
const Spec request_extend{
    .noun = "request",
    .verb = "extend",
    .summary = "put off the answer to a request",
    .description =
        "Once, before it is due, by at most what the pack allows (GDPR Art. 12(3): two "
        "further months). The data subject must be told, with the reason.",
    .options = {kId,
                kReason,
                {.name = "by",
                 .type = Type::duration,
                 .value = "PERIOD",
                 .help = "by how much; default the pack's maximum"}},
    .exits = kExits,
    .examples = {{"ccctl request extend 3f0c… --reason 'many requests' --by P1M",
                  "one month more"}},
    .run = run_extend,
};

extern const Spec request_pause;
const Spec request_pause{
    .noun = "request",
    .verb = "pause",
    .summary = "stop a request's clock for a clarification",
    .description =
        "Until --resume, which moves every date by the time that the clock stood still. "
        "Only what has not begun can be paused.",
    .options = {kId,
                kMaybeReason,
                {.name = "resume", .type = Type::flag, .help = "the answer has come: go on"}},
    .exits = kExits,
    .examples = {{"ccctl request pause 3f0c… --reason 'which of two accounts is meant'", "stop"},
                 {"ccctl request pause 3f0c… --resume", "go on"}},
    .run = run_pause,
};

extern const Spec request_refuse;
const Spec request_refuse{
    .noun = "request",
    .verb = "refuse",
    .summary = "refuse a request, with reasons",
    .description =
        "Only what has not begun can be refused. The terms are deleted; the reason is "
        "recorded (GDPR Art. 12(4)).",
    .options = {kId, kReason},
    .exits = kExits,
    .examples = {{"ccctl request refuse 3f0c… --reason 'manifestly excessive'", "refuse"}},
    .run = run_refuse,
};

extern const Spec request_cancel;
const Spec request_cancel{
    .noun = "request",
    .verb = "cancel",
    .summary = "cancel a request that was withdrawn",
    .description = "Only what has not begun can be cancelled. The terms are deleted.",
    .options = {kId, kReason},
    .exits = kExits,
    .examples = {{"ccctl request cancel 3f0c… --reason withdrawn", "cancel"}},
    .run = run_cancel,
};

}  // namespace ccctl::cmd
