// Two ways to erase the same subjects, each on a clone of the same database.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/session.h"

namespace ccctl::bench {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

inline constexpr char kTenant[] = "acme";

// Milliseconds per part, added up over all subjects.
struct Timing {
  Millis wall{}, preview{}, work{}, seal{};
  double server_cpu_ms = 0;  // of the backends that did it
  double client_cpu_ms = 0;  // of this process
  std::uint64_t subjects = 0;

  // Adds what `erase` takes.
  void measure(const std::vector<int>& backends, const std::function<void()>& erase);
};

// The subjects of one block, at most kSealEvery of them.
using Block = std::vector<std::string>;
inline constexpr std::size_t kSealEvery = 100;

// Milliseconds of processor time that a backend has used; 0 where /proc does not say.
double cpu_ms(int pid);
double own_cpu_ms();

// Through the library, as a process that works through a list of requests would: preview, confirm,
// advance; sealing at the end of every block.
class ByCcctl {
 public:
  ByCcctl(const store::Target& officer, const store::Target& sealer,
          const std::filesystem::path& source, const std::filesystem::path& seal_key,
          const std::filesystem::path& objects);
  ~ByCcctl();
  void erase(const Block& subjects);
  const Timing& timing() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// With the statements of by_hand.sql, prepared, in one transaction per row of the merge set, and
// `commits` durable commits per subject. `objects` empty: objects stay.
class ByHand {
 public:
  ByHand(const store::Target& officer, const std::filesystem::path& statements,
         const std::filesystem::path& objects, double commits);
  ~ByHand();
  void erase(const Block& subjects);
  const Timing& timing() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ccctl::bench
