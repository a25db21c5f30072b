#include "cmd/request/intake.h"

#include "base/error.h"
#include "request/intake.h"

namespace ccctl::cmd {

std::vector<Option> with_intake_options(std::vector<Option> more) {
  std::vector<Option> all{
      {.name = "received-at",
       .type = Type::instant,
       .value = "INSTANT",
       .help = "when the request came in; default now"},
      {.name = "channel",
       .type = Type::choice,
       .value = "CHANNEL",
       .help = "how it came in",
       .choices = {"cli", "email", "tac"},
       .default_value = "cli"},
      {.name = "channel-ref", .value = "REF", .help = "the mail's or ticket's reference"},
      {.name = "requester",
       .type = Type::choice,
       .value = "ROLE",
       .help = "who asks; the pack says who may ask directly",
       .choices = request::requester_roles()},
      {.name = "on-behalf-of",
       .value = "WHOM",
       .help = "whom it is about, when another asks: a reference, no personal data"},
      {.name = "identity-method",
       .value = "METHOD",
       .help = "how the data subject's identity was checked"},
      {.name = "identity-by", .value = "LOGIN", .help = "who checked it"},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

request::Intake intake_of(const Args& args, const request::RequestPolicy& policy) {
  request::Intake intake;
  if (const auto text = args.find("received-at")) {
    const std::optional<Instant> at = parse_instant(*text);
    if (!at) {
      throw Error(ErrorKind::usage, "--received-at \"" + *text + "\" is no instant",
                  "write 2026-11-21T09:00:00+09:00");
    }
    intake.received_at = *at;
  }
  intake.channel = args.get("channel");
  intake.channel_ref = args.get("channel-ref");
  intake.requester = args.get("requester");
  intake.on_behalf_of = args.get("on-behalf-of");
  intake.identity_method = args.get("identity-method");
  intake.identity_by = args.get("identity-by");
  if (intake.channel != "cli" && intake.channel_ref.empty()) {
    throw Error(ErrorKind::usage, "--channel " + intake.channel + " needs --channel-ref",
                "the mail's or ticket's reference (W-27)");
  }
  request::RequestPolicy asked = policy;
  asked.identity_check_waived = policy.identity_check_waived || args.has("dry-run");
  request::require_intake(asked, intake);
  return intake;
}

}  // namespace ccctl::cmd
