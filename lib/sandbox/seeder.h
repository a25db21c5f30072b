// Deterministic synthetic people in Japanese, English and German for the reference datastore.
//
// Beside the generated crowd every tenant has the same few people, whom the tour and the tests know
// by name. They have fixed ids, and nobody generated shares their names or numbers:
//
//   田中 太郎      a merge set of three; taro.tanaka@example.jp, +81312345678; web messaging with
//                  鈴木 花子 in one conversation, files that he and the agent uploaded, a call, an
//                  e-mail, a support ticket, usage records older and newer than seven years
//   鈴木 花子      hanako.suzuki@example.jp, +81312345679; mentions 田中's number in her messages
//   山本 さくら    sakura.yamamoto@example.jp, +81312345680; shares nothing with anybody
//   佐藤 健        two people of this name: ken.sato@example.jp and ken.sato.osaka@example.jp
//   渡辺 健一      kenichi.watanabe@example.jp, +81312345681; his chat is still open
//   Jürgen Groß    juergen.gross@example.de, +493023125901; e-mails and an attachment
//   John Smith     john.smith@example.com, +12025550198; calls, one of them from his mobile
//                  +447700900999, which his entry only suggests
//   伊藤 誠        a dialer contact whose number was imported as "０３－１２３４－５６８２"
//   高橋 直子      an agent who works here (naoko.takahashi@agents.example.jp)
//   Martin Weber   an agent who left on 2025-03-31 (martin.weber@agents.example.de)
#pragma once

#include <cstdint>
#include <string>

#include "object/store.h"
#include "store/session.h"

namespace ccctl::sandbox {

namespace well_known {
inline constexpr char kTanaka[] = "00000000-0000-4000-8000-000000000001";  // canonical
inline constexpr char kTanakaSecond[] = "00000000-0000-4000-8000-000000000002";
inline constexpr char kTanakaThird[] = "00000000-0000-4000-8000-000000000003";
inline constexpr char kSuzuki[] = "00000000-0000-4000-8000-000000000004";
inline constexpr char kYamamoto[] = "00000000-0000-4000-8000-000000000005";
inline constexpr char kSatoTokyo[] = "00000000-0000-4000-8000-000000000006";
inline constexpr char kSatoOsaka[] = "00000000-0000-4000-8000-000000000007";
inline constexpr char kWatanabe[] = "00000000-0000-4000-8000-000000000008";
inline constexpr char kGross[] = "00000000-0000-4000-8000-000000000009";
inline constexpr char kSmith[] = "00000000-0000-4000-8000-00000000000a";
inline constexpr char kCurrentAgent[] = "00000000-0000-4000-8000-000000000101";
inline constexpr char kFormerAgent[] = "00000000-0000-4000-8000-000000000102";
inline constexpr char kDialerList[] = "00000000-0000-4000-8000-000000000201";
inline constexpr char kDialerContact[] = "D-ITO-0001";
inline constexpr char kVisitor[] = "cookie-tanaka-0001";  // journey customer of type cookie
}  // namespace well_known

struct SeedOptions {
  std::uint64_t seed = 1;
  std::uint64_t contacts = 10000;  // the rest scales with it: about 200,000 rows of conversations
  std::string tenant = "acme";
};

struct SeedResult {
  std::uint64_t rows = 0;
  std::uint64_t objects = 0;
};

// Fills the tenant's tables; `tx` is READ COMMITTED and belongs to their owner or a superuser. The
// same options give the same rows and objects, whatever the day: the newest is of 2026-09-30.
// Refused when the tenant is there already.
SeedResult seed(store::Tx& tx, object::ObjectStore& objects, const SeedOptions& options);

// What `sandbox seed` does: the tenant of the options, and `globex`, a small second tenant with the
// same well-known people, so that isolation can be seen. One transaction.
SeedResult seed_all(store::Session& session, object::ObjectStore& objects,
                    const SeedOptions& options);
// Whether seed_all() has been here.
bool seeded(store::Session& session);

}  // namespace ccctl::sandbox
