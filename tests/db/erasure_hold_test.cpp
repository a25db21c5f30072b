// Erasures under legal holds and statutory minima, compared with the model (formats.md 2 and 3).
#include <gtest/gtest.h>

#include <algorithm>

#include "base/calendar.h"
#include "sandbox/seeder.h"
#include "support/erasing.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

SubjectRef user(const char* id) {
  return {"user", {id}};
}

std::vector<SubjectRef> canonical_contacts(const Model& model) {
  std::vector<SubjectRef> people;
  for (const SubjectRef& ref : model.subjects("external_contact")) {
    if (model.merge_set(ref).back() == ref) people.push_back(ref);
  }
  return people;
}

rule::Hold wide(const std::string& category, const std::string& data, const char* from = nullptr,
                const char* to = nullptr) {
  rule::Hold hold;
  hold.category = category;
  hold.data = data;
  if (from != nullptr) hold.created_from = parse_instant(from);
  if (to != nullptr) hold.created_to = parse_instant(to);
  return hold;
}

rule::Hold of(const Model& model, const SubjectRef& ref) {
  rule::Hold hold;
  hold.subjects = model.merge_set(ref);
  return hold;
}

// Erases `most` people under the holds that there are; stops where something differed.
void erase_people(Erasing& erasing, std::size_t most) {
  std::size_t erased = 0;
  for (const SubjectRef& ref : canonical_contacts(erasing.model())) {
    if (erased++ == most) break;
    SCOPED_TRACE(ref.text());
    if (!erasing.check(ref)) break;
  }
}

struct WideHold {
  const char* name;
  const char* category;
  const char* data;
  const char* from;
  const char* to;
};

class ErasureUnderAHold : public ::testing::TestWithParam<WideHold> {};

// A hold by category, data type or date keeps its rows and what they need; the rest goes.
TEST_P(ErasureUnderAHold, KeepsItsRowsUntouched) {
  const WideHold& p = GetParam();
  Erasing erasing({.seed = 11, .contacts = 60});
  erasing.hold(wide(p.category, p.data, p.from, p.to));
  erase_people(erasing, 10);
}
INSTANTIATE_TEST_SUITE_P(
    Holds, ErasureUnderAHold,
    ::testing::Values(WideHold{"HostUsage", "host_usage", "", nullptr, nullptr},
                      WideHold{"HostUsageOfAYear", "host_usage", "", "2025-07-01T00:00:00Z",
                               "2026-04-01T00:00:00Z"},
                      WideHold{"Generated", "generated", "", nullptr, nullptr},
                      WideHold{"GeneratedSince", "generated", "", "2025-12-01T00:00:00Z", nullptr},
                      WideHold{"GeneratedUntil", "generated", "", nullptr, "2025-12-01T00:00:00Z"},
                      WideHold{"Registration", "registration", "", nullptr, nullptr},
                      WideHold{"Chat", "", "chat", nullptr, nullptr},
                      WideHold{"Interaction", "", "interaction", "2025-09-01T00:00:00Z", nullptr},
                      WideHold{"Files", "", "media_file", nullptr, nullptr},
                      WideHold{"Everything", "", "", nullptr, nullptr},
                      WideHold{"EverythingOld", "", "", nullptr, "2024-01-01T00:00:00Z"}),
    [](const auto& each) { return std::string(each.param.name); });

// With a hold on one member of a merge set nothing changes for any member.
TEST(ErasureOfAHeldPerson, ChangesNothingForAnyMember) {
  Erasing erasing({.seed = 12, .contacts = 100});
  std::size_t seen = 0;
  for (const SubjectRef& ref : canonical_contacts(erasing.model())) {
    const Model before = erasing.model();
    const std::vector<SubjectRef> members = before.merge_set(ref);
    if (members.size() < 2 || seen == 8) continue;
    rule::Hold hold;
    hold.subjects = {members[seen++ % members.size()]};
    erasing.hold(hold);
    const request::Preview shown = erasing.preview(ref);
    EXPECT_FALSE(shown.holds.empty());
    EXPECT_EQ(error_of([&] { erasing.erase(shown); }).kind(), ErrorKind::held);
    EXPECT_EQ(before.differences(erasing.model()), std::vector<std::string>{});
    erasing.lift_holds();
    ASSERT_TRUE(erasing.check(ref));
  }
  EXPECT_EQ(seen, 8U);
}

// A hold on another customer keeps the conversations with them whole, also for this one.
TEST(ErasureBesideAHeldCustomer, KeepsSharedConversationsWhole) {
  Erasing erasing({.seed = 13, .contacts = 100});
  std::vector<SubjectRef> held;
  std::size_t erased = 0;
  for (const auto& [one, other] : erasing.model().talked("external_contact", "external_contact")) {
    const Model model = erasing.model();
    const std::vector<SubjectRef> members = model.merge_set(one), others = model.merge_set(other);
    if (members.empty() || others.empty() || members == others || erased == 12) continue;
    erasing.hold(of(model, other));
    SCOPED_TRACE(members.back().text() + " beside " + other.text());
    const bool same = erasing.check(members.back());
    erasing.lift_holds();
    if (!same) break;
    ++erased;
  }
  EXPECT_EQ(erased, 12U);
}

TEST(ErasureBesideAHeldAgent, KeepsTheConversationsThatTheAgentTookPartIn) {
  Erasing erasing({.seed = 14, .contacts = 60});
  erasing.hold(of(erasing.model(), erasing.model().subjects("user").front()));
  erase_people(erasing, 15);
}

// The held customer's rows stay as they are: so does the agent whom they name.
TEST(ErasureOfAnAgent, LeavesTheRowsOfAHeldCustomerUntouched) {
  Erasing erasing({.seed = 15, .contacts = 60});
  const SubjectRef agent = user(sandbox::well_known::kFormerAgent);
  const SubjectRef customer{"external_contact", {sandbox::well_known::kTanaka}};
  erasing.hold(of(erasing.model(), customer));
  EXPECT_TRUE(erasing.check(agent));
  erasing.lift_holds();
  EXPECT_TRUE(erasing.check(agent));
}

TEST(ErasureBesideAHeldVisitor, KeepsTheVisitor) {
  Erasing erasing({.seed = 16, .contacts = 20, .stir = false});
  erasing.hold(
      of(erasing.model(), {"journey_customer", {"cookie", sandbox::well_known::kVisitor}}));
  EXPECT_TRUE(erasing.check(SubjectRef{"external_contact", {sandbox::well_known::kTanaka}}));
}

// A call from a held person's number belongs to that person, who is not otherwise in the
// conversation; so does one from the number of whoever was merged with them since.
TEST(ErasureBesideAHeldNumber, KeepsTheConversationThatItCalled) {
  Erasing erasing({.seed = 17, .contacts = 20, .stir = false});
  const SubjectRef customer{"external_contact", {sandbox::well_known::kTanaka}};
  const auto contact = [&](const std::string& number) {
    return "(SELECT id FROM public.external_contacts c WHERE tenant_id = 'acme' AND phone IS NOT "
           "NULL AND canonical_id IS NULL AND name NOT IN (SELECT name FROM public.users) AND NOT "
           "EXISTS (SELECT FROM public.external_contacts m WHERE m.canonical_id = c.id) AND NOT "
           "EXISTS (SELECT FROM public.participants p WHERE p.external_contact_id = c.id AND "
           "p.conversation_id IN (SELECT conversation_id FROM public.participants WHERE "
           "external_contact_id = '" +
           customer.key.front() + "')) ORDER BY id OFFSET " + number + " LIMIT 1)";
  };
  const std::string held = erasing.text("SELECT " + contact("0")),
                    other = erasing.text("SELECT " + contact("1")),
                    call = erasing.text(
                        "SELECT conversation_id FROM public.participants WHERE tenant_id = 'acme' "
                        "AND external_contact_id = '" +
                        customer.key.front() + "' ORDER BY conversation_id LIMIT 1");
  erasing.run(
      "INSERT INTO public.call_detail_records (tenant_id, id, conversation_id, ani, dnis, "
      "started_at, seconds) SELECT 'acme', gen_random_uuid(), '" +
      call + "', phone, '+81312345678', '2026-01-05T00:00:00Z', 60 FROM " +
      "public.external_contacts WHERE tenant_id = 'acme' AND id = '" + other + "'");
  const SubjectRef person{"external_contact", {held}};
  erasing.hold(of(erasing.model(), person));
  erasing.run("UPDATE public.external_contacts SET canonical_id = '" + held +
              "' WHERE tenant_id = 'acme' AND id = '" + other + "'");
  EXPECT_TRUE(erasing.check(customer));
  EXPECT_EQ(erasing.text("SELECT count(*) FROM public.conversations WHERE tenant_id = 'acme' AND "
                         "id = '" +
                         call + "'"),
            "1");
  EXPECT_EQ(erasing.text("SELECT count(*) FROM public.call_detail_records WHERE tenant_id = 'acme' "
                         "AND conversation_id = '" +
                         call +
                         "' AND ani = (SELECT phone FROM public.external_contacts WHERE tenant_id "
                         "= 'acme' AND id = '" +
                         other + "')"),
            "1");
}

rule::RetentionRule minimum(const std::string& data, std::int32_t months) {
  rule::RetentionRule rule;
  rule.id = "test." + data;
  rule.match.data = data;
  rule.anchor = "created";
  rule.min = Duration{months, 0, 0};
  rule.basis = "legal_obligation";
  rule.reason = "a statute";
  return rule;
}

class ErasureUnderAStatute : public ::testing::TestWithParam<const char*> {};

// What the law keeps stays as it is; what its foreign keys need stays without personal data.
TEST_P(ErasureUnderAStatute, KeepsRowsAndStripsWhatTheyNeed) {
  Erasing erasing({.seed = 21, .contacts = 60});
  erasing.rules.retention.front().rules.push_back(minimum(GetParam(), 14));
  erase_people(erasing, 8);
}
INSTANTIATE_TEST_SUITE_P(Data, ErasureUnderAStatute,
                         ::testing::Values("chat", "email", "recording", "transcript", "consent",
                                           "cad", "interaction", "ticket", "media_file"),
                         [](const auto& each) { return std::string(each.param); });

// A statute and a hold at once: the hold wins, its rows are untouched.
TEST(ErasureUnderAStatuteAndAHold, LeavesTheHeldUntouched) {
  Erasing erasing({.seed = 22, .contacts = 60});
  erasing.rules.retention.front().rules.push_back(minimum("chat", 14));
  erasing.hold(wide("generated", "", "2026-01-01T00:00:00Z"));
  erase_people(erasing, 10);
}

// A minimum of a day from the latest of several anchors of a consent.
class ErasureUnderALatestOf : public ::testing::Test {
 protected:
  using Source = datamap::Anchor::Source;

  static datamap::Anchor column(const std::string& name) {
    datamap::Anchor anchor;
    anchor.column = name;
    return anchor;
  }
  static datamap::Anchor of_tenant(const std::string& name) {
    datamap::Anchor anchor;
    anchor.source = Source::tenant;
    anchor.anchor = name;
    return anchor;
  }

  // How many of somebody's consents it keeps.
  std::uint64_t kept(std::vector<datamap::Anchor> parts, const std::string& zone,
                     rule::Pending pending) {
    datamap::Map map = erasing_.map;
    const auto table = std::find_if(map.tables.begin(), map.tables.end(),
                                    [](const auto& each) { return each.name == "consents"; });
    datamap::Anchor latest;
    latest.source = Source::latest_of;
    latest.parts = std::move(parts);
    table->anchors.insert_or_assign("ended", latest);
    erasing_.use(std::move(map));
    rule::RetentionRule rule = minimum("consent", 0);
    rule.anchor = "ended";
    rule.min = Duration{0, 1, 0};
    rule.pending = pending;
    rule::Retention& document = erasing_.rules.retention.front();
    std::erase_if(document.rules, [&](const auto& each) { return each.id == rule.id; });
    document.rules.push_back(rule);
    document.zone = zone;
    until_.reset();
    const request::Preview preview =
        erasing_.preview(SubjectRef{"external_contact", {sandbox::well_known::kTanaka}});
    for (const plan::Kept& each : preview.outcome.kept) {
      if (each.rule != rule.id) continue;
      until_ = each.until;
      return each.rows;
    }
    return 0;
  }

  Erasing erasing_{{.seed = 24, .contacts = 20, .stir = false}};
  std::optional<Instant> until_;
};

// A date counts until its day has ended in the rule's zone, and then the period. At any hour UTC's
// date is another than that of one of the two zones.
TEST_F(ErasureUnderALatestOf, EndsDatesInTheRulesZone) {
  erasing_.run("ALTER TABLE public.consents ADD COLUMN ended_on date");
  const auto day_in = [&](const std::string& zone, int back) {
    erasing_.run("UPDATE public.consents SET ended_on = (pg_catalog.now() AT TIME ZONE '" + zone +
                 "')::date - " + std::to_string(back) + ", given_at = '2020-01-01T00:00:00Z'");
  };
  for (const char* zone : {"Etc/GMT+12", "Etc/GMT-14"}) {
    SCOPED_TRACE(zone);
    day_in(zone, 1);
    EXPECT_GT(kept({column("ended_on"), column("given_at")}, zone, rule::Pending::keep), 0U);
    EXPECT_EQ(until_, parse_instant(erasing_.text(
                          "SELECT pg_catalog.to_char((((pg_catalog.now() AT TIME ZONE '" +
                          std::string(zone) + "')::date + 1)::timestamp AT TIME ZONE '" + zone +
                          "') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")));
    day_in(zone, 2);
    EXPECT_EQ(kept({column("ended_on"), column("given_at")}, zone, rule::Pending::keep), 0U);
  }
}

// What the tenant's anchor keeps is kept, though it stands in no row; unknown, the rule says.
TEST_F(ErasureUnderALatestOf, AsksTheTenantsAnchorToo) {
  const std::vector<datamap::Anchor> parts{column("given_at"), of_tenant("contract_end")};
  const auto contract_end = [&](const std::string& value) {
    erasing_.run("UPDATE public.tenants SET contract_end = " + value);
  };
  erasing_.run("UPDATE public.consents SET given_at = '2020-01-01T00:00:00Z'");
  contract_end("pg_catalog.now() + interval '2 days'");
  EXPECT_GT(kept(parts, "UTC", rule::Pending::ignore), 0U);
  EXPECT_TRUE(until_ && *until_ > erasing_.now() + std::chrono::hours(36));
  contract_end("pg_catalog.now() - interval '5 days'");
  EXPECT_EQ(kept(parts, "UTC", rule::Pending::keep), 0U);
  contract_end("NULL");
  EXPECT_GT(kept(parts, "UTC", rule::Pending::keep), 0U);
  EXPECT_EQ(kept(parts, "UTC", rule::Pending::ignore), 0U);
}

}  // namespace
}  // namespace ccctl::testing
