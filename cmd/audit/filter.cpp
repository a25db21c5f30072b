#include "cmd/audit/filter.h"

#include <string_view>

#include "audit/schema.h"
#include "base/error.h"
#include "base/time.h"
#include "doc/suggest.h"

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
  // What is asked for stands in the log itself, which takes ids and its own words alone.
  filter.request = args.get("request");
  if (args.has("request") && !audit::has_form(audit::Form::uuid, filter.request)) {
    throw Error(ErrorKind::usage, "--request \"" + filter.request + "\" is no request's id",
                "see `ccctl request list`");
  }
  filter.actions = args.all("action");
  for (const std::string& action : filter.actions) {
    if (audit::is_action(action)) continue;
    std::vector<std::string_view> known;
    for (const audit::Declared& each : audit::declared_events()) known.push_back(each.action);
    throw Error(ErrorKind::usage, "there is no action \"" + action + "\" in the log",
                doc::suggestion_hint(action, known));
  }
  return filter;
}

std::optional<audit::LogName> log_of(const Args& args, const std::string& tenant) {
  if (tenant == audit::kOrganisation) {
    if (!args.has("log")) return audit::LogName::organisation;
    throw Error(ErrorKind::usage, "the organisation has one log, and no --log of a tenant",
                "leave --log away, or name a tenant");
  }
  const std::string log = args.get("log");
  if (log.empty()) return std::nullopt;
  return log == "security" ? audit::LogName::security : audit::LogName::evidence;
}

}  // namespace ccctl::cmd
