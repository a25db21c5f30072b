#include "request/export_words.h"

#include <algorithm>

#include "base/error.h"

namespace ccctl::request {
namespace {

const std::vector<std::string>& roles() {
  static const std::vector<std::string> all{"officer", "admin", "auditor", "owner", "partner"};
  return all;
}

void require_role(doc::Fields& f, std::string_view key, const std::string& role) {
  if (f.decoding() && std::find(roles().begin(), roles().end(), role) == roles().end())
    f.fail(key, "there is no role \"" + role + "\"",
           "one of officer, admin, auditor, owner, partner");
}

}  // namespace

static void describe(Text& text, doc::Value& value) {
  doc::Reader<std::map<std::string, std::string>>::read(text.by_language, value);
}

static void describe(Purpose& purpose, doc::Fields& f) {
  f.required("text", purpose.text, "what the data is used for");
  f.required("basis", purpose.basis, "the legal basis");
}

static void describe(Recipient& recipient, doc::Fields& f) {
  f.required("name", recipient.name, "who receives data, or a category of recipients");
  f.required("purpose", recipient.purpose, "what for");
  f.required("country", recipient.country, "where, as ISO 3166 writes it");
}

void describe(Information& information, doc::Fields& f) {
  f.required("controller", information.controller, "whose data it is, by language");
  f.required("contact", information.contact, "where the data subject can turn to");
  f.required("purposes", information.purposes, "what personal data is used for");
  f.required("recipients", information.recipients, "who receives it");
  f.required("source", information.source, "where it comes from");
  f.required("transfers", information.transfers, "to which countries it goes, and the safeguards");
  f.required("automated", information.automated, "automated decisions, or that there are none");
  f.required("authority", information.authority, "where one can complain");
}

void describe(Access& access, doc::Fields& f) {
  f.required("export", access.exporting, "the roles that may take personal data out");
  f.optional("mask", access.mask,
             "for each role the kinds (`is`) and data types (`data`) of the data map that it does "
             "not get");
  for (const std::string& role : access.exporting) require_role(f, "export", role);
  for (const auto& [role, kinds] : access.mask) require_role(f, "mask", role);
}

void describe(Wording& wording, doc::Fields& f) {
  f.required("language", wording.language, "ISO 639: ja, en, de");
  f.required("texts", wording.texts, "the sentences of an answer");
  f.required("names", wording.names, "what people call tables, columns and kinds of data");
}

std::string information_schema() {
  return doc::schema<Information>("Information",
                                  "what a data subject is told about the use of personal data");
}
std::string access_schema() {
  return doc::schema<Access>("Access", "who may take personal data out");
}
std::string wording_schema() {
  return doc::schema<Wording>("Wording", "the words of an answer in one language");
}

Information information_of(const policy::Pack& pack) {
  std::vector<Information> found = pack.read_all<Information>("Information");
  if (found.empty()) {
    throw Error(ErrorKind::policy_invalid,
                "pack \"" + pack.name + "\" has no document of kind Information",
                "an answer must say what the data is used for, who receives it and so on");
  }
  return std::move(found.back());
}

Access access_of(const policy::Pack& pack) {
  std::vector<Access> found = pack.read_all<Access>("Access");
  return found.empty() ? Access{} : std::move(found.back());
}

std::string Text::in(const std::string& language) const {
  for (const std::string& wanted : {language, std::string("en")}) {
    if (const auto it = by_language.find(wanted); it != by_language.end()) return it->second;
  }
  return by_language.empty() ? "" : by_language.begin()->second;
}

const std::string& Wording::text(const std::string& key) const {
  const auto it = texts.find(key);
  if (it == texts.end())
    throw Error(ErrorKind::config_invalid,
                "the wording \"" + language + "\" lacks \"" + key + "\"");
  return it->second;
}

std::string Wording::name(const std::string& thing, const std::string& of) const {
  for (const std::string& key : {of + "." + thing, thing}) {
    if (const auto it = names.find(key); it != names.end()) return it->second;
  }
  std::string plain = thing;
  std::replace(plain.begin(), plain.end(), '_', ' ');
  return plain;
}

std::string Wording::period(const Duration& duration) const {
  std::string out;
  const auto add = [&](std::int64_t count, const char* one, const char* many) {
    if (count == 0) return;
    std::string part = text(count == 1 ? one : many);
    if (const std::size_t at = part.find('#'); at != std::string::npos)
      part.replace(at, 1, std::to_string(count));
    out += (out.empty() ? "" : text("and")) + part;
  };
  add(duration.months / 12, "year", "years");
  add(duration.months % 12, "month", "months");
  add(duration.days, "day", "days");
  add(duration.seconds / 3600, "hour", "hours");
  return out;
}

}  // namespace ccctl::request
