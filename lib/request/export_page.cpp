#include "request/export_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "render/grid.h"
#include "render/template.h"
#include "request/export_table.h"

namespace ccctl::request {
namespace {

using plan::Field;

constexpr std::string_view kRows = "{{{rows}}}";

// So many columns can be read side by side, on paper too; rows of more are lists of what they have.
constexpr std::size_t kAbreast = 7;

bool among(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == name) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// An id is there to tell entries apart, not to be read.
bool is_id(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-';
}

std::string with(const std::string& text, const std::string& number) {
  std::string out = text;
  if (const std::size_t at = out.find('#'); at != std::string::npos) out.replace(at, 1, number);
  return out;
}

// {"note": "x", "list": [1, 2]} as lines of "name: value".
std::string readable_document(std::string_view text, const Wording& wording) {
  const Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::string(text);
  if (!value.is_object()) return render::cell_text(value);
  std::string out;
  for (const auto& [name, member] : value.items())
    out += (out.empty() ? "" : "\n") + wording.name(name) + ": " + render::cell_text(member);
  return out;
}

}  // namespace

std::vector<Period> periods_of(const std::vector<rule::Retention>& documents,
                               const std::vector<plan::Portion>& portions,
                               const std::string& tenant) {
  std::set<std::string> kinds;
  for (const plan::Portion& portion : portions) {
    kinds.insert(portion.table->category);
    for (const datamap::DataType& type : portion.table->data) kinds.insert(type.is);
  }
  std::vector<Period> periods;
  for (const rule::Retention& document : documents) {
    for (const rule::RetentionRule& rule : document.rules) {
      const std::string& kind = rule.match.data.empty() ? rule.match.category : rule.match.data;
      if (!kind.empty() && !kinds.contains(kind)) continue;
      if (!rule.match.tenant.empty() && rule.match.tenant != tenant) continue;
      const std::string anchor =
          rule.anchor.starts_with("tenant.") ? rule.anchor.substr(7) : rule.anchor;
      if (rule.min) periods.push_back({kind, anchor, *rule.min, true, rule.basis});
      const std::optional<Duration> most = rule.within  ? rule.within
                                           : rule.after ? rule.after->fixed
                                                        : std::nullopt;
      if (most) periods.push_back({kind, anchor, *most, false, rule.basis});
    }
  }
  return periods;
}

AnswerPage::AnswerPage(Package& package, const Answer& answer, const PackRules& rules,
                       const std::vector<plan::Portion>& portions, const std::string& tenant)
    : answer_(answer), rules_(rules), portions_(portions), tenant_(tenant) {
  if (answer.page.find(kRows) == std::string::npos) {
    throw Error(ErrorKind::config_invalid,
                "the template of index.html has no place \"" + std::string(kRows) + "\"");
  }
  file_ = package.create("index.html");
}

Json answer_json(const Answer& answer, const PackRules& rules,
                 const std::vector<plan::Portion>& portions, const std::string& tenant) {
  const Wording& words = answer.wording;
  const std::string& language = words.language;
  const Information& info = answer.information;
  Json purposes = Json::array(), recipients = Json::array(), periods = Json::array(),
       excluded = Json::array();
  for (const Purpose& purpose : info.purposes)
    purposes.push_back(
        {{"text", purpose.text.in(language)}, {"basis", purpose.basis.in(language)}});
  for (const Recipient& recipient : info.recipients) {
    recipients.push_back({{"name", recipient.name.in(language)},
                          {"purpose", recipient.purpose.in(language)},
                          {"country", recipient.country}});
  }
  for (const Period& period : periods_of(rules.retention, portions, tenant)) {
    const std::string text = with(words.text(period.least ? "periods_least" : "periods_from"),
                                  words.period(period.period)) +
                             " " + words.name("anchor." + period.anchor);
    periods.push_back({{"data", period.data.empty() ? words.text("data") : words.name(period.data)},
                       {"period", text},
                       {"basis", words.name(period.basis)}});
  }
  for (const Exclusion& exclusion : rules.requests.excluded) {
    excluded.push_back(
        {{"what", words.name(exclusion.what)}, {"reason", words.name(exclusion.reason)}});
  }
  return {{"language", language},
          {"controller", info.controller.in(language)},
          {"contact", info.contact.in(language)},
          {"purposes", purposes},
          {"recipients", recipients},
          {"periods", periods},
          {"source", info.source.in(language)},
          {"transfers", info.transfers.in(language)},
          {"automated", info.automated.in(language)},
          {"authority", info.authority.in(language)},
          {"rights", words.text("rights_list")},
          {"excluded", excluded}};
}

void AnswerPage::begin(const std::string& request_id, Instant at) {
  const std::size_t middle = answer_.page.find(kRows);
  Json data = answer_json(answer_, rules_, portions_, tenant_);
  data["t"] = answer_.wording.texts;
  data["request"] = request_id;
  data["date"] = to_text(at).substr(0, 16).replace(10, 1, " ") + " UTC";
  data["has_periods"] = !data["periods"].empty();
  file_->write(render::fill_html(answer_.page.substr(0, middle), data));
  tail_ = answer_.page.substr(middle + kRows.size());
}

void AnswerPage::begin_table(const plan::Portion& portion) {
  open_ = &portion;
  tabular_ = portion.fields.size() <= kAbreast;
  line_ = "<section>\n<h3>";
  render::append_html(line_, answer_.wording.name(portion.table->name));
  line_ += "</h3>\n";
  if (tabular_) {
    line_ += "<div class=\"wide\"><table>\n<thead><tr>";
    for (const Field& field : portion.fields) {
      line_ += "<th>";
      append_name(field);
      line_ += "</th>";
    }
    line_ += "</tr></thead>\n<tbody>\n";
  }
  file_->write(line_);
}

void AnswerPage::append_name(const Field& field) {
  render::append_html(line_, answer_.wording.name(field.name, open_->table->name));
}

// Its class, and as it is read.
void AnswerPage::append_value(const plan::Row& row, std::size_t field, const std::string& file,
                              bool masked) {
  const Wording& words = answer_.wording;
  if (masked) {
    line_ += " class=\"m\">";
    render::append_html(line_, words.text("is_masked"));
    return;
  }
  if (row.is_null(field)) {
    line_ += ">";
    return;
  }
  const std::string_view text = row.text(field);
  switch (row.portion().fields[field].form) {
    case Field::Form::number:
      line_ += " class=\"n\">";
      render::append_html(line_, text);
      break;
    case Field::Form::boolean:
      line_ += ">";
      render::append_html(line_, words.text(text == "true" ? "yes" : "no"));
      break;
    case Field::Form::instant:
      line_ += " class=\"t\">";
      render::append_html(line_, readable_instant(text));
      break;
    case Field::Form::json:
      line_ += ">";
      if (text != "{}") render::append_html(line_, readable_document(text, words));
      break;
    case Field::Form::object:
      line_ += ">";
      if (file.empty()) break;
      line_ += "<a href=\"";
      render::append_html(line_, file);
      line_ += "\">";
      render::append_html(line_, std::string_view(file).substr(file.rfind('/') + 1));
      line_ += "</a>";
      break;
    case Field::Form::text:
      line_ += is_id(text) ? " class=\"i\">" : text.size() > 24 ? " class=\"l\">" : ">";
      render::append_html(line_, text);
      break;
  }
}

void AnswerPage::row(const plan::Row& row, const std::vector<std::string>& files) {
  const std::vector<Field>& fields = row.portion().fields;
  if (open_ != &row.portion()) begin_table(row.portion());
  line_ = tabular_ ? "<tr>" : "<dl class=\"entry\">";
  const std::string_view all_masked = row.masked();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool masked = !all_masked.empty() && among(all_masked, fields[i].name);
    if (!tabular_) {
      if (row.is_null(i) && !masked) continue;
      line_ += "<dt>";
      append_name(fields[i]);
      line_ += "</dt>";
    }
    line_ += tabular_ ? "<td" : "<dd";
    append_value(row, i, files[i], masked);
    line_ += tabular_ ? "</td>" : "</dd>";
  }
  line_ += tabular_ ? "</tr>\n" : "</dl>\n";
  file_->write(line_);
}

void AnswerPage::end_table(std::uint64_t rows) {
  line_ = tabular_ ? "</tbody></table></div>\n" : "";
  line_ += "<p class=\"count\">";
  render::append_html(line_, with(answer_.wording.text("rows"), std::to_string(rows)));
  line_ += "</p>\n</section>\n";
  file_->write(line_);
  open_ = nullptr;
}

FileInfo AnswerPage::close(const std::vector<const plan::Portion*>& empty) {
  std::string names;
  for (const plan::Portion* portion : empty)
    names += (names.empty() ? "" : ", ") + answer_.wording.name(portion->table->name);
  Json nothing = Json::array();
  if (!names.empty()) nothing.push_back({{"names", names}});
  file_->write(render::fill_html(tail_, {{"t", answer_.wording.texts}, {"nothing", nothing}}));
  return file_->close();
}

}  // namespace ccctl::request
