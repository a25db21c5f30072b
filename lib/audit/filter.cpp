#include "audit/filter.h"

#include <nlohmann/json.hpp>

namespace ccctl::audit {

std::string EventFilter::sql(store::Params& params, std::string_view line) const {
  if (everything()) return "true";
  const std::string event = "pg_catalog.convert_from(" + std::string(line) + ", 'UTF8')::json";
  std::string condition;
  const auto require = [&](const std::string& what) {
    condition += (condition.empty() ? "" : " AND ") + what;
  };
  // Instants in a leaf have one text form, which sorts as they do.
  const std::string at = "(" + event + " ->> 'at') COLLATE \"C\" ";
  if (from) require(at + ">= " + params.bind(ccctl::to_text(*from)) + "::text");
  if (to) require(at + "< " + params.bind(ccctl::to_text(*to)) + "::text");
  if (!request.empty()) {
    require("(" + event + " ->> 'request') = " + params.bind(request) + "::text");
  }
  if (!actions.empty()) {
    require("(" + event + " ->> 'action') = ANY (" + params.bind(store::array_literal(actions)) +
            "::text[])");
  }
  return condition;
}

Json EventFilter::json() const {
  Json said = Json::object();
  if (from) said["from"] = ccctl::to_text(*from);
  if (to) said["to"] = ccctl::to_text(*to);
  if (!request.empty()) said["request"] = request;
  if (!actions.empty()) said["actions"] = actions;
  return said;
}

}  // namespace ccctl::audit
