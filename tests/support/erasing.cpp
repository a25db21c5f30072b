#include "support/erasing.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "policy/approval.h"
#include "policy/pack.h"
#include "retention/sweep.h"
#include "run/window.h"
#include "sandbox/cluster.h"
#include "sandbox/seeder.h"

namespace ccctl::testing {

namespace fs = std::filesystem;
using request::Preview;
using request::Request;
using subject::SubjectRef;

namespace {

fs::path new_folder() {
  std::string name = (fs::temp_directory_path() / "ccctl-erasing-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw Error(ErrorKind::io, "no temporary folder");
  return name;
}

std::string file_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

const fs::path kPolicies = fs::path(CCCTL_SOURCE_DIR) / "policies" / "sandbox";

// More of what makes erasures hard than so small a crowd has by chance. Every statement chooses
// rows by a hash of their key and the seed ($1), so that a seed is one datastore.
constexpr const char* kStir[] = {
    // Merge sets: one entry in five joins its neighbour.
    "WITH n AS (SELECT id, canonical_id, row_number() OVER (ORDER BY md5(id::text || $1::text)) AS "
    "i FROM public.external_contacts c WHERE tenant_id = 'acme'), alone AS (SELECT id, i FROM n "
    "WHERE canonical_id IS NULL AND NOT EXISTS (SELECT FROM n m WHERE m.canonical_id = n.id)) "
    "UPDATE public.external_contacts c SET canonical_id = b.id FROM alone a JOIN alone b ON b.i = "
    "a.i - a.i % 5 AND a.i % 5 IN (1, 2) WHERE c.tenant_id = 'acme' AND c.id = a.id AND a.i % 10 < "
    "3",
    // Telephone numbers that two people share, here followed and there only suggested.
    "WITH n AS (SELECT id, phone, row_number() OVER (ORDER BY md5($1::text || id::text)) AS i FROM "
    "public.external_contacts WHERE tenant_id = 'acme') UPDATE public.external_contacts c SET "
    "phone = CASE WHEN a.i % 12 = 1 THEN b.phone ELSE c.phone END, mobile = CASE WHEN a.i % 12 = 7 "
    "THEN b.phone ELSE c.mobile END FROM n a JOIN n b ON b.i = a.i - 1 WHERE c.tenant_id = 'acme' "
    "AND c.id = a.id AND a.i % 6 = 1",
    // A second customer in one conversation of four, who says something, too.
    "WITH n AS (SELECT id, row_number() OVER (ORDER BY md5($1::text || id::text)) AS i FROM "
    "public.external_contacts WHERE tenant_id = 'acme'), v AS (SELECT *, row_number() OVER (ORDER "
    "BY md5(id::text || $1::text)) AS i FROM public.conversations WHERE tenant_id = 'acme') INSERT "
    "INTO public.participants (tenant_id, id, conversation_id, role, external_contact_id, address, "
    "joined_at) SELECT 'acme', md5('p' || v.id || $1::text)::uuid, v.id, 'customer', n.id, NULL, "
    "v.started_at + interval '40 days' FROM v JOIN n ON n.i = 1 + v.i % (SELECT count(*) FROM n) "
    "WHERE v.i % 4 = 0",
    "INSERT INTO public.messages (tenant_id, id, conversation_id, participant_id, body, sent_at) "
    "SELECT 'acme', md5('m' || p.id || $1::text)::uuid, p.conversation_id, p.id, 'hello', "
    "p.joined_at FROM public.participants p WHERE p.tenant_id = 'acme' AND p.id = md5('p' || "
    "p.conversation_id || $1::text)::uuid",
    // Members of one merge set in one conversation.
    "INSERT INTO public.participants (tenant_id, id, conversation_id, role, external_contact_id, "
    "joined_at) SELECT 'acme', md5('c' || p.id || $1::text)::uuid, p.conversation_id, 'customer', "
    "c.canonical_id, p.joined_at + interval '20 days' FROM public.participants p JOIN "
    "public.external_contacts c ON c.tenant_id = p.tenant_id AND c.id = p.external_contact_id "
    "WHERE p.tenant_id = 'acme' AND c.canonical_id IS NOT NULL AND "
    "get_byte(decode(md5(p.id::text || $1::text), 'hex'), 0) % 3 = 0",
    // Bills that somebody else pays, some long ago.
    "WITH n AS (SELECT id, row_number() OVER (ORDER BY md5($1::text || id::text)) AS i FROM "
    "public.external_contacts WHERE tenant_id = 'acme'), u AS (SELECT *, row_number() OVER (ORDER "
    "BY md5(id::text || $1::text)) AS i FROM public.usage_records WHERE tenant_id = 'acme') UPDATE "
    "public.usage_records r SET billed_contact_id = n.id, recorded_at = u.recorded_at - CASE WHEN "
    "u.i % 2 = 0 THEN interval '8 years' ELSE interval '0' END FROM u JOIN n ON n.i = 1 + u.i % "
    "(SELECT count(*) FROM n) WHERE r.tenant_id = 'acme' AND r.id = u.id AND r.recorded_at = "
    "u.recorded_at AND u.i % 3 = 0",
    // Numbers that were called in somebody else's conversation.
    "WITH n AS (SELECT phone, row_number() OVER (ORDER BY md5($1::text || id::text)) AS i FROM "
    "public.external_contacts WHERE tenant_id = 'acme' AND phone IS NOT NULL), r AS (SELECT *, "
    "row_number() OVER (ORDER BY md5(id::text || $1::text)) AS i FROM public.call_detail_records "
    "WHERE tenant_id = 'acme') UPDATE public.call_detail_records c SET ani = n.phone FROM r JOIN n "
    "ON n.i = 1 + r.i % (SELECT count(*) FROM n) WHERE c.tenant_id = 'acme' AND c.id = r.id AND "
    "c.started_at = r.started_at AND r.i % 5 = 0",
    // Numbers not to be called.
    "INSERT INTO public.do_not_contact (tenant_id, id, phone, reason, created_at) SELECT 'acme', "
    "md5('d' || id || $1::text)::uuid, phone, 'asked', created_at FROM public.external_contacts "
    "WHERE tenant_id = 'acme' AND phone IS NOT NULL AND get_byte(decode(md5(id || $1::text), "
    "'hex'), 0) % 5 = 0",
    // Tickets, answered by one customer, and by another one who is no party to them.
    "WITH n AS (SELECT id, row_number() OVER (ORDER BY md5($1::text || id::text)) AS i FROM "
    "public.external_contacts WHERE tenant_id = 'acme') INSERT INTO public.support_tickets "
    "(tenant_id, id, reporter_contact_id, subject, status, opened_at) SELECT 'acme', md5('t' || id "
    "|| $1::text)::uuid, id, 'no sound', 'open', '2026-01-01T00:00:00Z' FROM n WHERE i % 9 = 0",
    "WITH n AS (SELECT id, row_number() OVER (ORDER BY md5($1::text || id::text)) AS i FROM "
    "public.external_contacts WHERE tenant_id = 'acme') INSERT INTO public.ticket_messages "
    "(tenant_id, id, ticket_id, author_contact_id, body, sent_at) SELECT 'acme', md5('w' || a.id "
    "|| b.id || $1::text)::uuid, md5('t' || a.id || $1::text)::uuid, b.id, 'me too', "
    "'2026-01-02T00:00:00Z' FROM n a JOIN n b ON b.i IN (a.i, a.i - 1) WHERE a.i % 9 = 0",
    // Nobody is talking any more: who takes part in an open conversation has to wait.
    "UPDATE public.conversations SET ended_at = started_at + interval '1 hour' WHERE ended_at IS "
    "NULL AND $1::text IS NOT NULL"};

std::string action_key(const Json& action) {
  return action.at("table").get<std::string>() + " " + action.at("action").get<std::string>() +
         " " + action.value("detail", "");
}

}  // namespace

std::string describe(const SubjectRef& ref) {
  return ref.text();
}

Erasing::Erasing(const ErasingOptions& options)
    : map(datamap::read_map(file_text(kPolicies / "datamap.yaml"), "datamap.yaml")),
      rules(request::rules_of(policy::load_pack(kPolicies))),
      folder_(new_folder()),
      database_(Database::empty()),
      root_(database_.session()),
      session_(database_.session()),
      sealer_(database_.session()),
      objects_(object::open("file:" + (folder_ / "objects").string())),
      signer_(Secret(std::string(32, 's'))) {
  sandbox::prepare(root_);
  sandbox::seed_all(root_, *objects_, {options.seed, options.contacts, "acme"});
  if (options.stir) stir(options.seed);
  session_ = database_.session(options.login);
  sealer_ = database_.session("sealer");
}

Erasing::Erasing(Database database, const std::string& tenant, bool seals)
    : rules(request::rules_of(policy::load_pack(kPolicies))),
      folder_(new_folder()),
      database_(std::move(database)),
      root_(database_.session()),
      session_(database_.session()),
      sealer_(database_.session("sealer")),
      objects_(object::open("file:" + (folder_ / "objects").string())),
      tenant_(tenant),
      seals_(seals),
      signer_(Secret(std::string(32, 's'))) {
  rules.retention.clear();
  if (seals_) run("INSERT INTO ccctl.organisation (domain) VALUES ('ccctl.example')");
}

void Erasing::use(datamap::Map other) {
  engine_.reset();
  catalog_.reset();
  // Nobody is the person of that name in the tables before: what was asked for them is forgotten.
  run("TRUNCATE ccctl.request CASCADE");
  map = std::move(other);
}

Erasing::~Erasing() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Erasing::stir(std::uint64_t seed) {
  root_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    for (const char* statement : kStir) tx.exec({statement, {std::to_string(seed)}});
  });
}

void Erasing::run(const store::Sql& sql) {
  root_.transact(store::Mode::read_committed, [&](store::Tx& tx) { tx.exec(sql); });
}

std::string Erasing::text(const store::Sql& sql) {
  store::Tx tx = root_.begin(store::Mode::read_only_snapshot);
  return std::string(tx.exec(sql).text(0, 0));
}

Instant Erasing::now() {
  store::Tx tx = root_.begin(store::Mode::read_only_snapshot);
  return run::datastore_now(tx);
}

Model Erasing::model() {
  store::Tx tx = root_.begin(store::Mode::read_only_snapshot);
  return Model(tx, map, catalog(), tenant_, rules.retention);
}

const datamap::Catalog& Erasing::catalog() {
  if (!catalog_) {
    store::Tx tx = session_.begin(store::Mode::read_committed);
    catalog_ = datamap::read_catalog(tx, map);
  }
  return *catalog_;
}

request::World Erasing::world() {
  const std::string login = session_.session_user();
  return {session_,
          [this, login] { return database_.session(login); },
          context_,
          login,
          [this](const std::string&) -> object::ObjectStore& { return *objects_; },
          [this] { return seal(); }};
}

request::Erasure& Erasing::erasure() {
  if (seals_) engine_.reset();  // like a new process
  if (engine_) return *engine_;
  return engine_.emplace(world(), request::Ground{map, rules, tenant_});
}

bool Erasing::seal() {
  if (!seals_) return false;
  audit::seal(sealer_, signer_, context_);
  return true;
}

Preview Erasing::preview(const std::optional<SubjectRef>& ref, const std::optional<Term>& term) {
  const datamap::Catalog& known = catalog();
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  std::optional<subject::Identifier> typed;
  if (term) typed = {term->first, Personal<std::string>(term->second), false, "", ""};
  return request::preview(tx, {map, rules, tenant_}, known, ref, typed ? &*typed : nullptr);
}

Request Erasing::erase(const Preview& preview) {
  request::Erasure& engine = erasure();
  // Confirming the same plan again gives the request that is there.
  const Request request =
      engine.confirm(preview, random_uuid(context_), {}, !preview.holds.empty());
  return engine.advance(request.id);
}

request::Verification Erasing::verify(const std::string& request_id, bool deep) {
  return erasure().verify(request_id, {}, deep);
}

bool Erasing::proved(const std::string& leaf_hash) {
  crypto::Digest leaf{};
  const std::string bytes = crypto::from_hex(leaf_hash).value_or("");
  std::copy(bytes.begin(), bytes.end(), leaf.begin());
  store::Tx tx = root_.begin(store::Mode::read_only_snapshot);
  return audit::prove(tx, tenant_, leaf).has_value();
}

std::vector<SubjectRef> Erasing::search(const std::string& kind, const std::string& value) {
  const datamap::Catalog& known = catalog();
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  const subject::Finder finder(tx, map, known, tenant_);
  std::vector<SubjectRef> found;
  for (const subject::Match& match : finder.search(finder.term(kind, value)))
    found.push_back(match.ref);
  return found;
}

rule::Hold Erasing::hold(rule::Hold hold) {
  hold.id = random_uuid(context_);
  hold.matter = "matter";
  hold.reason = "litigation";
  hold.custodian = "legal";
  hold.added_by = root_.session_user();
  rule::add_hold(root_, tenant_, hold, now());
  holds.push_back(hold);
  return hold;
}

void Erasing::lift_holds() {
  run("UPDATE ccctl.hold SET released_at = '2026-01-01T00:00:00Z', grace_until = "
      "'2026-01-08T00:00:00Z'");
  holds.clear();
}

std::uint64_t Erasing::sweep() {
  rule::Ruleset none;
  none.limits = {1'000'000, 100};
  const retention::Ground ground{map, none, tenant_, "none", std::string(64, '0')};
  root_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    const std::string id = retention::missing_approval(tx, context_, ground, now);
    if (!id.empty()) policy::sign(tx, tenant_, id, "somebody else", now);
  });
  retention::Sweep sweep({root_,
                          [this] { return database_.session(); },
                          context_,
                          root_.session_user(),
                          [this](const std::string&) -> object::ObjectStore& { return *objects_; },
                          {},
                          {}},
                         ground, {});
  sweep.prepare();
  const retention::SweepReport report = sweep.run();
  EXPECT_EQ(report.outcome, "complete");
  return report.rows;
}

void Erasing::compare_counts(const Preview& preview, const Request& request,
                             const Prediction& expected) {
  std::map<std::string, std::uint64_t> shown, done;
  for (const Json& action : request::tallies_json(preview.outcome))
    shown[action_key(action)] += action.at("rows").get<std::uint64_t>();
  const Json result = Json::parse(request.result);
  for (const Json& action : result.at("actions"))
    done[action_key(action)] += action.at("rows").get<std::uint64_t>();
  EXPECT_EQ(done, expected.actions);
  // A row that one member's transaction changes and a later one's changes again or erases is two
  // actions of the run, and one of the plan for the whole merge set.
  if (preview.merge_set.members.size() > 1) {
    for (auto it = done.begin(); it != done.end();) {
      const bool stays = it->first.find(" cut ") != std::string::npos ||
                         it->first.find(" anonymise ") != std::string::npos;
      EXPECT_TRUE(!stays || shown[it->first] <= it->second) << it->first;
      if (stays) shown.erase(it->first);
      it = stays ? done.erase(it) : std::next(it);
    }
  }
  EXPECT_EQ(shown, done) << "the dry run and the run differ";
  std::map<std::string, std::uint64_t> kept, kept_shown, kept_done;
  for (const auto& [place, rows] : expected.kept) kept[place] = rows.size();
  for (const plan::Kept& each : preview.outcome.kept)
    kept_shown[each.table + " " + each.rule] += each.rows;
  for (const Json& each : result.at("kept")) {
    kept_done[each.at("table").get<std::string>() + " " + each.at("rule").get<std::string>()] +=
        each.at("rows").get<std::uint64_t>();
  }
  // A row that two members keep counts for each of them.
  for (const auto& [place, rows] : kept) {
    if (preview.merge_set.members.size() > 1 && kept_done[place] > rows) kept_done[place] = rows;
  }
  EXPECT_EQ(kept_done, kept);
  // The plan looks at all members at once: a conversation of theirs alone, with a kept row of one,
  // is in it as kept, while no single member's transaction sees it.
  if (preview.merge_set.members.size() > 1) {
    std::erase_if(kept_shown, [&](const auto& each) { return !kept_done.contains(each.first); });
    for (const auto& [place, rows] : kept_done)
      kept_shown[place] = std::min(kept_shown[place], rows);
  }
  EXPECT_EQ(kept_shown, kept_done);
}

void Erasing::compare_objects(const Prediction& expected, const std::set<std::string>& before) {
  for (const std::string& key : before) {
    EXPECT_EQ(objects_->exists(key), !expected.objects.contains(key)) << "object " << key;
  }
}

// After the closed case: no residue by a quick and a deep search, and what others share is told.
void Erasing::compare_leftovers(const Preview& preview, const Request& request) {
  std::vector<subject::Identifier> terms;
  for (const auto& member : preview.identifiers) {
    for (const subject::Identifier& identifier : member) {
      if (std::none_of(terms.begin(), terms.end(),
                       [&](const auto& other) { return other.same_value(identifier); }))
        terms.push_back(identifier);
    }
  }
  request::Erasure& engine = erasure();
  if (seals_) engine.close(request.id);
  EXPECT_TRUE(terms.empty() || engine.verify(request.id, terms, false).clean());
  if (terms.empty()) return;
  const request::Verification deep = engine.verify(request.id, terms, true);
  EXPECT_TRUE(deep.clean()) << deep.json(request::Finding::residue).dump();
}

bool Erasing::check(const std::optional<SubjectRef>& ref, const std::optional<Term>& term) {
  Model expected = model();
  std::vector<SubjectRef> members;
  if (ref) members = expected.merge_set(*ref);
  const Preview shown = preview(ref, term);
  EXPECT_TRUE(shown.merge_set.members == members) << "the members or their order differ";
  EXPECT_TRUE(expected.differences(model()).empty()) << "the dry run changed something";
  const std::set<std::string> before = expected.object_keys();
  std::set<std::string> stored;
  for (const std::string& key : before) {
    if (objects_->exists(key)) stored.insert(key);
  }
  const Prediction prediction = expected.erase(members, term, holds, now());
  const Request request = erase(shown);
  const request::Phase end = seals_ ? request::Phase::completed : request::Phase::unsealed;
  EXPECT_EQ(request.phase, end);
  for (const std::string& line : expected.differences(model())) ADD_FAILURE() << line;
  if (request.phase != end) return false;
  compare_counts(shown, request, prediction);
  compare_objects(prediction, stored);
  compare_leftovers(shown, request);
  return !::testing::Test::HasFailure();
}

Preview Erasing::preview_update(const SubjectRef& ref, const Term& existing,
                                const std::string& written) {
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  const datamap::Catalog catalog = datamap::read_catalog(tx, map);
  const subject::Finder finder(tx, map, catalog, tenant_);
  const std::string updated = finder.term(existing.first, written).value.reveal();
  return request::preview(tx, {map, rules, tenant_}, catalog, ref, nullptr,
                          {{existing.first, existing.second, updated, written}});
}

bool Erasing::check_update(const SubjectRef& ref, const Term& existing,
                           const std::string& written) {
  Model expected = model();
  const std::vector<SubjectRef> members = expected.merge_set(ref);
  const Preview shown = preview_update(ref, existing, written);
  const std::string updated = shown.replacements.front().updated;
  const std::uint64_t rows = expected.rectify(members, existing, {updated, written});
  const Request request = erase(shown);
  EXPECT_EQ(request.phase, seals_ ? request::Phase::completed : request::Phase::unsealed);
  EXPECT_EQ(request.outcome, "complete");
  for (const std::string& line : expected.differences(model())) ADD_FAILURE() << line;
  std::uint64_t planned = 0, done = 0;
  for (const Json& action : request::tallies_json(shown.outcome, shown.type))
    planned += action.at("action") == "rectify" ? action.at("rows").get<std::uint64_t>() : 0;
  const Json result = Json::parse(request.result);
  for (const Json& action : result.at("actions"))
    done += action.at("action") == "rectify" ? action.at("rows").get<std::uint64_t>() : 0;
  EXPECT_EQ(planned, rows) << "the dry run and the model differ";
  EXPECT_EQ(done, rows) << "the run and the model differ";
  return !::testing::Test::HasFailure();
}

}  // namespace ccctl::testing
