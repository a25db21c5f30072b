#include "report/mapping.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/time.h"
#include "crypto/tree.h"
#include "render/grid.h"

namespace ccctl::report {

namespace {

constexpr std::string_view kAbout =
    "how events of the audit log are written in another format (OCSF, CSV)";

const doc::Choices<As> kAs{
    {"same", As::same}, {"milliseconds", As::milliseconds}, {"text", As::text}};
const doc::Choices<RowForm> kForms{{"ndjson", RowForm::ndjson}, {"csv", RowForm::csv}};

// The value at "body.reason", or nothing.
const Json* at_path(const Json& event, std::string_view path) {
  const Json* here = &event;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const auto found = here->is_object() ? here->find(path.substr(0, dot)) : here->end();
    if (!here->is_object() || found == here->end()) return nullptr;
    here = &*found;
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return here;
}

Json converted(const Json& value, As as) {
  if (as == As::milliseconds && value.is_string()) {
    const auto at = parse_instant(value.get<std::string>());
    if (!at) return nullptr;
    return std::chrono::floor<std::chrono::milliseconds>(*at).time_since_epoch().count();
  }
  if (as == As::text && !value.is_string()) return render::json_text(value, false);
  return value;
}

Json value_of(const Cell& cell, const Json& event) {
  if (const auto* text = std::get_if<std::string>(&cell.value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&cell.value)) return *number;
  for (const std::string& path : std::get<std::vector<std::string>>(cell.value)) {
    if (const Json* found = at_path(event, path)) return converted(*found, cell.as);
  }
  return nullptr;
}

// Writes a value at "actor.user.name" of an object.
void put(Json& row, std::string_view name, Json value) {
  Json* here = &row;
  for (;;) {
    const std::size_t dot = name.find('.');
    here = &(*here)[std::string(name.substr(0, dot))];
    if (dot == std::string_view::npos) break;
    name = name.substr(dot + 1);
  }
  *here = std::move(value);
}

// The first of them that has a pattern for the action.
template <class T>
const T* fitting(const std::vector<T>& choices, std::string_view action) {
  const auto fits = [&](std::string_view pattern) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == action;
    return action.size() + 1 >= pattern.size() && action.starts_with(pattern.substr(0, star)) &&
           action.ends_with(pattern.substr(star + 1));
  };
  const auto found = std::ranges::find_if(
      choices, [&](const T& choice) { return std::ranges::any_of(choice.actions, fits); });
  return found == choices.end() ? nullptr : &*found;
}

}  // namespace

static void describe(Cell& cell, doc::Value& value) {
  const auto text = [&cell](doc::Value& v) { v.text(cell.value.emplace<std::string>()); };
  const auto number = [&cell](doc::Value& v) {
    doc::Reader<std::int64_t>::read(cell.value.emplace<std::int64_t>(), v);
  };
  const auto from = [&cell](doc::Value& v) {
    v.record([&cell](doc::Fields& f) {
      f.required("from", cell.value.emplace<std::vector<std::string>>(),
                 "paths into the event; the first that leads to a value counts");
      f.optional("as", cell.as, kAs, "milliseconds since 1970 of an instant, or as text");
    });
  };
  value.one_of({{doc::Shape::text, text, {}},
                {doc::Shape::integer, number, {}},
                {doc::Shape::map, from, {}}});
}

static void describe(Activity& activity, doc::Fields& f) {
  f.required("actions", activity.actions, "actions of events; one * stands for any part");
  f.required("members", activity.members, "what the row of such an event has besides");
}

static void describe(Class& one, doc::Fields& f) {
  f.required("actions", one.actions, "actions of events; one * stands for any part");
  f.required("members", one.members, "what the rows of such events have besides");
  f.optional("activities", one.activities, "the first whose actions fit adds its members");
}

void describe(Mapping& mapping, doc::Fields& f) {
  f.required("name", mapping.name, "the format");
  f.required("about", mapping.about, "which specification it follows, in one sentence");
  f.required("file", mapping.file, "the file's name in a bundle");
  f.required("form", mapping.form, kForms, "a JSON object or a CSV record per event");
  f.required("members", mapping.members, "what every row has, in this order; a dot nests");
  f.optional("classes", mapping.classes, "the first whose actions fit adds its members");
}

Mapping read_mapping(const std::string& yaml, const std::string& file) {
  return doc::read<Mapping>(yaml, file, "Mapping", ErrorKind::config_invalid);
}

std::string mapping_schema() {
  return doc::schema<Mapping>("Mapping", kAbout);
}

std::string Mapping::head() const {
  if (form != RowForm::csv) return "";
  std::string line;
  for (const auto& member : members) {
    line += (line.empty() ? "" : ",") + render::csv_field(render::guard_formula(member.name));
  }
  return line + "\r\n";
}

std::string Mapping::row(std::string_view line, const std::string& origin,
                         std::uint64_t index) const {
  Json event = Json::parse(line, nullptr, false);
  if (!event.is_object() || !event.contains("action") || !event["action"].is_string())
    throw Error(ErrorKind::findings, "a line of '" + origin + "' is no event",
                "see `ccctl audit verify`");
  event["leaf"] = {{"origin", origin},
                   {"index", index},
                   {"hash", crypto::to_hex(crypto::view(crypto::leaf_hash(line)))}};
  if (form == RowForm::csv) {
    std::string record;
    for (const auto& member : members) {
      const std::string text = render::cell_text(value_of(member.value, event));
      record +=
          (&member == &members.front() ? "" : ",") + render::csv_field(render::guard_formula(text));
    }
    return record + "\r\n";
  }
  Json made = Json::object();
  const auto add = [&](const Cells& cells) {
    for (const auto& cell : cells) {
      if (Json value = value_of(cell.value, event); !value.is_null())
        put(made, cell.name, std::move(value));
    }
  };
  add(members);
  const std::string action = event["action"];
  if (const Class* of = fitting(classes, action)) {
    add(of->members);
    if (const Activity* activity = fitting(of->activities, action)) add(activity->members);
  }
  return render::json_text(made, false) + "\n";
}

}  // namespace ccctl::report
