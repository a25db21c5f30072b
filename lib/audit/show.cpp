#include "audit/show.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/shard.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

// References stand under these names, however deep: {"reference": "…"}, {"subjects": ["…"]}.
void collect(const Json& value, std::vector<std::string>& found) {
  const auto add = [&](const Json& text) {
    if (text.is_string() && std::ranges::find(found, text.get<std::string>()) == found.end())
      found.push_back(text.get<std::string>());
  };
  if (value.is_array()) {
    for (const Json& element : value) collect(element, found);
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    if (name == "reference") add(member);
    if (name == "subjects" && member.is_array()) std::ranges::for_each(member, add);
    collect(member, found);
  }
}

std::string first_text(const Json& body, std::initializer_list<const char*> names) {
  if (!body.is_object()) return "";
  for (const char* name : names) {
    if (const auto found = body.find(name); found != body.end() && found->is_string())
      return found->get<std::string>();
  }
  return "";
}

}  // namespace

ShownEvent shown(Json event) {
  ShownEvent made;
  if (const auto body = event.find("body"); body != event.end()) {
    collect(*body, made.subjects);
    made.why = first_text(*body, {"reason", "article", "basis", "rule", "purpose"});
    made.policy = first_text(*body, {"policy"});
  }
  made.event = std::move(event);
  return made;
}

[[noreturn]] void throw_unreadable() {
  throw Error(ErrorKind::findings, "a line of the log is no event", "see `ccctl audit verify`");
}

void each_event(store::Tx& tx, const std::string& tenant, std::optional<LogName> log,
                const EventFilter& filter, const std::function<void(const ShownEvent&)>& each) {
  store::Params params;
  const std::string whose = params.bind(tenant) + "::text";
  const std::string which = log ? params.bind(std::string(to_text(*log))) : params.bind({});
  const std::string of = " WHERE e.tenant_id = " + whose + " AND (" + which + "::text IS NULL OR " +
                         "e.log = " + which + "::text) AND " + filter.sql(params, "e.line");
  const std::string text =
      "SELECT w.origin, w.leaf_index, pg_catalog.convert_from(w.line, 'UTF8') FROM ("
      "SELECT s.origin, e.leaf_index, e.line, e.leaf_index AS place FROM ccctl.leaf e JOIN "
      "ccctl.shard s ON s.tenant_id = e.tenant_id AND s.log = e.log AND s.period = e.period" +
      of + " UNION ALL SELECT NULL, NULL, e.line, e.id FROM ccctl.pending e" + of +
      ") w ORDER BY (pg_catalog.convert_from(w.line, 'UTF8')::json ->> 'at') COLLATE \"C\", "
      "w.origin NULLS LAST, w.place";
  const auto one = [&](const store::Rows& row) {
    Json event = Json::parse(row.text(0, 2), nullptr, false);
    if (!event.is_object()) {
      throw_unreadable();
    }
    ShownEvent made = shown(std::move(event));
    made.origin = row.text(0, 0);
    if (!row.is_null(0, 1)) made.index = static_cast<std::uint64_t>(row.integer(0, 1));
    each(made);
  };
  if (!reads_leaves(tx, [&] { tx.stream({text, params.take()}, one); })) throw_unreadable();
}

}  // namespace ccctl::audit
