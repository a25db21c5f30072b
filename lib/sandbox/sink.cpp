#include "sandbox/sink.h"

#include "base/error.h"

namespace ccctl::sandbox {
namespace {

struct TableColumns {
  const char* table;
  std::vector<std::string> columns;
};

// Parents before children. The seeder makes the rows of schemas/sql/contact-center.sql and is the
// one part of lib/ that names its tables.
const std::vector<TableColumns>& tables() {
  static const std::vector<TableColumns> all{
      {"tenants", {"name", "region", "pack", "status", "zone", "contract_end", "created_at"}},
      {"contracts",
       {"id", "number", "kind", "starts_on", "ends_on", "contact_name", "contact_email",
        "created_at"}},
      {"users",
       {"id", "kind", "employment", "name", "name_folded", "email", "phone", "external_id",
        "terminated_at", "created_at"}},
      {"external_contacts",
       {"id", "canonical_id", "name", "name_folded", "email", "phone", "work_phone", "mobile",
        "address", "address_folded", "external_id", "twitter", "facebook", "language", "attributes",
        "created_at"}},
      {"custom_attributes",
       {"id", "external_contact_id", "attribute_key", "attribute_value", "created_at"}},
      {"consents",
       {"id", "external_contact_id", "purpose", "given_at", "withdrawn_at", "evidence"}},
      {"dialer_lists", {"id", "name", "created_at"}},
      {"dialer_contacts",
       {"contact_list_id", "id", "name", "name_folded", "phone", "email", "attributes",
        "created_at"}},
      {"do_not_contact", {"id", "phone", "reason", "created_at"}},
      {"journey_customers",
       {"customer_type", "customer_id", "external_contact_id", "email", "consent_at",
        "created_at"}},
      {"journey_events",
       {"id", "customer_type", "customer_id", "event", "page", "search_query", "occurred_at"}},
      {"conversations",
       {"id", "channel", "topic", "queue", "attributes", "started_at", "ended_at"}},
      {"participants",
       {"id", "conversation_id", "role", "external_contact_id", "contact_list_id",
        "dialer_contact_id", "user_id", "address", "joined_at", "left_at"}},
      {"messages", {"id", "conversation_id", "participant_id", "body", "sent_at"}},
      {"emails",
       {"id", "conversation_id", "participant_id", "direction", "from_address", "to_address",
        "subject", "body", "sent_at"}},
      {"recordings", {"id", "conversation_id", "storage_key", "seconds", "created_at"}},
      {"transcripts", {"id", "conversation_id", "recording_id", "content", "created_at"}},
      {"attachments",
       {"id", "owner_type", "owner_id", "uploader_role", "uploader_id", "file_name", "media_type",
        "bytes", "storage_key", "created_at"}},
      {"call_associated_data",
       {"id", "conversation_id", "participant_id", "data_key", "data_value", "created_at"}},
      {"call_detail_records",
       {"id", "conversation_id", "user_id", "ani", "dnis", "seconds", "started_at"}},
      {"usage_records",
       {"id", "conversation_id", "user_id", "billed_contact_id", "unit", "quantity", "amount_minor",
        "currency", "recorded_at"}},
      {"login_events", {"id", "user_id", "source_ip", "succeeded", "occurred_at"}},
      {"staff", {"id", "name", "email", "country", "created_at"}},
      {"support_tickets",
       {"id", "reporter_contact_id", "reporter_user_id", "staff_id", "subject", "description",
        "status", "opened_at", "closed_at"}},
      {"ticket_messages",
       {"id", "ticket_id", "author_contact_id", "author_user_id", "author_staff_id", "body",
        "sent_at"}},
  };
  return all;
}

constexpr std::uint64_t kBatch = 20000;

}  // namespace

void Sink::add(const std::string& table, Row row) {
  waiting_[table].push_back(std::move(row));
  ++waiting_rows_;
}

void Sink::flush() {
  for (const TableColumns& table : tables()) {
    const auto found = waiting_.find(table.table);
    if (found == waiting_.end()) continue;
    std::vector<std::string> columns{"tenant_id"};
    columns.insert(columns.end(), table.columns.begin(), table.columns.end());
    std::size_t next = 0;
    const std::uint64_t copied = tx_.copy_in("public." + found->first, columns, [&](Row& row) {
      if (next == found->second.size()) return false;
      const Row& waiting = found->second[next++];
      row.emplace_back(tenant_);
      row.insert(row.end(), waiting.begin(), waiting.end());
      return true;
    });
    waiting_.erase(found);
    rows_ += copied;
    keep_analysed(table.table, copied);
  }
  if (!waiting_.empty()) {
    throw Error(ErrorKind::unexpected, "a seeded table is not known: " + waiting_.begin()->first);
  }
  waiting_rows_ = 0;
}

// Without statistics the foreign keys' look-ups take any index that begins with the tenant, and
// read all of it: 65 seconds instead of ten. So a table is analysed before its children come,
// whenever it has doubled.
void Sink::keep_analysed(const std::string& table, std::uint64_t copied) {
  Growth& growth = growth_[table];
  growth.rows += copied;
  if (growth.rows < 50 || growth.rows < 2 * growth.analysed) return;
  tx_.exec("ANALYZE public." + table);
  growth.analysed = growth.rows;
}

void Sink::flush_when_large() {
  if (waiting_rows_ >= kBatch) flush();
}

std::string Sink::put(const std::string& kind, const std::string& id, const std::string& bytes) {
  std::string key = tenant_ + "/" + kind + "/" + id.substr(0, 2) + "/" + id;
  objects_.put(key, bytes);
  ++object_count_;
  return key;
}

void Sink::analyse() {
  for (const TableColumns& table : tables()) tx_.exec(std::string("ANALYZE public.") + table.table);
}

store::Value at(Instant instant) {
  return to_text(instant);
}

}  // namespace ccctl::sandbox
