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

struct ByCcctl::Impl {
  Impl(const store::Target& officer, const store::Target& sealer,
       const std::filesystem::path& source, const std::filesystem::path& seal_key,
       const std::filesystem::path& objects)
      : pack(source / "policies" / "sandbox"),
        map(datamap::read_map(read_file(pack / "datamap.yaml"), "datamap.yaml")),
        rules(request::rules_of(policy::load_pack(pack))),
        signer(Secret(crypto::from_hex(read_file(seal_key).substr(0, 64)).value_or(""))),
        store(object::open("file:" + objects.string())),
        session(store::Session::open(officer)),
        sealing(store::Session::open(sealer)),
        erasure({session, [officer] { return store::Session::open(officer); }, context,
                 session.session_user(),
                 [&](const std::string&) -> object::ObjectStore& { return *store; },
                 [&] { return false; }},
                ground) {}
  void erase(const Block& subjects);

  std::filesystem::path pack;
  datamap::Map map;
  request::PackRules rules;
  request::Ground ground{map, rules, kTenant};
  Context context = system_context();
  crypto::Signer signer;
  std::unique_ptr<object::ObjectStore> store;
  store::Session session, sealing;
  request::Erasure erasure;
  std::optional<datamap::Catalog> catalog;  // a process reads it once
  std::optional<request::Planner> planner;
  Timing timing;
};

void ByCcctl::Impl::erase(const Block& subjects) {
  std::vector<std::string> unsealed;
  for (const std::string& subject : subjects) {
    const subject::SubjectRef ref{"external_contact", {subject}};
    std::optional<request::Preview> preview;
    {
      const Timer timer(timing.preview);
      store::Tx tx = session.begin(store::Mode::read_only_snapshot);
      if (!catalog) catalog = datamap::read_catalog(tx, map);
      if (!planner) planner.emplace(ground, *catalog);
      preview = planner->preview(tx, ref, nullptr);
      preview->shared = planner->shared_values(tx, *preview);
    }
    unsealed.push_back(random_uuid(context));
    const Timer timer(timing.work);
    erasure.advance(erasure.confirm(*preview, unsealed.back(), {}, false));
  }
  const Timer timer(timing.seal);
  audit::seal(sealing, signer, context);
  for (const std::string& each : unsealed) erasure.advance(each);
  timing.subjects += subjects.size();
}

ByCcctl::ByCcctl(const store::Target& officer, const store::Target& sealer,
                 const std::filesystem::path& source, const std::filesystem::path& seal_key,
                 const std::filesystem::path& objects)
    : impl_(std::make_unique<Impl>(officer, sealer, source, seal_key, objects)) {}
ByCcctl::~ByCcctl() = default;

void ByCcctl::erase(const Block& subjects) {
  impl_->timing.measure({impl_->session.backend_pid(), impl_->sealing.backend_pid()},
                        [&] { impl_->erase(subjects); });
}

const Timing& ByCcctl::timing() const {
  return impl_->timing;
}

}  // namespace ccctl::bench
