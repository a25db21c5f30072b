// The forms of an event's fields, as expressions for others and as code for each leaf of a log.
#include <algorithm>
#include <array>

#include "audit/schema.h"

namespace ccctl::audit {

namespace {

// Classes of characters, as a table: each text of each leaf of a log is looked at.
enum : unsigned char { kDigit = 1, kHex = 2, kLower = 4, kUpper = 8 };

constexpr std::array<unsigned char, 256> kClasses = [] {
  std::array<unsigned char, 256> made{};
  for (unsigned char c = '0'; c <= '9'; ++c) made[c] = kDigit | kHex;
  for (unsigned char c = 'a'; c <= 'z'; ++c) made[c] = kLower | (c <= 'f' ? kHex : 0);
  for (unsigned char c = 'A'; c <= 'Z'; ++c) made[c] = kUpper;
  return made;
}();

bool is(char c, unsigned classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
bool all(std::string_view text, unsigned classes, std::string_view others = {}) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is(c, classes) || others.find(c) != std::string_view::npos;
  });
}
bool number(std::string_view text) {
  return !text.empty() && all(text, kDigit);
}

// 'x' stands for a hexadecimal digit, '9' for a decimal one, everything else for itself.
bool like(std::string_view text, std::string_view mask) {
  return text.size() == mask.size() &&
         std::equal(text.begin(), text.end(), mask.begin(), [](char c, char m) {
           return m == 'x' ? is(c, kHex) : m == '9' ? is(c, kDigit) : c == m;
         });
}

bool digest(std::string_view text) {
  return text.size() == 64 && all(text, kHex);
}

bool confirmation(std::string_view text) {
  return text.size() > 65 && digest(text.substr(0, 64)) && text[64] == ':' &&
         number(text.substr(65));
}

bool anchor(std::string_view text) {
  if (text == "infinity" || text == "-infinity" || text == "MINVALUE" || text == "MAXVALUE")
    return true;
  if (text.ends_with(" BC")) text.remove_suffix(3);
  if (text.empty()) return true;
  const std::size_t year = text.find('-');
  if (year < 4 || year > 6 || !number(text.substr(0, year))) return false;
  text.remove_prefix(year);
  if (!like(text.substr(0, 6), "-99-99")) return false;
  text.remove_prefix(6);
  if (text.empty()) return true;
  return (text[0] == 'T' || text[0] == ' ') && like(text.substr(1, 8), "99:99:99") &&
         text.size() <= 25 && all(text.substr(9), kDigit, ".:+-Z");
}

bool duration(std::string_view text) {
  return text.size() > 1 && text[0] == 'P' && all(text.substr(1), kDigit, "YMWDTHS");
}

bool share(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != text.npos && number(text.substr(0, slash)) && number(text.substr(slash + 1));
}

bool code(std::string_view text) {
  return !text.empty() && is(text[0], kLower | kUpper) &&
         all(text, kLower | kUpper | kDigit, "_.-");
}

// "GDPR Art. 17", "delete object"
bool term(std::string_view text) {
  return !text.empty() && is(text[0], kLower | kUpper) &&
         all(text, kLower | kUpper | kDigit, " .()_-");
}

bool action(std::string_view text) {
  bool inside = false;
  for (const char c : text) {
    if (!is(c, kLower) && (!inside || (c != '.' && c != '_' && c != '-'))) return false;
    inside = is(c, kLower);
  }
  return inside;
}

bool version(std::string_view text) {
  return like(text.substr(0, 4), "9999") && all(text.substr(4), kLower);
}

bool sqlstate(std::string_view text) {
  return text.size() == 5 && all(text, kDigit | kUpper);
}

// One line of some text.
bool line(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
}

bool origin(std::string_view text) {
  return text.find('/') != text.npos && all(text, kLower | kUpper | kDigit, "/._~%-");
}

bool base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && all(text, kLower | kUpper | kDigit, "+/");
}

bool key(std::string_view text) {
  const std::size_t plus = text.find('+');
  return plus != text.npos && origin(text.substr(0, plus)) &&
         like(text.substr(plus, 10), "+xxxxxxxx+") && base64(text.substr(plus + 10));
}

bool note(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end != text.npos && origin(text.substr(0, end)) && text.ends_with('\n') &&
         text.find("\n\n— ", end + 1) != text.npos;
}

bool anything(std::string_view) {
  return true;
}
bool nothing(std::string_view) {
  return false;
}

struct Row {
  Form form;
  FormText text;
  bool (*accepts)(std::string_view);
};

constexpr std::size_t kMostWritten = 2'000;

const std::array<Row, 26> kForms{{
    {Form::uuid,
     {"uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
     [](std::string_view t) { return like(t, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"); }},
    {Form::digest, {"digest", "^[0-9a-f]{64}$"}, digest},
    {Form::pseudonym, {"pseudonym", "^[0-9a-f]{64}$"}, digest},
    {Form::confirmation, {"confirmation", "^[0-9a-f]{64}:[0-9]+$"}, confirmation},
    {Form::count, {"count", ""}, nothing},
    {Form::flag, {"flag", ""}, nothing},
    {Form::instant,
     {"instant", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z$"},
     [](std::string_view t) { return like(t, "9999-99-99T99:99:99.999999Z"); }},
    {Form::date,
     {"date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
     [](std::string_view t) { return like(t, "9999-99-99"); }},
    {Form::anchor,
     {"anchor",
      "^(-?infinity|MINVALUE|MAXVALUE|([0-9]{4,6}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
      "[0-9.:+Z-]{0,16})?)?( BC)?)$"},
     anchor},
    {Form::duration, {"duration", "^P[0-9YMWDTHS]+$"}, duration},
    {Form::share, {"share", "^[0-9]+/[0-9]+$"}, share},
    {Form::code, {"code", "^[A-Za-z][A-Za-z0-9_.-]*$"}, code},
    {Form::term, {"term", "^[A-Za-z][A-Za-z0-9 .()_-]*$"}, term},
    {Form::action, {"action", "^[a-z]+([._-][a-z]+)*$"}, action},
    {Form::version, {"version", "^[0-9]{4}[a-z]*$"}, version},
    {Form::sqlstate, {"sqlstate", "^[0-9A-Z]{5}$"}, sqlstate},
    {Form::check,
     {"check", "^[0-9a-f]{16}$"},
     [](std::string_view t) { return like(t, "xxxxxxxxxxxxxxxx"); }},
    // Empty where there is none: of a pass that no rule has made.
    {Form::name,
     {"name", "^[^\\u0000-\\u001f\\u007f]*$", 1'000},
     [](std::string_view t) { return t.empty() || line(t); }},
    {Form::login, {"login", "^[^\\u0000-\\u001f\\u007f]+$", 63}, line},
    {Form::wording, {"wording", "^[^\\u0000-\\u001f\\u007f]+$", kMostWritten}, line},
    {Form::statement, {"statement", "", kMostWritten}, anything},
    {Form::origin, {"origin", "^[A-Za-z0-9._~%-]*/[A-Za-z0-9/._~%-]*$", 1'000}, origin},
    {Form::note,
     {"note", "^[A-Za-z0-9._~%-]*/[A-Za-z0-9/._~%-]*\\n[\\s\\S]*\\n\\n— [\\s\\S]*\\n$", 4'000},
     note},
    {Form::key,
     {"key", "^[A-Za-z0-9._~%-]*/[A-Za-z0-9/._~%-]*[+][0-9a-f]{8}[+][A-Za-z0-9+/]+=*$", 1'200},
     key},
    {Form::statements, {"statements", ""}, nothing},
    {Form::object, {"object", ""}, nothing},
}};

// Of UTF-8: its leading bytes.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

}  // namespace

const FormText& text_of(Form form) {
  return kForms.at(static_cast<std::size_t>(form)).text;
}

bool has_form(Form form, std::string_view text) {
  const Row& row = kForms.at(static_cast<std::size_t>(form));
  const bool fits = text.size() <= row.text.most || characters(text) <= row.text.most;
  return fits && row.accepts(text);
}

}  // namespace ccctl::audit
