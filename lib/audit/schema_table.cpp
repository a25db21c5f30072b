// Every action of the log with the fields of its body. A new event is a line here, or append()
// refuses it; formats.md 5 says what a leaf is.
#include "audit/schema.h"

namespace ccctl::audit {

namespace table {  // short names, which the room has for other things, too

using enum Form;

using Fields = std::vector<Field>;

constexpr bool kMany = true;

Fields operator+(Fields some, const Fields& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

Field many(std::string_view list, Fields fields) {
  return {list, object, kMany, std::move(fields)};
}

// What was done to the rows of a table, and what was left.
Field actions() {
  return many("actions", {{"table", name},
                          {"action", term},
                          {"detail", name},
                          {"rows", count},
                          {"masked", count},
                          {"rule", name},
                          {"basis", name}});
}
Field kept() {
  return many("kept", {{"table", name},
                       {"category", name},
                       {"rows", count},
                       {"rule", name},
                       {"basis", name},
                       {"reason", wording},
                       {"until", instant},
                       {"holds", uuid, kMany}});
}
Field replacements() {
  return many("replacementTerms",
              {{"type", name}, {"existingValue", pseudonym}, {"updatedValue", pseudonym}});
}

// By what a decision was made.
Fields ground() {
  return {{"policy", digest}, {"map", digest}};
}

Field places(std::string_view list) {
  return many(list, {{"table", name}, {"column", name}, {"rows", count}});
}

// Who has copies that nothing here reaches; of a record, as somebody has entered it.
Field residual_copies() {
  return many("residualCopies", {{"kind", code},
                                 {"request", uuid},
                                 {"record", uuid},
                                 {"recipient", statement},
                                 {"date", anchor}});
}

Field processors() {
  return many("subProcessors", {{"subProcessor", name},
                                {"state", code},
                                {"dueDate", instant},
                                {"reference", statement},
                                {"reason", statement},
                                {"by", login},
                                {"at", instant}});
}

Fields evidence() {
  return {{"sha256", digest}, {"bytes", count}};
}

Fields confirmed() {
  return Fields{{"confirmation", confirmation},
                many("members", {{"reference", pseudonym}, {"rows", count}}),
                {"restricted", flag},
                {"channel", code},
                {"article", term},
                {"due", instant},
                {"case", uuid},
                replacements()} +
         ground();
}

// What the receipt of any request says.
Fields concluded() {
  return Fields{{"requestType", code},
                {"article", term},
                many("members", {{"reference", pseudonym}, {"related", uuid}}),
                actions(),
                many("excluded", {{"what", wording},
                                  {"table", name},
                                  {"reason", wording},
                                  {"rows", count},
                                  {"countedAt", instant},
                                  {"requirements", name, kMany}}),
                {"notCovered", name, kMany},
                {"receivedAt", instant},
                {"requestedBy", login},
                {"channel", code},
                {"outcome", code},
                {"identityCheck", object, false, {{"method", statement}, {"by", statement}}}} +
         ground();
}

Fields carried_out() {
  return concluded() + Fields{kept(),
                              {"holds", uuid, kMany},
                              places("shared"),
                              places("mentioned"),
                              places("residue"),
                              places("notSearched"),
                              processors(),
                              {"receipts", digest, kMany},
                              {"confirmation", confirmation},
                              {"settledAt", instant}};
}

Fields erased() {
  return carried_out() + Fields{{"erasedAt", instant}, residual_copies(), {"physical", wording}};
}

Fields by_hand() {
  return concluded() + Fields{{"receipts", digest, kMany},
                              {"manual",
                               object,
                               false,
                               {{"reference", statement},
                                {"evidence", object, false, evidence()},
                                {"requestedBy", login},
                                {"approvedBy", login},
                                {"approval", uuid},
                                {"statement", wording}}},
                              processors(),
                              residual_copies(),
                              {"confirmation", confirmation},
                              {"confirmation", digest},
                              {"completedAt", instant}};
}

Fields exported() {
  return concluded() + Fields{{"rows", count},        {"files", count},      {"bytes", count},
                              {"manifest", digest},   {"recipient", digest}, {"requester", code},
                              {"exportedAt", instant}};
}

Fields member() {
  return {actions(),
          kept(),
          {"rows", count},
          {"planned", count},
          {"reference", pseudonym},
          {"related", uuid},
          {"pass", count},
          {"confirmation", confirmation},
          {"keyed", object, false, {{"identifiers", pseudonym, kMany}, {"subject", pseudonym}}}};
}

Fields window() {
  return Fields{{"run", uuid},
                {"pass", count},
                {"window", count},
                {"table", name},
                {"rule", name},
                {"asOf", instant},
                {"range",
                 object,
                 false,
                 {{"by", code},
                  {"from", anchor},
                  {"to", anchor},
                  {"partition", name},
                  many("due", {{"from", anchor}, {"to", anchor}})}},
                {"taken", count},
                {"rows", count},
                {"held", count},
                {"keptByChild", count},
                actions(),
                {"keys", digest},
                {"stage", code},
                {"staged", count},
                {"restored", count},
                {"purgeFrom", instant},
                {"backupsGone", instant}} +
         ground();
}

Fields opened() {
  return Fields{
             {"run", uuid},       {"asOf", instant},
             {"plan", digest},    {"plan", object, false, {{"digest", digest}, {"file", digest}}},
             {"planned", count},  {"limits", object, false, {{"rows", count}, {"percent", count}}},
             {"tzdata", version}, {"tzdata", code},
             {"method", wording}} +
         ground();
}

Fields swept() {
  return {{"run", uuid},      {"asOf", instant},   {"planned", count},      {"outcome", code},
          {"policy", digest}, {"plan", digest},    {"windows", count},      {"rows", count},
          {"staged", count},  {"restored", count}, {"backupsGone", instant}};
}

Fields hold() {
  return {{"hold", uuid},
          {"matter", statement},
          {"reason", statement},
          {"custodian", statement},
          {"scope",
           object,
           false,
           {{"category", name},
            {"data", name},
            {"created_from", instant},
            {"created_to", instant},
            {"subjects", pseudonym, kMany},
            {"keyed", pseudonym, kMany},
            {"review_on", date}}}};
}

Fields approval() {
  return {{"approval", uuid},      {"kind", code},          {"target", uuid},
          {"target", digest},      {"target", term},        {"reason", statement},
          {"requested_by", login}, {"rejection", statement}};
}

Field filter() {
  return {"filter",
          object,
          false,
          {{"from", instant}, {"to", instant}, {"request", uuid}, {"actions", action, kMany}}};
}

Fields pruned() {
  return {{"origin", origin},
          {"size", count},
          {"first", instant},
          {"last", instant},
          {"rules", name, kMany}};
}

Fields step() {
  return {{"processor", name}, {"reference", statement}, {"reason", statement}};
}

constexpr std::string_view kEvidence = "evidence", kSecurity = "security", kOwn = "organisation",
                           kAccesses = "security organisation";

std::vector<Declared> of_requests() {
  return {
      {"case.opened", kEvidence, {{"case", uuid}}},
      {"case.closed",
       kEvidence,
       {{"case", uuid},
        {"criteria", count},
        {"covered", count},
        {"people", count},
        {"answered", count},
        {"coverage", share},
        {"closed", flag},
        {"waived", statement}}},
      {"request.delete.confirmed", kEvidence, confirmed()},
      {"request.update.confirmed", kEvidence, confirmed()},
      {"request.delete.completed", kEvidence, erased()},
      {"request.update.completed", kEvidence,
       carried_out() + Fields{{"rectifiedAt", instant}, replacements()}},
      {"request.delete.manual", kEvidence, by_hand()},
      {"request.update.manual", kEvidence, by_hand()},
      {"request.export.manual", kEvidence, by_hand()},
      {"request.export.started", kEvidence,
       Fields{{"members", count}, {"channel", code}, {"due", instant}} + ground()},
      {"request.export.completed", kEvidence, exported()},
      {"request.export.undelivered", kEvidence, {{"receipt", digest}}},
      {"request.objects.deleted", kEvidence, {{"receipt", digest}, {"outcome", code}}},
      {"request.kept.ended", kEvidence, {{"receipt", digest}}},
      {"request.retried", kEvidence},
      {"request.closed", kEvidence},
      {"request.step.done", kEvidence, step()},
      {"request.step.waived", kEvidence, step()},
      {"request.extended", kEvidence, {{"by", duration}, {"due", instant}, {"reason", statement}}},
      {"request.paused", kEvidence, {{"reason", statement}}},
      {"request.resumed", kEvidence, {{"due", instant}, {"reason", statement}}},
      {"request.refused", kEvidence, {{"reason", statement}}},
      {"request.cancelled", kEvidence, {{"reason", statement}}},
      {"subject.erased", kEvidence, member()},
      {"subject.rectified", kEvidence, member()}};
}

std::vector<Declared> of_retention() {
  return {
      {"hold.added", kEvidence, hold()},
      {"hold.released", kEvidence, {{"hold", uuid}, {"approval", uuid}, {"grace_until", instant}}},
      {"approval.requested", kEvidence, approval()},
      {"approval.signed", kEvidence, approval()},
      {"approval.rejected", kEvidence, approval()},
      {"record.added",
       kEvidence,
       {{"record", uuid},
        {"kind", name},
        {"fields", statements},
        {"from", date},
        {"until", anchor},
        many("evidence", evidence()),
        {"subjects", pseudonym, kMany}}},
      {"record.revoked", kEvidence, {{"record", uuid}, {"kind", name}, {"reason", statement}}},
      {"retention.planned",
       kEvidence,
       {{"digest", digest},
        {"plan", digest},
        {"policy", digest},
        {"asOf", instant},
        {"expiresAt", instant},
        {"rows", count}}},
      {"retention.opened", kEvidence, opened()},
      {"retention.window", kEvidence, window()},
      {"retention.swept", kEvidence, swept()},
      {"retention.replayed",
       kEvidence,
       {{"approval", uuid},
        {"action", action},
        {"outcome", code},
        {"leaves", digest, kMany},
        {"id", uuid}}},
      {"tenant.returned",
       kEvidence,
       {{"asked", instant}, {"rows", count}, {"objects", count}, {"manifest", digest}}},
      {"tenant.return.undelivered", kEvidence, {{"manifest", digest}}}};
}

std::vector<Declared> of_accesses() {
  return {
      {"subjects.searched",
       kSecurity,
       {{"term", name}, {"matches", count}, {"case", uuid}, {"terms", count}}},
      {"subjects.shown", kSecurity, {{"subjects", pseudonym, kMany}}},
      {"subjects.suggested", kSecurity, {{"subjects", pseudonym, kMany}}},
      {"request.get", kSecurity, {{"subjects", pseudonym, kMany}, {"rows", count}}},
      {"recording.read",
       kSecurity,
       {{"table", name},
        {"recording", pseudonym},
        {"reference", pseudonym},
        {"purpose", action},
        {"policy", digest},
        {"manifest", digest},
        {"file", count}}},
      {"privilege.granted", kAccesses, {{"login", login}, {"role", code}}},
      {"key.used", kAccesses, {{"kind", code}, {"key", check}, {"purpose", code}, {"uses", count}}},
      {"audit.shown", kAccesses, {filter(), {"log", code}}},
      {"audit.exported",
       kAccesses,
       {filter(),
        {"log", code},
        {"selection", code},
        {"rows", count},
        {"origins", origin, kMany},
        {"manifest", digest},
        {"sample", object, false, {{"seed", statement}, {"size", count}}},
        {"recipient", digest}}},
      {".refused",
       kAccesses,
       {{"kind", code},
        {"exit", count},
        {"reason", wording},
        {"code", code},
        {"sqlstate", sqlstate}}}};
}

std::vector<Declared> of_logs() {
  return {{"audit.idle", "evidence security"},
          {"audit.pruned", kEvidence, pruned()},
          {"shard.opened", kOwn, {{"origin", origin}, {"key", key}}},
          {"shard.closed", kOwn, {{"origin", origin}, {"size", count}, {"checkpoint", note}}},
          {"shard.checkpoint", kOwn, {{"origin", origin}, {"size", count}, {"checkpoint", note}}},
          {"shard.pruned", kOwn, pruned()},
          {"key.changed", kOwn, {{"origin", origin}, {"before", key}, {"key", key}}}};
}

}  // namespace table

const std::vector<Declared>& declared_events() {
  using namespace table;
  static const std::vector<Declared> all = [] {
    std::vector<Declared> made;
    for (const auto& some : {of_requests(), of_retention(), of_accesses(), of_logs()})
      made.insert(made.end(), some.begin(), some.end());
    return made;
  }();
  return all;
}

}  // namespace ccctl::audit
