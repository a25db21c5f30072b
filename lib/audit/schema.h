// Which fields an event may have and what each looks like: the allow-list of the log (E-11).
//
// One table (schema_table.cpp) says it per action. append() refuses what the table does not have,
// verify() tells of a stored leaf that it does not fit, and event_schema() is the same as a JSON
// Schema for programs that are not ours. Nearly every form is one that no personal data has: ids,
// digests, pseudonyms, counts, instants, words of the program, names of the configuration. The
// exceptions are Form::statement, what an operator wrote as a reason, a matter or a reference, of
// at most 2,000 characters, and Form::login, who did it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ccctl::audit {

enum class Form {
  uuid,
  digest,        // SHA-256 of something that is not personal
  pseudonym,     // HMAC-SHA256 under a key of the subject's or the tenant's own
  confirmation,  // a plan's digest and its number of rows
  count,
  flag,
  instant,
  date,
  anchor,  // a date or an instant as the site's column has it
  duration,
  share,       // 3/4
  code,        // a word of the program
  term,        // some words of the program: the article of a law, an effect
  action,      // of an event
  version,     // of the time zones' data
  sqlstate,    // five characters
  check,       // of a key: 16 hexadecimal digits that tell it from others
  name,        // what map and packs call a table, column, rule, data type, processor …
  login,       // as the datastore authenticated it
  wording,     // a sentence of the program's or of a pack
  statement,   // what an operator wrote
  origin,      // of a log
  note,        // a signed checkpoint
  key,         // a verifier key
  statements,  // texts of an operator by names that a document gives
  object,      // has fields of its own; the last one
};

struct Field {
  std::string_view name;
  Form form = Form::object;
  bool list = false;
  std::vector<Field> fields{};  // of an object
};

// The fields of one action's body. A name may stand twice: then either form will do.
struct Declared {
  std::string_view action;  // ".refused" stands for every action that ends so
  std::string_view logs;    // in which it may stand: "evidence", "security evidence" …
  std::vector<Field> body{};
};
const std::vector<Declared>& declared_events();
// Stands for the refusal of every command that has no line of its own.
inline constexpr std::string_view kRefused = ".refused";
// What every event has beside its body; all but the last, the request, are always there.
const std::vector<Field>& head_fields();
// The declaration that says what events of that action have; nullptr where there is none.
const Declared* declaration(std::string_view action);
// Whether `logs` of a declaration has that one.
bool stands_in(std::string_view logs, std::string_view log);

// Whether events of that action are declared; refusals of every command are.
bool is_action(std::string_view action);

// What the texts of a form match (ECMA-262), and the most characters that they have. The pattern of
// what is no text is empty.
struct FormText {
  std::string_view name, pattern;
  std::size_t most = 200;
};
const FormText& text_of(Form form);
// The same, without an expression.
bool has_form(Form form, std::string_view text);

// What is wrong with the exact bytes of a leaf, as `field 'body/phone' of 'hold.added' is not
// declared`; nothing where all is declared and the line is canonical JSON. Never a value; a field's
// name only where it is an ordinary word. Reads the line once and makes no values of it, because
// each leaf of a log is looked at.
struct Misfit {
  std::string text;
  bool written = false;  // an operator has written too much
};
std::optional<Misfit> misfit(std::string_view line);

// The same as JSON Schema 2020-12: schemas/json/event.schema.json.
std::string event_schema();

}  // namespace ccctl::audit
