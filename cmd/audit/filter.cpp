#include "cmd/audit/filter.h"

#include "base/error.h"
#include "base/time.h"
#include "text/unicode.h"

namespace ccctl::cmd {

std::vector<Option> with_filter_options(std::vector<Option> more, const std::string& default_log) {
  std::vector<Option> all{
      {.name = "log",
       .type = Type::choice,
       .value = "LOG",
       .help = "evidence: requests, holds, approvals, sweeps; security: accesses and refusals",
       .choices = {"evidence", "security"},
       .default_value = default_log},
      {.name = "from",
       .type = Type::instant,
       .value = "INSTANT",
       .help = "only events at or after this instant"},
      {.name = "to",
       .type = Type::instant,
       .value = "INSTANT",
       .help = "only events before this instant"},
      {.name = "request", .value = "ID", .help = "only events of this request"},
      {.name = "action",
       .value = "ACTION",
       .help = "only events of this action, as request.delete.completed",
       .repeatable = true},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

audit::EventFilter filter_of(const Args& args) {
  audit::EventFilter filter;
  if (const auto from = args.find("from")) filter.from = parse_instant(*from);
  if (const auto to = args.find("to")) filter.to = parse_instant(*to);
  if (filter.from && filter.to && *filter.from >= *filter.to) {
    throw Error(ErrorKind::usage, "--from \"" + args.get("from") + "\" is not before --to \"" +
                                      args.get("to") + "\"");
  }
  // What the manifest and the event say of it is NFC.
  filter.request = text::nfc(args.get("request"));
  for (const std::string& action : args.all("action")) filter.actions.push_back(text::nfc(action));
  return filter;
}

}  // namespace ccctl::cmd
