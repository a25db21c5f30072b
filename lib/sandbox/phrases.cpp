#include "sandbox/words.h"

#include <array>
#include <utility>

namespace ccctl::sandbox {
namespace {

constexpr std::string_view kTopicsJa[] = {"配送について", "請求書の確認", "契約内容の変更",
                                          "故障の相談",   "解約の手続き", "会員登録"};
constexpr std::string_view kCustomerJa[] = {
    "商品がまだ届いていません。",           "請求額が先月より多いようです。",
    "パスワードを忘れてしまいました。",     "明日の午後に電話をいただけますか。",
    "説明書のとおりに動きません。",         "ﾕｰｻﾞｰ登録ができません。",
    "ありがとうございます。助かりました。", "住所を変更したいのですが。"};
constexpr std::string_view kAgentJa[] = {"お問い合わせありがとうございます。",
                                         "{name}様、少々お待ちください。",
                                         "確認いたしますので一分ほどお待ちください。",
                                         "ただいま手配いたしました。",
                                         "他にご不明な点はございますか。",
                                         "ご迷惑をおかけして申し訳ございません。"};
constexpr std::string_view kOwnJa[] = {"電話番号は{phone}です。", "返事は{email}にお願いします。",
                                       "{name}と申します。連絡先は{phone}です。"};
constexpr std::string_view kMentionsJa[] = {"同居の{name}（{phone}）にも知らせてください。",
                                            "前回は{name}が{email}から連絡しました。"};

constexpr std::string_view kTopicsEn[] = {"Delivery",     "Invoice question", "Change of contract",
                                          "Device fault", "Cancellation",     "Sign-up"};
constexpr std::string_view kCustomerEn[] = {
    "My order has not arrived yet.",     "The invoice looks higher than last month.",
    "I cannot sign in any more.",        "Could you call me tomorrow afternoon?",
    "The device does not switch on.",    "Thanks, that helped.",
    "I would like to change my address."};
constexpr std::string_view kAgentEn[] = {
    "Thank you for contacting us.",     "One moment please, {name}.",
    "Let me check that for you.",       "I have arranged a replacement.",
    "Is there anything else I can do?", "I am sorry for the trouble."};
constexpr std::string_view kOwnEn[] = {"My number is {phone}.", "Please reply to {email}.",
                                       "This is {name}, you can reach me at {phone}."};
constexpr std::string_view kMentionsEn[] = {"Please also tell {name}, {phone}.",
                                            "Last time {name} wrote to you from {email}."};

constexpr std::string_view kTopicsDe[] = {"Lieferung",    "Frage zur Rechnung", "Vertragsänderung",
                                          "Gerät defekt", "Kündigung",          "Anmeldung"};
constexpr std::string_view kCustomerDe[] = {"Meine Bestellung ist noch nicht angekommen.",
                                            "Die Rechnung ist höher als im letzten Monat.",
                                            "Ich kann mich nicht mehr anmelden.",
                                            "Können Sie mich morgen Nachmittag anrufen?",
                                            "Das Gerät lässt sich nicht einschalten.",
                                            "Danke, das hat geholfen.",
                                            "Ich möchte meine Adresse ändern."};
constexpr std::string_view kAgentDe[] = {
    "Vielen Dank für Ihre Anfrage.",          "Einen Moment bitte, {name}.",
    "Ich sehe das gern für Sie nach.",        "Ich habe einen Austausch veranlasst.",
    "Kann ich sonst noch etwas für Sie tun?", "Entschuldigen Sie bitte die Umstände."};
constexpr std::string_view kOwnDe[] = {"Meine Nummer ist {phone}.",
                                       "Bitte antworten Sie an {email}.",
                                       "Hier ist {name}, erreichbar unter {phone}."};
constexpr std::string_view kMentionsDe[] = {"Bitte informieren Sie auch {name}, {phone}.",
                                            "Zuletzt hat {name} von {email} geschrieben."};

constexpr Phrases kPhrasesJa{kTopicsJa, kCustomerJa, kAgentJa, kOwnJa, kMentionsJa};
constexpr Phrases kPhrasesEn{kTopicsEn, kCustomerEn, kAgentEn, kOwnEn, kMentionsEn};
constexpr Phrases kPhrasesDe{kTopicsDe, kCustomerDe, kAgentDe, kOwnDe, kMentionsDe};

}  // namespace

const Phrases& phrases_of(Language language) {
  return language == Language::ja ? kPhrasesJa : language == Language::en ? kPhrasesEn : kPhrasesDe;
}

std::string filled(std::string_view phrase, const Person& person) {
  std::string text(phrase);
  const std::array<std::pair<std::string_view, std::string>, 3> values{
      {{"{name}", person.name},
       {"{phone}", as_written(person.phone, person.name.size())},
       {"{email}", person.email}}};
  for (const auto& [mark, value] : values) {
    if (const std::size_t found = text.find(mark); found != std::string::npos) {
      text.replace(found, mark.size(), value);
    }
  }
  return text;
}

}  // namespace ccctl::sandbox
