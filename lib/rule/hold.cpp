#include "rule/hold.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "audit/event.h"
#include "base/calendar.h"
#include "base/error.h"
#include "base/json.h"
#include "subject/reference.h"

namespace ccctl::rule {
namespace {

constexpr Duration kGrace{0, 7, 0};

constexpr std::string_view kSelect =
    "SELECT h.hold_id, h.matter, h.reason, h.custodian, h.category, h.data, h.created_from, "
    "h.created_to, "
    "h.review_on, h.added_by, h.added_at, h.released_at, h.grace_until, "
    "(SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(s.subject_kind, s.subject_key) "
    "ORDER BY "
    "s.subject_kind, s.subject_key) FROM ccctl.hold_subject s WHERE s.tenant_id = h.tenant_id AND "
    "s.hold_id = "
    "h.hold_id)::text FROM ccctl.hold h WHERE h.tenant_id = $1::text ";

Hold from_row(const store::Rows& rows, std::size_t r) {
  Hold hold;
  hold.id = rows.text(r, 0);
  hold.matter = rows.text(r, 1);
  hold.reason = rows.text(r, 2);
  hold.custodian = rows.text(r, 3);
  hold.category = rows.text(r, 4);
  hold.data = rows.text(r, 5);
  hold.created_from = rows.instant(r, 6);
  hold.created_to = rows.instant(r, 7);
  hold.review_on = rows.text(r, 8);
  hold.added_by = rows.text(r, 9);
  hold.added_at = *rows.instant(r, 10);
  hold.released_at = rows.instant(r, 11);
  hold.grace_until = rows.instant(r, 12);
  if (!rows.is_null(r, 13)) {
    for (const Json& pair : Json::parse(rows.text(r, 13))) {
      hold.subjects.push_back({pair[0].get<std::string>(),
                               subject::SubjectRef::key_of_json(pair[1].get<std::string>())});
    }
  }
  return hold;
}

std::vector<Hold> read(store::Tx& tx, const std::string& tenant, const std::string& condition) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + condition + " ORDER BY h.added_at, h.hold_id", {tenant}});
  std::vector<Hold> holds;
  for (std::size_t r = 0; r < rows.size(); ++r) holds.push_back(from_row(rows, r));
  return holds;
}

store::Value optional_text(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

store::Value optional_instant(const std::optional<Instant>& at) {
  return at ? store::Value(to_text(*at)) : store::Value();
}

// What the evidence says of a hold; the subject only by its pseudonym.
Json scope_json(store::Tx& tx, const std::string& tenant, const Hold& hold) {
  Json scope = Json::object();
  if (!hold.category.empty()) scope["category"] = hold.category;
  if (!hold.data.empty()) scope["data"] = hold.data;
  if (hold.created_from) scope["created_from"] = to_text(*hold.created_from);
  if (hold.created_to) scope["created_to"] = to_text(*hold.created_to);
  for (const subject::SubjectRef& ref : hold.subjects) {
    scope["subjects"].push_back(subject::reference(tx, tenant, ref));
  }
  if (!hold.keyed.empty()) scope["keyed"] = hold.keyed;
  if (!hold.review_on.empty()) scope["review_on"] = hold.review_on;
  return scope;
}

void insert_rows(store::Tx& tx, const std::string& tenant, const Hold& hold, Instant at) {
  tx.exec(
      {"INSERT INTO ccctl.hold (tenant_id, hold_id, matter, reason, custodian, subject_kind, "
       "category, data, "
       "created_from, created_to, review_on, added_at, added_by) VALUES ($1::text, $2::text, "
       "$3::text, "
       "$4::text, "
       "$5::text, $6::text, $7::text, $8::text, $9::timestamptz, $10::timestamptz, $11::date, "
       "$12::timestamptz, $13::text) "
       "ON CONFLICT (tenant_id, hold_id) DO NOTHING",
       {tenant, hold.id, hold.matter, hold.reason, hold.custodian,
        hold.subjects.empty() ? store::Value() : store::Value(hold.subjects.front().kind),
        optional_text(hold.category), optional_text(hold.data), optional_instant(hold.created_from),
        optional_instant(hold.created_to), optional_text(hold.review_on), to_text(at),
        hold.added_by}});
  for (const subject::SubjectRef& ref : hold.subjects) {
    tx.exec(
        {"INSERT INTO ccctl.hold_subject (tenant_id, hold_id, subject_kind, subject_key) VALUES "
         "($1::text, "
         "$2::text, $3::text, $4::text) ON CONFLICT (tenant_id, hold_id, subject_kind, "
         "subject_key) DO NOTHING",
         {tenant, hold.id, ref.kind, ref.key_json()}});
  }
}

void insert(store::Tx& tx, const std::string& tenant, const Hold& hold, Instant at) {
  insert_rows(tx, tenant, hold, at);
  audit::append(tx,
                {audit::LogName::evidence, tenant, "hold.added", hold.added_by, "",
                 Json{{"hold", hold.id},
                      {"matter", hold.matter},
                      {"reason", hold.reason},
                      {"custodian", hold.custodian},
                      {"scope", scope_json(tx, tenant, hold)}}},
                at);
}

// The hold that a repeated command has added before.
std::optional<Hold> find_same(store::Tx& tx, const std::string& tenant, const Hold& hold) {
  std::vector<subject::SubjectRef> subjects = hold.subjects;
  std::sort(subjects.begin(), subjects.end());
  const auto said = [](const Hold& h) {
    return std::tie(h.matter, h.reason, h.custodian, h.category, h.data, h.created_from,
                    h.created_to, h.review_on);
  };
  for (Hold& other : read(tx, tenant, "AND h.released_at IS NULL")) {
    std::sort(other.subjects.begin(), other.subjects.end());
    if (said(other) == said(hold) && other.subjects == subjects) return std::move(other);
  }
  return std::nullopt;
}

struct Attempt {
  std::string owner, id;
};

std::vector<Attempt> open_attempts(store::Session& session, const std::string& tenant) {
  std::vector<Attempt> open;
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    open.clear();
    const store::Rows rows =
        tx.exec({"SELECT tenant_id, attempt_id FROM ccctl.attempt WHERE tenant_id IN ($1::text, "
                 "'*') ORDER BY tenant_id, attempt_id",
                 {tenant}});
    for (std::size_t r = 0; r < rows.size(); ++r) {
      open.push_back({std::string(rows.text(r, 0)), std::string(rows.text(r, 1))});
    }
  });
  return open;
}

// Each attempt in a transaction of its own: holding several would stop the workers from going on.
// The wait has no end, because it is what makes the answer true; it is cut into pieces only so that
// an interruption is noticed.
void wait_for(store::Session& session, const Attempt& attempt, const std::string& hold_id,
              const Interrupted& interrupted) {
  for (;;) {
    if (interrupted && interrupted()) {
      throw Error(ErrorKind::busy,
                  "interrupted while a deletion was running: hold \"" + hold_id +
                      "\" stands, but may have come too late for what that deletes",
                  "repeat the command: it adds nothing and goes on waiting");
    }
    try {
      session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
        tx.exec("SET LOCAL lock_timeout = '1s'");
        tx.exec(
            {"SELECT FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = $2::text FOR "
             "UPDATE",
             {attempt.owner, attempt.id}});
      });
      return;
    } catch (const store::StatementError& error) {
      if (error.sqlstate() != "55P03") throw;  // lock_not_available: the deletion is still running
    }
  }
}

void release_on_signature(store::Tx& tx, const std::string& tenant,
                          const policy::Approval& approval, const std::string& signer, Instant at) {
  release_hold(tx, tenant, approval.target, approval.id, signer, at);
}

}  // namespace

const policy::ApprovalKind kReleaseApproval{
    "hold.release", "ends the hold; what it kept may be deleted seven days later", true,
    release_on_signature};

std::vector<Hold> active_holds(store::Tx& tx, const std::string& tenant) {
  return read(tx, tenant,
              "AND (h.grace_until IS NULL OR pg_catalog.statement_timestamp() < h.grace_until)");
}

std::vector<Hold> all_holds(store::Tx& tx, const std::string& tenant) {
  return read(tx, tenant, "");
}

Hold get_hold(store::Tx& tx, const std::string& tenant, const std::string& id) {
  for (Hold& hold : all_holds(tx, tenant)) {
    if (hold.id == id) return std::move(hold);
  }
  throw Error(ErrorKind::not_found, "no hold \"" + id + "\"", "see `ccctl hold list`");
}

Hold add_hold(store::Session& session, const std::string& tenant, const Hold& hold, Instant at,
              const Interrupted& interrupted) {
  Hold standing = hold;
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    standing = find_same(tx, tenant, hold).value_or(hold);
    if (standing.id == hold.id) insert(tx, tenant, hold, at);
  });
  wait_for_deletions(session, tenant, standing.id, interrupted);
  return standing;
}

void wait_for_deletions(store::Session& session, const std::string& tenant,
                        const std::string& hold_id, const Interrupted& interrupted) {
  for (const Attempt& attempt : open_attempts(session, tenant)) {
    wait_for(session, attempt, hold_id, interrupted);
  }
}

void restore_hold(store::Tx& tx, const std::string& tenant, const Hold& hold) {
  insert_rows(tx, tenant, hold, hold.added_at);
}

bool restore_release(store::Tx& tx, const std::string& tenant, const std::string& id, Instant at,
                     Instant grace_until) {
  return tx.exec({"UPDATE ccctl.hold SET released_at = COALESCE(released_at, $3::timestamptz), "
                  "grace_until = COALESCE(grace_until, $4::timestamptz) WHERE tenant_id = $1::text "
                  "AND hold_id = $2::text",
                  {tenant, id, to_text(at), to_text(grace_until)}})
             .affected() == 1;
}

Hold release_hold(store::Tx& tx, const std::string& tenant, const std::string& id,
                  const std::string& approval_id, const std::string& actor, Instant at) {
  Hold hold = get_hold(tx, tenant, id);
  if (hold.released_at) return hold;
  hold.released_at = at;
  hold.grace_until = add(at, kGrace, "UTC", Granularity::instant);
  tx.exec(
      {"UPDATE ccctl.hold SET released_at = $3::timestamptz, grace_until = $4::timestamptz WHERE "
       "tenant_id = "
       "$1::text AND hold_id = $2::text AND released_at IS NULL",
       {tenant, id, to_text(*hold.released_at), to_text(*hold.grace_until)}});
  audit::append(
      tx,
      {audit::LogName::evidence, tenant, "hold.released", actor, "",
       Json{{"hold", id}, {"approval", approval_id}, {"grace_until", to_text(*hold.grace_until)}}},
      at);
  return hold;
}

}  // namespace ccctl::rule
