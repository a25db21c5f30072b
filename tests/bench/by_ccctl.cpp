// The library's side of the comparison.
#include <fstream>
#include <sstream>

#include "audit/sealer.h"
#include "bench/erase.h"
#include "crypto/digest.h"
#include "crypto/note.h"
#include "datamap/map.h"
#include "object/store.h"
#include "policy/pack.h"
#include "request/erasure.h"
#include "request/policy.h"

namespace ccctl::bench {
namespace {

constexpr std::size_t kSealEvery = 100;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Timer {
 public:
  explicit Timer(Millis& sum) : sum_(sum) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { sum_ += Clock::now() - start_; }

 private:
  Millis& sum_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

Timing by_ccctl(const store::Target& officer, const store::Target& sealer,
                const std::filesystem::path& source, const std::filesystem::path& seal_key,
                const std::filesystem::path& objects, const std::vector<std::string>& subjects) {
  const std::filesystem::path pack = source / "policies" / "sandbox";
  const datamap::Map map = datamap::read_map(read_file(pack / "datamap.yaml"), "datamap.yaml");
  const request::PackRules rules = request::rules_of(policy::load_pack(pack));
  const request::Ground ground{map, rules, kTenant};
  const Context context = system_context();
  const crypto::Signer signer(
      Secret(crypto::from_hex(read_file(seal_key).substr(0, 64)).value_or("")));
  const auto store = object::open("file:" + objects.string());
  store::Session session = store::Session::open(officer);
  store::Session sealing = store::Session::open(sealer);

  Timing timing;
  timing.subjects = subjects.size();
  const double own_cpu = own_cpu_ms();
  const double before = cpu_ms(session.backend_pid()) + cpu_ms(sealing.backend_pid());
  std::vector<std::string> unsealed;
  request::Erasure erasure(
      {session, [&] { return store::Session::open(officer); }, context, session.session_user(),
       [&](const std::string&) -> object::ObjectStore& { return *store; }, [&] { return false; }},
      ground);
  std::optional<datamap::Catalog> catalog;  // a process reads it once
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const subject::SubjectRef ref{"external_contact", {subjects[i]}};
    std::optional<request::Preview> preview;
    {
      const Timer timer(timing.preview);
      store::Tx tx = session.begin(store::Mode::read_only_snapshot);
      if (!catalog) catalog = datamap::read_catalog(tx, map);
      preview = request::preview(tx, ground, *catalog, ref, nullptr);
    }
    const std::string id = random_uuid(context);
    {
      const Timer timer(timing.work);
      erasure.confirm(*preview, id, {}, false);
      erasure.advance(id);
    }
    unsealed.push_back(id);
    if (unsealed.size() == kSealEvery || i + 1 == subjects.size()) {
      const Timer timer(timing.seal);
      audit::seal(sealing, signer, context);
      for (const std::string& each : unsealed) erasure.advance(each);
      unsealed.clear();
    }
  }
  timing.wall = Clock::now() - start;
  timing.server_cpu_ms = cpu_ms(session.backend_pid()) + cpu_ms(sealing.backend_pid()) - before;
  timing.client_cpu_ms = own_cpu_ms() - own_cpu;
  return timing;
}

}  // namespace ccctl::bench
