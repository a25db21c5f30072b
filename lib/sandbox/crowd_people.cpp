#include <nlohmann/json.hpp>

#include "base/json.h"
#include "sandbox/crowd.h"
#include "sandbox/random.h"
#include "text/unicode.h"

namespace ccctl::sandbox {
namespace {

// People who are in no address book are numbered from here, so that their numbers are their own.
constexpr std::uint64_t kStrangers = 1;
constexpr std::uint64_t kListSize = 2500;

Instant day(int year, unsigned month, unsigned day_of_month) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                               std::chrono::day(day_of_month));
}

Instant some_time(Random& random, Instant from, Instant to) {
  const auto span = std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
  return from + std::chrono::seconds(random.below(static_cast<std::uint64_t>(span)));
}

Instant registration(Random& random) {
  return some_time(random, day(2017, 1, 1), day(2024, 9, 30));
}

void add_users(const Crowd& crowd) {
  for (std::uint64_t i = 0; i < crowd.users(); ++i) {
    Random random(crowd.seed, "user", i);
    const Person who = person(crowd.seed, 3 * crowd.contacts + 20 + i);
    const Instant since = registration(random);
    const store::Value left =
        crowd.has_left(i) ? at(some_time(random, since, newest())) : store::Value();
    const std::string name = text::nfc(who.name);
    crowd.sink.add(
        "users",
        {crowd.user_id(i), i % 10 == 0 ? "administrator" : "agent",
         i % 10 == 3   ? "vendor"
         : i % 10 == 2 ? "contractor"
                       : "employee",
         name, text::folded(name), who.ascii + std::to_string(i) + "@agents.example.jp",
         "+81120999" + std::to_string(100 + i % 900), "HR-" + std::to_string(i), left, at(since)});
    for (int login = 0; login < 50; ++login) {
      crowd.sink.add(
          "login_events",
          {random.uuid(), crowd.user_id(i), "192.0.2." + std::to_string(random.below(256)),
           random.percent(95) ? "true" : "false", at(some_time(random, since, newest()))});
    }
    crowd.sink.flush_when_large();
  }
}

std::string attributes_of(const Contact& entry, Random& random) {
  Json attributes = Json::object();
  if (random.percent(10))
    attributes["line"] = "line-" + entry.person.ascii + std::to_string(random.below(100000));
  if (random.percent(5)) {
    attributes["note"] =
        "VIP " + (entry.person.half_kana.empty() ? entry.person.name : entry.person.half_kana) +
        " " + as_written(entry.person.phone, random.below(3));
  }
  attributes["segment"] = random.percent(20) ? "business" : "private";
  return attributes.dump();
}

void add_contact_data(const Crowd& crowd, const std::string& id, const Contact& entry,
                      Random& random, Instant since) {
  if (random.percent(30)) {
    const bool personal = random.percent(20);
    crowd.sink.add(
        "custom_attributes",
        {random.uuid(), id, personal ? "second_contact" : "loyalty_tier",
         personal ? entry.person.name + " " + as_written(entry.person.phone, random.below(3))
                  : "gold",
         at(since)});
  }
  if (random.percent(50)) {
    const bool withdrawn = random.percent(20);
    crowd.sink.add(
        "consents",
        {random.uuid(), id, random.percent(50) ? "marketing" : "recording", at(since),
         withdrawn ? at(some_time(random, since, newest())) : store::Value(), "web form"});
  }
  if (random.percent(10)) {
    const std::string cookie = random.uuid();
    crowd.sink.add("journey_customers",
                   {"cookie", cookie, random.percent(70) ? store::Value(id) : store::Value(),
                    random.percent(30) ? store::Value(entry.person.email) : store::Value(),
                    at(since), at(since)});
    for (int n = 0; n < 3; ++n) {
      crowd.sink.add("journey_events", {random.uuid(), "cookie", cookie, "page_view",
                                        "/products/" + std::to_string(n),
                                        n == 0 ? store::Value("opening hours") : store::Value(),
                                        at(some_time(random, since, newest()))});
    }
  }
  if (random.percent(1)) {
    crowd.sink.add("do_not_contact",
                   {random.uuid(), entry.person.phone, "asked by phone", at(since)});
  }
}

void add_contact(const Crowd& crowd, std::uint64_t i) {
  Random random(crowd.seed, "contact", i);
  const Contact entry = contact(crowd.seed, i, crowd.contacts);
  const Person& who = entry.person;
  const std::string id = crowd.contact_id(i);
  const std::string name =
      text::nfc(!who.half_kana.empty() && random.percent(4) ? who.half_kana : who.name);
  const Instant since = registration(random);
  const auto optional = [](const std::optional<std::string>& value) { return store::Value(value); };
  crowd.sink.add(
      "external_contacts",
      {id, entry.canonical ? store::Value(crowd.contact_id(*entry.canonical)) : store::Value(),
       name, text::folded(name), entry.has_email ? store::Value(who.email) : store::Value(),
       entry.has_phone ? store::Value(who.phone) : store::Value(), optional(who.work_phone),
       optional(who.mobile), who.address, text::folded(who.address),
       "CRM-" + std::to_string(100000000 + i), optional(who.twitter), optional(who.facebook),
       code(who.language), attributes_of(entry, random), at(since)});
  add_contact_data(crowd, id, entry, random, since);
}

void add_dialer_lists(const Crowd& crowd) {
  for (std::uint64_t i = 0; i < crowd.dialer_contacts(); ++i) {
    Random random(crowd.seed, "dialer", i);
    if (i % kListSize == 0) {
      crowd.sink.add("dialer_lists",
                     {crowd.list_id(i), "campaign " + std::to_string(i / kListSize + 1),
                      at(day(2025, 1, 15))});
    }
    const Person who = crowd.dialer_person(i);
    const std::string written =
        text::nfc(who.half_kana.empty() || random.percent(50) ? who.name : who.half_kana);
    const Json memo =
        random.percent(10) ? Json{{"memo", "call " + who.name + " after six"}} : Json::object();
    crowd.sink.add("dialer_contacts",
                   {crowd.list_id(i), crowd.dialer_id(i), written, text::folded(written),
                    as_written(who.phone, random.below(3)),
                    random.percent(50) ? store::Value(who.email) : store::Value(), memo.dump(),
                    at(day(2025, 1, 15))});
    crowd.sink.flush_when_large();
  }
}

void add_tickets(const Crowd& crowd) {
  std::vector<std::string> staff;
  for (const char* country : {"JP", "DE", "US", "IN"}) {
    Random random(crowd.seed, "staff", staff.size());
    const Person who = person(crowd.seed, 4 * crowd.contacts + 100 + staff.size());
    staff.push_back(random.uuid());
    crowd.sink.add("staff", {staff.back(), text::nfc(who.name), who.ascii + "@provider.example.com",
                             country, at(day(2020, 4, 1))});
  }
  for (std::uint64_t i = 0; i < crowd.contacts / 100; ++i) {
    Random random(crowd.seed, "ticket", i);
    const bool by_user = random.percent(50);
    const std::uint64_t contact_number = random.below(crowd.contacts);
    const store::Value user =
        by_user ? store::Value(crowd.user_id(random.below(crowd.users()))) : store::Value();
    const store::Value contact_id =
        by_user ? store::Value() : store::Value(crowd.contact_id(contact_number));
    const std::string worker = random.pick(std::span<const std::string>(staff));
    const std::string id = random.uuid();
    const Instant opened = some_time(random, oldest_conversation(), newest());
    crowd.sink.add("support_tickets",
                   {id, contact_id, user, worker, "audio drops",
                    "calls end after ten minutes, reported by " +
                        contact(crowd.seed, contact_number, crowd.contacts).person.name,
                    "solved", at(opened), at(opened + std::chrono::hours(30))});
    crowd.sink.add("ticket_messages", {random.uuid(),
                                       id,
                                       contact_id,
                                       user,
                                       {},
                                       "it happened again today",
                                       at(opened + std::chrono::hours(1))});
    crowd.sink.add("ticket_messages", {random.uuid(),
                                       id,
                                       {},
                                       {},
                                       worker,
                                       "a new firmware is on its way",
                                       at(opened + std::chrono::hours(2))});
    crowd.sink.flush_when_large();
  }
}

}  // namespace

Instant newest() {
  return day(2026, 9, 30);
}
Instant oldest_conversation() {
  return day(2024, 10, 1);
}

std::string Crowd::contact_id(std::uint64_t i) const {
  return Random(seed, "contact-id", i).uuid();
}
std::string Crowd::user_id(std::uint64_t i) const {
  return Random(seed, "user-id", i).uuid();
}
std::string Crowd::list_id(std::uint64_t contact) const {
  return Random(seed, "list-id", contact / kListSize).uuid();
}
std::string Crowd::dialer_id(std::uint64_t i) const {
  return "D-" + std::to_string(i + 1);
}

Person Crowd::dialer_person(std::uint64_t i) const {
  Random random(seed, "dialer-person", i);
  if (random.percent(30)) return person(seed, random.below(contacts));
  return person(seed, contacts + kStrangers + i);
}

void add_people(const Crowd& crowd) {
  add_users(crowd);
  for (std::uint64_t i = 0; i < crowd.contacts; ++i) {
    add_contact(crowd, i);
    crowd.sink.flush_when_large();
  }
  add_dialer_lists(crowd);
  add_tickets(crowd);
}

}  // namespace ccctl::sandbox
