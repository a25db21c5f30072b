// Common names; the well-known people's given names (seeder.h) are left out on purpose.
#include "sandbox/words.h"

#include <array>

namespace ccctl::sandbox {
namespace {

constexpr Name kFamilyJa[] = {{"佐藤", "ｻﾄｳ", "sato"},         {"鈴木", "ｽｽﾞｷ", "suzuki"},
                              {"高橋", "ﾀｶﾊｼ", "takahashi"},   {"田中", "ﾀﾅｶ", "tanaka"},
                              {"伊藤", "ｲﾄｳ", "ito"},          {"渡辺", "ﾜﾀﾅﾍﾞ", "watanabe"},
                              {"山本", "ﾔﾏﾓﾄ", "yamamoto"},    {"中村", "ﾅｶﾑﾗ", "nakamura"},
                              {"小林", "ｺﾊﾞﾔｼ", "kobayashi"},  {"加藤", "ｶﾄｳ", "kato"},
                              {"吉田", "ﾖｼﾀﾞ", "yoshida"},     {"山田", "ﾔﾏﾀﾞ", "yamada"},
                              {"佐々木", "ｻｻｷ", "sasaki"},     {"山口", "ﾔﾏｸﾞﾁ", "yamaguchi"},
                              {"松本", "ﾏﾂﾓﾄ", "matsumoto"},   {"井上", "ｲﾉｳｴ", "inoue"},
                              {"木村", "ｷﾑﾗ", "kimura"},       {"林", "ﾊﾔｼ", "hayashi"},
                              {"斎藤", "ｻｲﾄｳ", "saito"},       {"清水", "ｼﾐｽﾞ", "shimizu"},
                              {"山崎", "ﾔﾏｻﾞｷ", "yamazaki"},   {"森", "ﾓﾘ", "mori"},
                              {"池田", "ｲｹﾀﾞ", "ikeda"},       {"橋本", "ﾊｼﾓﾄ", "hashimoto"},
                              {"阿部", "ｱﾍﾞ", "abe"},          {"石川", "ｲｼｶﾜ", "ishikawa"},
                              {"前田", "ﾏｴﾀﾞ", "maeda"},       {"藤田", "ﾌｼﾞﾀ", "fujita"},
                              {"岡田", "ｵｶﾀﾞ", "okada"},       {"後藤", "ｺﾞﾄｳ", "goto"},
                              {"長谷川", "ﾊｾｶﾞﾜ", "hasegawa"}, {"村上", "ﾑﾗｶﾐ", "murakami"}};

constexpr Name kGivenJa[] = {
    {"翔太", "ｼｮｳﾀ", "shota"},   {"大輔", "ﾀﾞｲｽｹ", "daisuke"}, {"拓也", "ﾀｸﾔ", "takuya"},
    {"健太", "ｹﾝﾀ", "kenta"},    {"和也", "ｶｽﾞﾔ", "kazuya"},   {"達也", "ﾀﾂﾔ", "tatsuya"},
    {"直樹", "ﾅｵｷ", "naoki"},    {"亮", "ﾘｮｳ", "ryo"},         {"浩", "ﾋﾛｼ", "hiroshi"},
    {"哲也", "ﾃﾂﾔ", "tetsuya"},  {"蓮", "ﾚﾝ", "ren"},          {"陽翔", "ﾊﾙﾄ", "haruto"},
    {"美咲", "ﾐｻｷ", "misaki"},   {"愛", "ｱｲ", "ai"},           {"彩", "ｱﾔ", "aya"},
    {"結衣", "ﾕｲ", "yui"},       {"陽子", "ﾖｳｺ", "yoko"},      {"恵子", "ｹｲｺ", "keiko"},
    {"由美子", "ﾕﾐｺ", "yumiko"}, {"久美子", "ｸﾐｺ", "kumiko"},  {"智子", "ﾄﾓｺ", "tomoko"},
    {"裕子", "ﾕｳｺ", "yuko"},     {"真由美", "ﾏﾕﾐ", "mayumi"},  {"葵", "ｱｵｲ", "aoi"},
    {"凛", "ﾘﾝ", "rin"},         {"優", "ﾕｳ", "yu"},           {"学", "ﾏﾅﾌﾞ", "manabu"},
    {"修", "ｵｻﾑ", "osamu"}};

constexpr Name kFamilyEn[] = {
    {"Miller", "", "miller"},     {"Davis", "", "davis"},       {"Wilson", "", "wilson"},
    {"Anderson", "", "anderson"}, {"Taylor", "", "taylor"},     {"Moore", "", "moore"},
    {"Jackson", "", "jackson"},   {"White", "", "white"},       {"Harris", "", "harris"},
    {"Clark", "", "clark"},       {"Lewis", "", "lewis"},       {"Walker", "", "walker"},
    {"Hall", "", "hall"},         {"Young", "", "young"},       {"King", "", "king"},
    {"Wright", "", "wright"},     {"Green", "", "green"},       {"Baker", "", "baker"},
    {"O'Connor", "", "oconnor"},  {"Campbell", "", "campbell"}, {"Smith", "", "smith"},
    {"Evans", "", "evans"}};

constexpr Name kGivenEn[] = {
    {"James", "", "james"},       {"Mary", "", "mary"},       {"Robert", "", "robert"},
    {"Patricia", "", "patricia"}, {"Michael", "", "michael"}, {"Linda", "", "linda"},
    {"David", "", "david"},       {"Barbara", "", "barbara"}, {"William", "", "william"},
    {"Susan", "", "susan"},       {"Joseph", "", "joseph"},   {"Jessica", "", "jessica"},
    {"Thomas", "", "thomas"},     {"Sarah", "", "sarah"},     {"Daniel", "", "daniel"},
    {"Karen", "", "karen"},       {"Emily", "", "emily"},     {"Oliver", "", "oliver"},
    {"Zoë", "", "zoe"},           {"George", "", "george"}};

constexpr Name kFamilyDe[] = {
    {"Müller", "", "mueller"},    {"Schmidt", "", "schmidt"},  {"Schneider", "", "schneider"},
    {"Fischer", "", "fischer"},   {"Weber", "", "weber"},      {"Meyer", "", "meyer"},
    {"Wagner", "", "wagner"},     {"Becker", "", "becker"},    {"Schulz", "", "schulz"},
    {"Hoffmann", "", "hoffmann"}, {"Schäfer", "", "schaefer"}, {"Koch", "", "koch"},
    {"Bauer", "", "bauer"},       {"Richter", "", "richter"},  {"Klein", "", "klein"},
    {"Groß", "", "gross"},        {"Weiß", "", "weiss"},       {"Krüger", "", "krueger"},
    {"Köhler", "", "koehler"},    {"Vogel", "", "vogel"}};

constexpr Name kGivenDe[] = {
    {"Anna", "", "anna"},     {"Lukas", "", "lukas"},    {"Sophie", "", "sophie"},
    {"Paul", "", "paul"},     {"Marie", "", "marie"},    {"Felix", "", "felix"},
    {"Björn", "", "bjoern"},  {"Käthe", "", "kaethe"},   {"Sabine", "", "sabine"},
    {"Stefan", "", "stefan"}, {"Monika", "", "monika"},  {"Wolfgang", "", "wolfgang"},
    {"Heike", "", "heike"},   {"Günter", "", "guenter"}, {"Renate", "", "renate"},
    {"Uwe", "", "uwe"},       {"Petra", "", "petra"},    {"Andreas", "", "andreas"}};

constexpr std::string_view kStreetsJa[] = {"本町", "中央", "栄町", "西新宿",
                                           "東町", "緑町", "旭町", "幸町"};
constexpr std::string_view kTownsJa[] = {
    "東京都新宿区",       "東京都世田谷区",     "大阪府大阪市北区",   "愛知県名古屋市中区",
    "北海道札幌市中央区", "福岡県福岡市博多区", "京都府京都市左京区", "神奈川県横浜市西区"};
constexpr std::string_view kStreetsEn[] = {"Oak Street",   "Maple Avenue", "Church Road",
                                           "Station Road", "High Street",  "Cedar Lane",
                                           "Park Avenue",  "Mill Lane"};
constexpr std::string_view kTownsEn[] = {"Springfield, IL 62704", "Portland, OR 97205",
                                         "Leeds LS1 4AP",         "Bristol BS1 5TR",
                                         "Austin, TX 78701",      "Glasgow G2 1DU"};
constexpr std::string_view kStreetsDe[] = {"Lindenstraße", "Hauptstraße",   "Schulstraße",
                                           "Gartenstraße", "Bahnhofstraße", "Dorfstraße",
                                           "Bergstraße",   "Goethestraße"};
constexpr std::string_view kTownsDe[] = {
    "10969 Berlin", "50667 Köln", "80331 München", "20095 Hamburg", "60311 Frankfurt am Main",
    "04109 Leipzig"};

}  // namespace

const NameLists kJapanese{kFamilyJa, kGivenJa, kStreetsJa, kTownsJa};
const NameLists kEnglish{kFamilyEn, kGivenEn, kStreetsEn, kTownsEn};
const NameLists kGerman{kFamilyDe, kGivenDe, kStreetsDe, kTownsDe};

}  // namespace ccctl::sandbox
