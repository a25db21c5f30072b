#include "cmd/retention/wiring.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::cmd {

Retentions::Retentions(App& app, rule::MatchAll match_all)
    : pack_(policy::load_pack(app.pack_folder())),
      rules_(rule::resolve(pack_, match_all)),
      ground_{app.map(), rules_, app.tenant(), pack_.name, pack_.digest} {}

std::optional<Instant> as_of_given(const Args& args) {
  const auto text = args.find("as-of");
  return text ? parse_instant(*text) : std::nullopt;
}

Option as_of_option(const std::string& help) {
  return {.name = "as-of", .type = Type::instant, .value = "INSTANT", .help = help};
}

Say messages_of(App& app) {
  return [&app](std::string_view line) { app.message(line); };
}

void tell_notices(const Say& say, const retention::Survey& survey) {
  for (const retention::Notice& notice : survey.notices) {
    say((notice.table.empty() ? "" : notice.table + ": ") + notice.message);
    if (!notice.remedy.empty()) say("hint: " + notice.remedy);
  }
}

void print_survey(App& app, const retention::Survey& survey, Json envelope) {
  std::vector<Json> rows;
  for (const retention::Count& count : survey.counts) rows.push_back(retention::to_json(count));
  Json notices = Json::array();
  for (const retention::Notice& notice : survey.notices)
    notices.push_back(retention::to_json(notice));
  envelope["notices"] = std::move(notices);
  envelope["rowsGoing"] = survey.rows_going();
  app.print_rows({"table", "rule", "state", "action", "rows"}, rows, envelope);
}

}  // namespace ccctl::cmd
