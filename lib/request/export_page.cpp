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
  line_ = "<section>\n<h3>";
  render::append_html(line_, answer_.wording.name(portion.table->name));
  line_ += "</h3>\n<div class=\"wide\"><table>\n<thead><tr>";
  for (const Field& field : portion.fields) {
    line_ += "<th>";
    render::append_html(line_, answer_.wording.name(field.name, portion.table->name));
    line_ += "</th>";
  }
  line_ += "</tr></thead>\n<tbody>\n";
  file_->write(line_);
}

void AnswerPage::cell(const plan::Row& row, std::size_t field, const std::string& file,
                      bool masked) {
  const Wording& words = answer_.wording;
  if (masked) {
    line_ += "<td class=\"m\">";
    render::append_html(line_, words.text("is_masked"));
  } else if (row.is_null(field)) {
    line_ += "<td>";
  } else {
    const std::string_view text = row.text(field);
    switch (row.portion().fields[field].form) {
      case Field::Form::number:
        line_ += "<td class=\"n\">";
        render::append_html(line_, text);
        break;
      case Field::Form::boolean:
        line_ += "<td>";
        render::append_html(line_, words.text(text == "true" ? "yes" : "no"));
        break;
      case Field::Form::instant:
        line_ += "<td class=\"t\">";
        render::append_html(line_, readable_instant(text));
        break;
      case Field::Form::json:
        line_ += "<td>";
        if (text != "{}") render::append_html(line_, readable_document(text, words));
        break;
      case Field::Form::object:
        line_ += "<td>";
        if (file.empty()) break;
        line_ += "<a href=\"";
        render::append_html(line_, file);
        line_ += "\">";
        render::append_html(line_, std::string_view(file).substr(file.rfind('/') + 1));
        line_ += "</a>";
        break;
      case Field::Form::text:
        line_ += is_id(text) ? "<td class=\"i\">" : text.size() > 24 ? "<td class=\"l\">" : "<td>";
        render::append_html(line_, text);
        break;
    }
  }
  line_ += "</td>";
}

void AnswerPage::row(const plan::Row& row, const std::vector<std::string>& files) {
  if (open_ != &row.portion()) begin_table(row.portion());
  line_ = "<tr>";
  const std::string_view masked = row.masked();
  for (std::size_t i = 0; i < row.portion().fields.size(); ++i)
    cell(row, i, files[i], !masked.empty() && among(masked, row.portion().fields[i].name));
  line_ += "</tr>\n";
  file_->write(line_);
}

void AnswerPage::end_table(std::uint64_t rows) {
  line_ = "</tbody></table></div>\n<p class=\"count\">";
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
