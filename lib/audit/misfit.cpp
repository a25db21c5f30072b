// Holds a leaf against its declaration: one walk over the bytes of canonical JSON.
#include <algorithm>
#include <map>

#include "audit/schema.h"
#include "crypto/note_text.h"

namespace ccctl::audit {

namespace {

// A field as the walk wants it: by name, as the members of canonical JSON are.
struct Shape {
  std::string_view name;
  Form form = Form::object;
  bool list = false;
  bool required = false;
  std::string_view among{};      // the only values, if not empty
  std::vector<Shape> members{};  // of an object; of one name, in the order of their declaration
};
using Shapes = std::vector<Shape>;

Shapes shapes_of(const std::vector<Field>& fields) {
  Shapes made;
  for (const Field& field : fields)
    made.push_back({field.name, field.form, field.list, false, {}, shapes_of(field.fields)});
  std::stable_sort(made.begin(), made.end(),
                   [](const Shape& a, const Shape& b) { return a.name < b.name; });
  return made;
}

Shapes shapes_of(const Declared& declared) {
  std::vector<Field> fields = head_fields();
  fields.push_back({"body", Form::object, false, declared.body});
  Shapes made = shapes_of(fields);
  for (Shape& each : made) {
    each.required = each.name != "body" && each.name != "request";
    if (each.name == "log") each.among = declared.logs;
  }
  return made;
}

const Shapes& shapes_for(const Declared& declared) {
  static const std::map<const Declared*, Shapes> all = [] {
    std::map<const Declared*, Shapes> made;
    for (const Declared& each : declared_events()) made.emplace(&each, shapes_of(each));
    return made;
  }();
  return all.at(&declared);
}

// The path is made on the way back, because nearly every leaf fits.
struct Place {
  std::string path, why;
  bool written = false;
};
using Found = std::optional<Place>;

Found broken() {
  return Place{"", "is no canonical JSON"};
}
Found without_form(Form form) {
  return Place{"", "is no " + std::string(text_of(form).name)};
}
Found under(std::string_view name, Found found) {
  found->path = std::string(name) + (found->path.empty() ? "" : "/" + found->path);
  return found;
}

// A name that nobody declared may be anything, a person's too.
std::string shown(std::string_view name) {
  const bool word = name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
                    });
  return word && !name.empty() ? std::string(name) : "…";
}

class LeafWalk {
 public:
  explicit LeafWalk(std::string_view line) : rest_(line) {}

  bool at_end() const { return rest_.empty(); }

  Found object(const Shapes& members) {
    std::string_view before;
    auto next = members.begin();
    const auto gone_by = [&] { return next++->required; };
    if (!take('{')) return without_form(Form::object);
    for (bool more = !take('}'); more; more = !take('}')) {
      const std::optional<std::string_view> name = key(before);
      if (!name) return broken();
      while (next != members.end() && next->name < *name) {
        if (gone_by()) return Place{std::string(std::prev(next)->name), "is missing"};
      }
      if (next == members.end() || next->name != *name)
        return Place{shown(*name), "is not declared"};
      before = next->name;
      if (Found found = either(next, members.end())) return under(before, std::move(found));
    }
    while (next != members.end()) {
      if (gone_by()) return Place{std::string(std::prev(next)->name), "is missing"};
    }
    return std::nullopt;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // With its colon, and the comma before it; nothing where it does not come after `before`.
  std::optional<std::string_view> key(std::string_view before) {
    if (!before.empty() && !take(',')) return std::nullopt;
    const std::optional<std::string_view> name = string();
    if (!name || *name <= before || !take(':')) return std::nullopt;
    return name;
  }

  // Any of the fields of one name will do; `next` is then the first of another.
  Found either(Shapes::const_iterator& next, Shapes::const_iterator end) {
    const std::string_view name = next->name, start = rest_;
    Found first = value(*next++);
    bool good = !first;
    for (; next != end && next->name == name; ++next) {
      if (good) continue;
      rest_ = start;
      good = !value(*next);
    }
    return good ? std::nullopt : first;
  }

  Found value(const Shape& shape) {
    if (!shape.list) return element(shape);
    if (!take('[')) return Place{"", "is no list"};
    if (take(']')) return std::nullopt;
    do {
      if (Found found = element(shape)) return found;
    } while (take(','));
    return take(']') ? std::nullopt : broken();
  }

  Found element(const Shape& shape) {
    switch (shape.form) {
      case Form::object:
        return object(shape.members);
      case Form::statements:
        return statements();
      case Form::count:
        return count() ? std::nullopt : without_form(shape.form);
      case Form::flag:
        return take("true") || take("false") ? std::nullopt : without_form(shape.form);
      default:
        return text(shape.form, shape.among);
    }
  }

  Found text(Form form, std::string_view among) {
    if (!rest_.starts_with('"')) return without_form(form);
    const std::optional<std::string_view> said = string();
    if (!said) return broken();
    if (!has_form(form, *said)) {
      if (form != Form::statement) return without_form(form);
      return Place{"", "is longer than " + std::to_string(text_of(form).most) + " characters",
                   true};
    }
    if (!among.empty() && !stands_in(among, *said))
      return Place{"", "is another one than that action's"};
    return std::nullopt;
  }

  Found statements() {
    std::string before;
    if (!take('{')) return without_form(Form::statements);
    for (bool more = !take('}'); more; more = !take('}')) {
      const std::optional<std::string_view> name = key(before);
      if (!name) return broken();
      if (!has_form(Form::code, *name)) return without_form(Form::statements);
      before = *name;
      if (Found found = text(Form::statement, {})) return under(shown(before), std::move(found));
    }
    return std::nullopt;
  }

  bool count() {
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0 || digits > 19 || (digits > 1 && rest_.front() == '0')) return false;
    rest_.remove_prefix(digits);
    return true;
  }

  // What is between the quotes, of the line itself where nothing is escaped. It lasts until the
  // next one.
  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    unsigned char all = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const auto c = static_cast<unsigned char>(rest_[i]);
      if (c == '\\') return escaped(i);
      if (c < 0x20) return std::nullopt;
      if (c != '"') {
        all |= c;
        continue;
      }
      const std::string_view text = rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return all < 0x80 || crypto::is_utf8(text) ? std::optional(text) : std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<std::string_view> escaped(std::size_t plain) {
    buffer_.assign(rest_.substr(0, plain));
    rest_.remove_prefix(plain);
    while (!rest_.empty() && static_cast<unsigned char>(rest_.front()) >= 0x20) {
      if (take('"'))
        return crypto::is_utf8(buffer_) ? std::optional<std::string_view>(buffer_) : std::nullopt;
      if (!take('\\')) {
        buffer_ += rest_.front();
        rest_.remove_prefix(1);
      } else if (!escape()) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  // Canonical are the short escapes, and for control characters without one six characters.
  bool escape() {
    constexpr std::string_view kShort = "\"\\bfnrt", kMeant = "\"\\\b\f\n\r\t",
                               kHex = "0123456789abcdef";
    if (rest_.empty()) return false;
    if (const std::size_t at = kShort.find(rest_.front()); at != kShort.npos) {
      buffer_ += kMeant[at];
      rest_.remove_prefix(1);
      return true;
    }
    if (rest_.size() < 5 || !take("u00")) return false;
    const std::size_t high = kHex.find(rest_[0]), low = kHex.find(rest_[1]);
    if (high > 1 || low == kHex.npos) return false;
    const char c = static_cast<char>(high * 16 + low);
    if (kMeant.find(c) != kMeant.npos) return false;
    buffer_ += c;
    rest_.remove_prefix(2);
    return true;
  }

  std::string_view rest_;
  std::string buffer_;
};

// The first member, as the names are in order.
std::string_view action_of(std::string_view line) {
  constexpr std::string_view kStart = "{\"action\":\"";
  if (!line.starts_with(kStart)) return {};
  line.remove_prefix(kStart.size());
  return line.substr(0, std::min(line.find('"'), line.size()));
}

}  // namespace

std::optional<Misfit> misfit(std::string_view line) {
  const Declared* declared = declaration(action_of(line));
  if (declared == nullptr) return Misfit{"an event is of an action that is not declared"};
  LeafWalk walk(line);
  Found found = walk.object(shapes_for(*declared));
  if (!found && !walk.at_end()) found = broken();
  if (!found) return std::nullopt;
  const std::string of =
      declared->action == kRefused ? "a refusal" : "'" + std::string(declared->action) + "'";
  return Misfit{(found->path.empty() ? "an event" : "field '" + found->path + "'") + " of " + of +
                    " " + found->why,
                found->written};
}

}  // namespace ccctl::audit
