// What an answer says besides the data: the controller's information, the rights to see it, and the
// words of the page in the reader's language.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/calendar.h"
#include "doc/reader.h"
#include "policy/pack.h"
#include "rule/retention.h"

namespace ccctl::request {

// A text in several languages.
struct Text {
  std::map<std::string, std::string> by_language;
  // In that language, else in English, else in any.
  std::string in(const std::string& language) const;
};

struct Purpose {
  Text text, basis;
};

struct Recipient {
  Text name, purpose;
  std::string country;
};

// What Art. 15(1) GDPR and Art. 32 APPI want told (kind Information).
struct Information {
  Text controller, contact;
  std::vector<Purpose> purposes;
  std::vector<Recipient> recipients;
  Text source, transfers, automated, authority;
};
void describe(Information& information, doc::Fields& f);
std::string information_schema();
// The pack's; throws policy_invalid when it has none, or two.
Information information_of(const policy::Pack& pack);

// Who may take data out, and what a role does not get to see (kind Access; W-03, W-20).
struct Access {
  std::vector<std::string> exporting{"officer", "admin"};  // roles
  std::map<std::string, std::vector<std::string>> mask;    // role -> kinds and data types
};
void describe(Access& access, doc::Fields& f);
std::string access_schema();
// The pack's last one, so that a pack overrides what it extends.
Access access_of(const policy::Pack& pack);

// The words of one language (kind Wording): texts of the page, names of tables, columns and the
// like, units of time.
struct Wording {
  std::string language;
  std::map<std::string, std::string> texts, names;

  // Throws config_invalid when there is no such text.
  const std::string& text(const std::string& key) const;
  // The name of a thing, or the thing itself with spaces for underscores: a table's column is
  // looked up as "table.column" and as "column".
  std::string name(const std::string& thing, const std::string& of = "") const;
  // "7 years and 30 days".
  std::string period(const Duration& duration) const;
};
void describe(Wording& wording, doc::Fields& f);
std::string wording_schema();

}  // namespace ccctl::request
