// Exports of people into a folder, and what stands there.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "base/error.h"
#include "policy/pack.h"
#include "request/export.h"
#include "support/erasing.h"

namespace ccctl::testing {

inline std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline const std::filesystem::path kPolicies = std::filesystem::path(CCCTL_SOURCE_DIR) / "policies";

inline request::Answer answer() {
  const policy::Pack pack = policy::load_pack(kPolicies / "sandbox");
  return {request::information_of(pack), request::access_of(pack),
          doc::read<request::Wording>(text_of(kPolicies / "templates" / "wording.ja.yaml"),
                                      "wording.ja.yaml", "Wording", ErrorKind::config_invalid),
          text_of(kPolicies / "templates" / "export.html")};
}

inline request::Request export_to(const std::filesystem::path& out, Erasing& erasing,
                                  const std::optional<subject::SubjectRef>& ref,
                                  const std::optional<Term>& term = std::nullopt) {
  std::optional<subject::Identifier> typed;
  if (term) typed = {term->first, Personal<std::string>(term->second), false, "", ""};
  const request::Answer words = answer();
  request::Export engine(erasing.world(), {erasing.map, erasing.rules, "acme"}, words, {});
  const auto package = request::folder_package(out.string());
  const subject::Identifier* known = typed ? &*typed : nullptr;
  return engine.run(engine.start(ref, known, {}, {}, true), ref, known, *package);
}

// The rows of one table's file.
inline Json rows_of(const std::filesystem::path& out, const std::string& table) {
  for (const auto& file : std::filesystem::directory_iterator(out / "data")) {
    Json shown = Json::parse(text_of(file.path()));
    if (shown.at("table") == table) return shown.at("rows");
  }
  return Json::array();
}

// As JSON shows a value of PostgreSQL's text form.
inline bool same(const Json& shown, const Cell& cell) {
  if (!cell) return shown.is_null();
  if (shown.is_null()) return false;
  if (shown.is_boolean()) return *cell == (shown.get<bool>() ? "t" : "f");
  if (shown.is_structured()) return Json::parse(*cell) == shown;
  if (!shown.is_string()) return shown.dump() == *cell;
  std::string text = shown.get<std::string>();
  if (text == *cell) return true;
  if (text.size() > 19 && text.ends_with("Z"))
    text = text.substr(0, 10) + " " + text.substr(11, text.size() - 12) + "+00";
  return text == *cell;
}

}  // namespace ccctl::testing
