#include "record/record.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "crypto/digest.h"

namespace ccctl::record {
namespace {

constexpr const char* kSelect =
    "SELECT r.record_id, r.kind, r.fields, r.valid_from, r.valid_until, r.evidence, r.entered_by, "
    "r.entered_at, r.revoked_by, r.revoked_at, r.revocation, (SELECT "
    "pg_catalog.array_to_json(pg_catalog.array_agg(s.reference ORDER BY s.reference COLLATE "
    "\"C\")) FROM ccctl.record_subject s WHERE s.tenant_id = r.tenant_id AND s.record_id = "
    "r.record_id) FROM ccctl.record r WHERE r.tenant_id = $1::text ";

Json evidence_json(const std::vector<Evidence>& evidence) {
  Json all = Json::array();
  for (const Evidence& file : evidence)
    all.push_back({{"sha256", file.sha256}, {"bytes", file.bytes}});
  return all;
}

Record from_row(const store::Rows& rows, std::size_t r) {
  Record record;
  record.id = rows.text(r, 0);
  record.kind = rows.text(r, 1);
  record.fields = Json::parse(rows.text(r, 2)).get<std::map<std::string, std::string>>();
  record.from = rows.text(r, 3);
  record.until = rows.text(r, 4);
  for (const Json& file : Json::parse(rows.text(r, 5)))
    record.evidence.push_back({file.at("sha256"), file.at("bytes").get<std::uint64_t>()});
  record.entered_by = rows.text(r, 6);
  record.entered_at = *rows.instant(r, 7);
  record.revoked_by = rows.text(r, 8);
  record.revoked_at = rows.instant(r, 9);
  record.revocation = rows.text(r, 10);
  if (!rows.is_null(r, 11)) {
    for (const Json& reference : Json::parse(rows.text(r, 11)))
      record.subjects.push_back(reference);
  }
  return record;
}

// What it says, without who entered it and when.
Json content(const Record& record) {
  return {{"kind", record.kind},
          {"fields", record.fields},
          {"from", record.from},
          {"until", record.until},
          {"evidence", evidence_json(record.evidence)},
          {"subjects", record.subjects}};
}

store::Value or_null(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

}  // namespace

Evidence hash_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  crypto::Sha256 hash;
  Evidence evidence;
  std::string piece(std::size_t{1} << 16, '\0');
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto length = static_cast<std::size_t>(file.gcount());
    hash.update(std::string_view(piece).substr(0, length));
    evidence.bytes += length;
  }
  if (!file.eof()) throw Error(ErrorKind::usage, "cannot read the evidence \"" + path + "\"");
  if (evidence.bytes == 0) throw Error(ErrorKind::usage, "the evidence \"" + path + "\" is empty");
  evidence.sha256 = crypto::to_hex(crypto::view(hash.finish()));
  return evidence;
}

Json to_json(const Record& record) {
  Json json = content(record);
  json.erase("kind");  // a document's kind is another
  if (record.until.empty()) json.erase("until");
  json["id"] = record.id;
  json["recordKind"] = record.kind;
  json["enteredBy"] = record.entered_by;
  json["enteredAt"] = to_text(record.entered_at);
  json["state"] = record.revoked() ? "revoked" : "entered";
  if (record.revoked()) {
    json["revokedBy"] = record.revoked_by;
    json["revokedAt"] = to_text(*record.revoked_at);
    json["revocation"] = record.revocation;
  }
  return json;
}

Record add(store::Tx& tx, const std::string& tenant, Record record, const std::string& actor,
           Instant at) {
  const Json says = content(record);
  const std::string mark = crypto::to_hex(crypto::view(crypto::sha256(canonical(says))));
  const store::Rows made = tx.exec(
      {"INSERT INTO ccctl.record (tenant_id, record_id, kind, fields, valid_from, valid_until, "
       "evidence, mark, entered_at) VALUES ($1::text, $2::text, $3::text, $4::text, $5::date, "
       "$6::date, $7::text, $8::text, $9::timestamptz) ON CONFLICT (tenant_id, mark) WHERE "
       "revoked_at IS NULL DO NOTHING",
       {tenant, record.id, record.kind, canonical(says.at("fields")), record.from,
        or_null(record.until), canonical(says.at("evidence")), mark, to_text(at)}});
  if (made.affected() == 0) {
    const store::Rows same = tx.exec(
        {std::string(kSelect) + "AND r.mark = $2::text AND r.revoked_at IS NULL", {tenant, mark}});
    if (same.empty()) throw store::RetryableError(ErrorKind::busy, "the record was just revoked");
    return from_row(same, 0);
  }
  tx.exec(
      {"INSERT INTO ccctl.record_subject (tenant_id, record_id, reference) SELECT $1::text, "
       "$2::text, u FROM pg_catalog.unnest($3::text[]) u",
       {tenant, record.id, store::array_literal(record.subjects)}});
  Json body = says;
  body["record"] = record.id;
  audit::append(tx, {audit::LogName::evidence, tenant, "record.added", actor, "", std::move(body)},
                at);
  return get(tx, tenant, record.id);
}

std::vector<Record> list(store::Tx& tx, const std::string& tenant, const Wanted& wanted) {
  store::Value subjects;
  if (wanted.subjects) subjects = store::array_literal(*wanted.subjects);
  const store::Rows rows = tx.exec(
      {std::string(kSelect) +
           "AND ($2::text IS NULL OR r.record_id = $2::text) AND ($3::text IS NULL OR r.kind = "
           "$3::text) AND ($4::text[] IS NULL OR r.record_id IN (SELECT o.record_id FROM "
           "ccctl.record_subject o WHERE o.tenant_id = $1::text AND o.reference = ANY "
           "($4::text[]))) AND ($5::boolean OR r.revoked_at IS NULL) ORDER BY r.valid_from, "
           "r.entered_at, r.record_id",
       {tenant, or_null(wanted.id), or_null(wanted.kind), subjects,
        wanted.revoked ? "true" : "false"}});
  std::vector<Record> all;
  for (std::size_t r = 0; r < rows.size(); ++r) all.push_back(from_row(rows, r));
  return all;
}

Record get(store::Tx& tx, const std::string& tenant, const std::string& id) {
  std::vector<Record> found = list(tx, tenant, {id, "", std::nullopt, true});
  if (found.empty())
    throw Error(ErrorKind::not_found, "no record \"" + id + "\"", "see `ccctl record list`");
  return found.front();
}

Record revoke(store::Tx& tx, const std::string& tenant, const std::string& id,
              const std::string& reason, const std::string& actor, Instant at) {
  const store::Rows revoked = tx.exec(
      {"UPDATE ccctl.record SET revoked_by = session_user, revoked_at = $3::timestamptz, "
       "revocation = $4::text WHERE tenant_id = $1::text AND record_id = $2::text AND revoked_at "
       "IS NULL",
       {tenant, id, to_text(at), reason}});
  Record record = get(tx, tenant, id);
  if (revoked.affected() == 0) {
    if (record.revocation == reason) return record;
    throw Error(ErrorKind::refused,
                "record \"" + id + "\" was revoked by \"" + record.revoked_by + "\"");
  }
  audit::append(tx,
                {audit::LogName::evidence, tenant, "record.revoked", actor, "",
                 Json{{"record", id}, {"kind", record.kind}, {"reason", reason}}},
                at);
  return record;
}

}  // namespace ccctl::record
