#include "sandbox/crowd.h"
#include "sandbox/random.h"
#include "sandbox/seeder.h"
#include "sandbox/story.h"
#include "text/unicode.h"

namespace ccctl::sandbox {
namespace {

using namespace well_known;  // NOLINT: the ids of this file's people

// Not the caller's seed: these people are the same in every sandbox.
constexpr std::uint64_t kSeed = 0;

Instant instant(const char* text) {
  return parse_instant(text).value();
}

struct Entry {
  const char* id;
  const char* name;
  const char* email;
  const char* phone;
  const char* address;
  const char* language;
  const char* canonical = nullptr;
  const char* mobile = nullptr;
  const char* twitter = nullptr;
  const char* facebook = nullptr;
};

store::Value optional(const char* text) {
  return text == nullptr ? store::Value() : store::Value(text);
}

void add_entry(Sink& sink, const Entry& entry) {
  const std::string id = entry.id;
  sink.add("external_contacts", {id,
                                 optional(entry.canonical),
                                 entry.name,
                                 text::folded(entry.name),
                                 optional(entry.email),
                                 optional(entry.phone),
                                 {},
                                 optional(entry.mobile),
                                 entry.address,
                                 text::folded(entry.address),
                                 "CRM-TOUR-" + id.substr(id.size() - 2),
                                 optional(entry.twitter),
                                 optional(entry.facebook),
                                 entry.language,
                                 "{}",
                                 at(instant("2021-04-01T00:00:00Z"))});
}

// The third member's name has a full-width space: the same name to everybody but a computer.
constexpr Entry kEntries[] = {
    {kTanaka, "田中 太郎", "taro.tanaka@example.jp", "+81312345678",
     "東京都千代田区丸の内９－１－１", "ja", nullptr, "+819000099999", "taro_tanaka"},
    {kTanakaSecond, "田中 太郎", nullptr, "+81312345678", "東京都千代田区丸の内9-1-1", "ja",
     kTanaka},
    {kTanakaThird, "田中　太郎", "taro.tanaka@example.jp", nullptr, "東京都千代田区丸の内9-1-1",
     "ja", kTanaka},
    {kSuzuki, "鈴木 花子", "hanako.suzuki@example.jp", "+81312345679", "大阪府大阪市北区梅田9-2-2",
     "ja"},
    {kYamamoto, "山本 さくら", "sakura.yamamoto@example.jp", "+81312345680",
     "京都府京都市左京区吉田9-3-3", "ja"},
    {kSatoTokyo, "佐藤 健", "ken.sato@example.jp", "+81312345683", "東京都港区芝公園9-4-4", "ja"},
    {kSatoOsaka, "佐藤 健", "ken.sato.osaka@example.jp", "+81312345684",
     "大阪府堺市堺区南瓦町9-5-5", "ja"},
    {kWatanabe, "渡辺 健一", "kenichi.watanabe@example.jp", "+81312345681",
     "愛知県名古屋市中区栄9-6-6", "ja"},
    {kGross, "Jürgen Groß", "juergen.gross@example.de", "+493023125901",
     "Lindenstraße 901, 10969 Berlin", "de", nullptr, nullptr, "juergen_gross", "juergen.gross"},
    {kSmith, "John Smith", "john.smith@example.com", "+12025550198",
     "901 Oak Street, Springfield, IL 62704", "en", nullptr, "+447700900999"}};

void add_agents(Sink& sink) {
  const std::string current = "高橋 直子";
  const std::string former = "Martin Weber";
  const store::Value since = at(instant("2019-04-01T00:00:00Z"));
  sink.add("users", {kCurrentAgent,
                     "agent",
                     "employee",
                     current,
                     text::folded(current),
                     "naoko.takahashi@agents.example.jp",
                     "+81120999001",
                     "HR-TOUR-1",
                     {},
                     since});
  sink.add("users", {kFormerAgent, "agent", "employee", former, text::folded(former),
                     "martin.weber@agents.example.de", "+81120999002", "HR-TOUR-2",
                     at(instant("2025-03-31T16:00:00Z")), since});
}

// One conversation of two customers: it stays when one of them is erased, with her part only.
void shared_conversation(Sink& sink) {
  Random random(kSeed, "tour", 1);
  Story story(sink, random, "web_messaging", instant("2026-02-10T01:00:00Z"));
  const std::string tanaka = story.customer(kTanaka, {});
  const std::string suzuki = story.customer(kSuzuki, {});
  const std::string agent = story.agent(kCurrentAgent);
  story.message(
      tanaka,
      "田中です。電話番号は０３－１２３４－５６７８、メールは taro.tanaka@example.jp です。");
  story.message(agent, "田中様、お問い合わせありがとうございます。");
  story.message(suzuki, "鈴木です。田中さんには 03-1234-5678 に連絡してください。");
  story.message(agent, "承知いたしました。");
  story.file("customer", kTanaka, "tanaka-invoice.png",
             "synthetic picture of an invoice for taro.tanaka@example.jp");
  story.file("agent", kCurrentAgent, "terms.pdf", "synthetic terms and conditions");
  story.note(tanaka, "caller", "田中 太郎 03-1234-5678");
  story.note({}, "disposition", "solved");
  story.usage("messages", 4, store::Value(kTanaka));
  story.finish("請求書の確認", "billing", R"({"priority": 1})");
}

void calls_and_mail_of_tanaka(Sink& sink) {
  Random random(kSeed, "tour", 2);
  Story call(sink, random, "voice", instant("2026-03-03T02:00:00Z"));
  const std::string caller = call.customer(kTanaka, "+81312345678");
  call.agent(kFormerAgent);
  call.call("+81312345678", 312, "RIFF synthetic audio of a call with 03-1234-5678",
            "田中太郎です。請求額が多いようです。");
  call.note(caller, "account", "taro.tanaka@example.jp");
  call.usage("seconds", 312, store::Value(kTanaka));
  call.finish("田中様 請求額", "billing",
              R"({"callback": "+81312345678", "note": "ﾀﾅｶ ﾀﾛｳ 様 ０３－１２３４－５６７８"})");

  Story mail(sink, random, "email", instant("2026-04-01T05:00:00Z"));
  const std::string writer = mail.customer(kTanakaThird, {});
  mail.agent(kCurrentAgent);
  mail.email(writer, true, "taro.tanaka@example.jp", "住所変更",
             "住所を変更したいのですが。田中太郎");
  mail.email(writer, false, "taro.tanaka@example.jp", "Re: 住所変更", "田中様、変更いたしました。");
  mail.file("customer", kTanakaThird, "tanaka-address.pdf",
            "synthetic proof of address of 田中 太郎");
  mail.finish("住所変更", "support", "{}");
}

void rest_of_tanaka(Sink& sink) {
  Random random(kSeed, "tour", 3);
  const auto when = [](const char* text) { return at(instant(text)); };
  sink.add("usage_records", {random.uuid(),
                             {},
                             {},
                             kTanaka,
                             "seconds",
                             "95",
                             "285",
                             "JPY",
                             when("2018-05-05T03:00:00Z")});
  sink.add("custom_attributes", {random.uuid(), kTanakaSecond, "second_contact",
                                 "勤務先 03-1234-5678", when("2021-04-01T00:00:00Z")});
  sink.add("consents",
           {random.uuid(), kTanaka, "marketing", when("2021-04-01T00:00:00Z"), {}, "web form"});
  sink.add("journey_customers", {"cookie", kVisitor, kTanaka, "taro.tanaka@example.jp",
                                 when("2026-01-05T00:00:00Z"), when("2026-01-05T00:00:00Z")});
  sink.add("journey_events", {random.uuid(), "cookie", kVisitor, "page_view", "/contact", "請求書",
                              when("2026-01-05T00:01:00Z")});
  sink.add("do_not_contact",
           {random.uuid(), "+81312345678", "asked by phone", when("2026-03-03T03:00:00Z")});
  const std::string ticket = random.uuid();
  sink.add("support_tickets", {ticket,
                               kTanaka,
                               {},
                               {},
                               "音声が途切れる",
                               "田中太郎様より: 通話が途切れます",
                               "closed",
                               when("2026-05-01T00:00:00Z"),
                               when("2026-05-02T00:00:00Z")});
  sink.add("ticket_messages", {random.uuid(),
                               ticket,
                               kTanaka,
                               {},
                               {},
                               "本日も発生しました。",
                               when("2026-05-01T01:00:00Z")});
  sink.add("ticket_messages", {random.uuid(),
                               ticket,
                               {},
                               kCurrentAgent,
                               {},
                               "調査しております。",
                               when("2026-05-01T02:00:00Z")});
}

// A chat of one customer and one agent, who each say one thing.
void chat(Sink& sink, std::uint64_t number, const char* customer, const char* agent,
          const char* said, const char* answer, bool ended = true) {
  Random random(kSeed, "tour", number);
  Story story(sink, random, "chat",
              instant("2026-06-01T03:00:00Z") + std::chrono::hours(24 * number));
  const std::string speaker = story.customer(customer, {});
  const std::string other = story.agent(agent);
  story.message(speaker, said);
  story.message(other, answer);
  story.finish({}, "support", "{}", ended);
}

void europeans(Sink& sink) {
  Random random(kSeed, "tour", 4);
  Story mail(sink, random, "email", instant("2025-01-20T09:00:00Z"));
  const std::string gross = mail.customer(kGross, {});
  mail.agent(kFormerAgent);
  mail.email(gross, true, "juergen.gross@example.de", "Kündigung",
             "Bitte bestätigen Sie: Jürgen Groß, 030 23125901.");
  mail.email(gross, false, "juergen.gross@example.de", "Re: Kündigung",
             "Sehr geehrter Herr Groß, gern.");
  mail.file("customer", kGross, "kuendigung.pdf", "synthetic letter of Jürgen Groß");
  mail.finish("Kündigung", "support", "{}");

  for (const char* number : {"+12025550198", "+447700900999"}) {
    Story call(sink, random, "voice", instant("2026-07-04T15:00:00Z"));
    call.customer(kSmith, number);
    call.agent(kCurrentAgent);
    call.call(number, 120, "", "This is John Smith, my order has not arrived.");
    call.usage("seconds", 120, {});
    call.finish("Delivery", "sales", "{}");
  }
}

void add_dialer(Sink& sink) {
  const std::string name = "伊藤 誠";
  const store::Value since = at(instant("2026-01-15T00:00:00Z"));
  sink.add("dialer_lists", {kDialerList, "campaign of the tour", since});
  sink.add("dialer_contacts",
           {kDialerList, kDialerContact, name, text::folded(name), "０３－１２３４－５６８２",
            "Makoto.Ito@Example.JP", R"({"memo": "午後に電話 ｲﾄｳ ﾏｺﾄ"})", since});
  Random random(kSeed, "tour", 5);
  Story call(sink, random, "voice", instant("2026-02-20T06:00:00Z"));
  call.dialed(kDialerList, kDialerContact, "+81312345682");
  call.agent(kCurrentAgent);
  call.call("+81312345682", 45, "", "伊藤です。今は結構です。");
  call.finish({}, "sales", "{}");
}

}  // namespace

void add_well_known(Sink& sink) {
  for (const Entry& entry : kEntries) add_entry(sink, entry);
  add_agents(sink);
  shared_conversation(sink);
  calls_and_mail_of_tanaka(sink);
  rest_of_tanaka(sink);
  chat(sink, 10, kYamamoto, kCurrentAgent, "山本です。パスワードを忘れました。",
       "再設定いたしました。");
  chat(sink, 11, kSatoTokyo, kCurrentAgent, "佐藤健です。", "お問い合わせありがとうございます。");
  chat(sink, 12, kSatoOsaka, kFormerAgent, "大阪の佐藤です。",
       "お問い合わせありがとうございます。");
  chat(sink, 13, kWatanabe, kCurrentAgent, "渡辺です。まだ待っています。", "確認中です。", false);
  europeans(sink);
  add_dialer(sink);
  sink.flush();
}

}  // namespace ccctl::sandbox
