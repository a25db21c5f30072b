#include "store/retry.h"

#include <chrono>
#include <random>
#include <thread>

namespace ccctl::store {

void wait_before_retry(int tries) {
  constexpr unsigned kFirst = 20;
  thread_local std::minstd_rand dice{std::random_device{}()};
  std::this_thread::sleep_for(std::chrono::milliseconds(dice() % (kFirst << tries)));
}

}  // namespace ccctl::store
