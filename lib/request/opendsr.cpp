#include "request/opendsr.h"

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"

namespace ccctl::request {
namespace {

[[noreturn]] void cannot(const std::string& why) {
  throw Error(ErrorKind::usage, "an imported request " + why);
}

std::string text_at(const Json& object, const char* name, bool required = true) {
  const auto it = object.find(name);
  if (it != object.end() && it->is_string() && !it->get_ref<const std::string&>().empty())
    return it->get<std::string>();
  if (it == object.end() && !required) return "";
  cannot("has no usable \"" + std::string(name) + "\"");
}

Instant instant_at(const Json& object, const char* name) {
  const std::string text = text_at(object, name, false);
  if (text.empty()) return {};
  const std::optional<Instant> at = parse_instant(text);
  if (!at) cannot("has no usable \"" + std::string(name) + "\"");
  return *at;
}

struct Name {
  std::string_view theirs, ours;
};
// OpenDSR's identity types; one that is not here cannot be searched for.
constexpr std::array<Name, 8> kIdentities{{{"email", "email"},
                                           {"phone_number", "phone"},
                                           {"controller_customer_id", "external"},
                                           {"customer_id", "external"},
                                           {"twitter", "social.twitter"},
                                           {"facebook", "social.facebook"},
                                           {"name", "name"},
                                           {"address", "address"}}};
// The members of a subject in the API.
constexpr std::array<Name, 7> kSubject{{{"name", "name"},
                                        {"externalId", "external"},
                                        {"emailAddresses", "email"},
                                        {"phoneNumbers", "phone"},
                                        {"addresses", "address"},
                                        {"userId", "user"},
                                        {"externalContactId", "external_contact"}}};

template <std::size_t N>
std::string ours(const std::array<Name, N>& names, const std::string& theirs) {
  for (const Name& name : names) {
    if (name.theirs == theirs) return std::string(name.ours);
  }
  cannot("has the unknown identity type \"" + theirs + "\"");
}

void identity(Incoming& incoming, const std::string& type, const Json& entry, const char* value,
              const char* form) {
  if (!entry.is_object()) cannot("has no usable \"subject_identities\"");
  if (text_at(entry, form, false) != "raw" && entry.contains(form))
    cannot("has an identity that is not raw: hashes cannot be searched for");
  incoming.terms.emplace_back(ours(kIdentities, type), text_at(entry, value));
}

}  // namespace

Incoming read_opendsr(const Json& document) {
  if (!document.is_object()) cannot("is no object");
  Incoming incoming;
  const std::string type = text_at(document, "subject_request_type");
  if (type != "erasure" && type != "access" && type != "portability")
    cannot("has the unknown type \"" + type + "\"");
  incoming.type = type == "erasure" ? Type::erasing : Type::exporting;
  incoming.reference = text_at(document, "subject_request_id");
  incoming.received_at = instant_at(document, "submitted_time");
  const Json identities = document.value("subject_identities", Json());
  if (identities.is_object()) {
    for (const auto& [name, entry] : identities.items())
      identity(incoming, name, entry, "value", "encoding");
  } else if (identities.is_array()) {
    for (const Json& entry : identities) {
      if (!entry.is_object()) cannot("has no usable \"subject_identities\"");
      identity(incoming, text_at(entry, "identity_type"), entry, "identity_value",
               "identity_format");
    }
  }
  if (incoming.terms.empty()) cannot("names nobody");
  return incoming;
}

Incoming read_line(const Json& document) {
  if (!document.is_object()) cannot("is no object");
  Incoming incoming;
  const std::string type = text_at(document, "requestType");
  if (type != to_text(Type::erasing) && type != to_text(Type::exporting))
    cannot("has the type \"" + type + "\", which cannot be imported");
  incoming.type = type == to_text(Type::erasing) ? Type::erasing : Type::exporting;
  incoming.reference = text_at(document, "reference");
  incoming.received_at = instant_at(document, "receivedAt");
  const Json subject = document.value("subject", Json());
  if (!subject.is_object() || subject.empty()) cannot("names nobody");
  for (const auto& [name, value] : subject.items()) {
    const std::string kind = ours(kSubject, name);
    for (const Json& each : value.is_array() ? value : Json::array({value})) {
      if (!each.is_string()) cannot("has no usable \"" + name + "\"");
      incoming.terms.emplace_back(kind, each.get<std::string>());
    }
  }
  return incoming;
}

std::vector<Incoming> read_incoming(const std::string& text, bool opendsr) {
  std::vector<Incoming> all;
  const auto add = [&](const Json& document) {
    all.push_back(opendsr ? read_opendsr(document) : read_line(document));
  };
  const Json whole = Json::parse(text, nullptr, false);
  if (!whole.is_discarded()) {
    for (const Json& each : whole.is_array() ? whole : Json::array({whole})) add(each);
    return all;
  }
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    const Json document = Json::parse(line, nullptr, false);
    if (document.is_discarded()) cannot("is no JSON: line " + std::to_string(number));
    add(document);
  }
  return all;
}

Json to_opendsr(const Request& request) {
  if (request.type == Type::updating) {
    throw Error(ErrorKind::refused, "OpenDSR 2.0 knows no requests for rectification",
                "leave --format away");
  }
  const bool over = request.phase == Phase::refused || request.phase == Phase::cancelled;
  const bool begun = request.phase != Phase::received && request.phase != Phase::planned;
  const char* status = over                  ? "cancelled"
                       : !begun              ? "pending"
                       : live(request.phase) ? "in_progress"
                                             : "completed";
  return {{"api_version", "2.0"},
          {"controller_id", request.tenant},
          {"subject_request_id",
           request.intake.channel_ref.empty() ? request.id : request.intake.channel_ref},
          {"subject_request_type", request.type == Type::erasing ? "erasure" : "access"},
          {"request_status", status},
          {"received_time", ccctl::to_text(request.intake.received_at)},
          {"expected_completion_time", ccctl::to_text(request.due_at)},
          {"results_url", nullptr}};
}

}  // namespace ccctl::request
