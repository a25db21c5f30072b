// A map in its own grammar again: what `datamap show` prints and what the digest is made of.
#include <nlohmann/json.hpp>

#include "datamap/readers.h"

namespace ccctl::datamap {
namespace {

Json where_json(const Where& where) {
  Json out = Json::object();
  for (const Condition& condition : where) {
    switch (condition.op) {
      case Condition::Op::is_null:
        out[condition.column] = nullptr;
        break;
      case Condition::Op::not_null:
        out[condition.column] = "*";
        break;
      case Condition::Op::any_of:
        out[condition.column] =
            condition.values.size() == 1 ? Json(condition.values.front()) : Json(condition.values);
        break;
    }
  }
  return out;
}

void put(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}
void put(Json& out, const char* key, const std::vector<std::string>& list) {
  if (!list.empty()) out[key] = list;
}
void put(Json& out, const char* key, bool value) {
  if (value) out[key] = true;
}
void put(Json& out, const char* key, const std::optional<Site>& site) {
  if (site) out[key] = site->text();
}
void put(Json& out, const char* key, const std::vector<Site>& sites) {
  for (const Site& site : sites) out[key].push_back(site.text());
}
void put(Json& out, const char* key, const Where& where) {
  if (!where.empty()) out[key] = where_json(where);
}
void put(Json& out, const char* key, const std::optional<Sealed>& sealed) {
  if (sealed) out[key] = {{"as", sealed->as}, {"key", sealed->key}};
}

Json anchor_json(const Anchor& anchor) {
  switch (anchor.source) {
    case Anchor::Source::link:
      return {{"link", anchor.link}, {"anchor", anchor.anchor}};
    case Anchor::Source::tenant:
      return {{"tenant", anchor.anchor}};
    case Anchor::Source::latest_of: {
      Json parts = Json::array();
      for (const Anchor& part : anchor.parts) parts.push_back(anchor_json(part));
      return {{"latest_of", std::move(parts)}};
    }
    case Anchor::Source::column:
      break;
  }
  if (anchor.zone.empty()) return anchor.column;
  return {{"column", anchor.column}, {"zone", anchor.zone}};
}

void put(Json& out, const char* key, const std::map<std::string, Anchor>& anchors) {
  for (const auto& [name, anchor] : anchors) out[key][name] = anchor_json(anchor);
}

Json tenant_json(const Tenant& tenant) {
  switch (tenant.how) {
    case Tenant::How::column:
      return {{"column", tenant.value}};
    case Tenant::How::constant:
      return {{"constant", tenant.value}};
    case Tenant::How::link:
      return {{"link", tenant.value}};
    case Tenant::How::none:
      break;
  }
  return Json::object();
}

void put(Json& out, const ColumnErase& erase) {
  using Effect = ColumnErase::Effect;
  switch (erase.effect) {
    case Effect::none:
      return;
    case Effect::set_null:
      out["erase"] = nullptr;
      return;
    case Effect::drop:
      out["erase"] = "drop";
      return;
    case Effect::set_value:
      out["erase"] = {{"set", erase.value}};
      return;
    case Effect::pseudonymise:
      out["erase"] = {{"pseudonymise", erase.count}};
      return;
    case Effect::truncate:
      out["erase"] = {{"truncate", erase.count}};
      return;
    case Effect::generalise:
      out["erase"] = {{"generalise", erase.value}};
      return;
  }
}

Json column_json(const Column& column) {
  Json out = Json::object();
  put(out, "is", column.is);
  put(out, "with", column.with);
  put(out, "data", column.data);
  put(out, "normalise", column.normalise);
  put(out, "search", column.search);
  put(out, "suggest", column.suggest);
  put(out, "free", column.free);
  put(out, "mask", column.mask);
  put(out, column.erase);
  put(out, "sealed", column.sealed);
  put(out, "blind", column.blind);
  return out;
}

Json link_json(const Link& link) {
  Json out = {{"to", link.to.empty() ? "none" : link.to}, {"down", kDown.name(link.down)}};
  put(out, "from", link.from);
  put(out, "when", link.when);
  if (link.up_last) out["up"] = "last";
  put(out, "count", link.count);
  return out;
}

Json types_json(const std::vector<DataType>& types) {
  if (types.size() == 1 && types.front().when.empty()) return types.front().is;
  Json out = Json::array();
  for (const DataType& type : types) {
    Json item = {{"is", type.is}};
    put(item, "when", type.when);
    out.push_back(std::move(item));
  }
  return out;
}

Json erase_json(const Table& table) {
  if (table.erase == Erase::retain) return {{"retain", table.retain_basis}};
  return table.erase == Erase::anonymise ? "anonymise" : "delete";
}

Json hidden_json(const Hidden& hidden) {
  Json out = Json::object();
  put(out, "column", hidden.column);
  put(out, "move", hidden.move);
  put(out, "view", hidden.view);
  put(out, "tombstones", hidden.tombstones);
  return out;
}

Json subject_json(const SubjectType& subject) {
  Json out = {{"table", subject.table}};
  put(out, "where", subject.where);
  put(out, "current", subject.current);
  if (subject.merge) {
    Json& merge = out["merge"];
    if (subject.merge->table.empty()) {
      merge["canonical"] = subject.merge->canonical;
    } else {
      merge = {{"table", subject.merge->table},
               {"member", subject.merge->member},
               {"canonical", subject.merge->canonical_columns}};
    }
  }
  put(out, "label", subject.label);
  return out;
}

Json tenants_json(const Tenants& tenants) {
  Json out = {{"table", tenants.table}, {"key", tenants.key}};
  put(out, "region", tenants.region);
  put(out, "pack", tenants.pack);
  put(out, "status", tenants.status);
  put(out, "zone", tenants.zone);
  put(out, "anchors", tenants.anchors);
  return out;
}

}  // namespace

Json to_json(const Table& table, const Map& map) {
  Json out = {{"key", table.key}, {"category", table.category}, {"erase", erase_json(table)}};
  if (!table.data.empty()) out["data"] = types_json(table.data);
  put(out, "retention_label", table.retention_label);
  put(out, "purposes", table.purposes);
  if (table.rectify != Rectify::replace) out["rectify"] = kRectify.name(table.rectify);
  if (table.hidden) out["hidden"] = hidden_json(*table.hidden);
  put(out, "anchors", table.anchors);
  put(out, "clean", table.clean);
  for (const Column& column : table.columns)
    out["columns"][column.site.text()] = column_json(column);
  for (const Link& link : table.links) out["links"][link.name] = link_json(link);
  for (const Object& object : table.objects) {
    Json& item = out["objects"][object.name];
    item = {{"pointer", object.pointer.text()}, {"store", object.store}};
    put(item, "sealed", object.sealed);
  }
  for (const Outside& outside : table.outside) {
    Json item = {{"what", outside.what}, {"reason", outside.reason}};
    put(item, "unlinked", outside.unlinked);
    put(item, "requirements", outside.requirements);
    out["outside"].push_back(std::move(item));
  }
  if (table.tenant.how != map.tenant.how || table.tenant.value != map.tenant.value) {
    out["tenant"] = tenant_json(table.tenant);
  }
  if (!table.in_scope) out["scope"] = "out";
  put(out, "match", table.match);
  put(out, "requires_subject", table.requires_subject);
  put(out, "unit", table.unit);
  return out;
}

Json to_json(const Map& map) {
  Json out = {{"apiVersion", "ccctl/v1"}, {"kind", "DataMap"}, {"tenant", tenant_json(map.tenant)}};
  if (map.tenants) out["tenants"] = tenants_json(*map.tenants);
  put(out, "zone", map.zone);
  put(out, "ignore", map.ignore);
  for (const SubjectType& subject : map.subjects)
    out["subjects"][subject.kind] = subject_json(subject);
  Json& tables = out["tables"] = Json::object();
  for (const Table& table : map.tables) tables[table.name] = to_json(table, map);
  return out;
}

}  // namespace ccctl::datamap
