// Values that must not be rendered by accident: personal data and secrets.
//
// Neither type has a stream operator, a formatter or a conversion. Whoever needs the value says so
// with reveal(), which is easy to find in a review; a log line, an error or a request row gets a
// pseudonym (crypto/pseudonym.h) instead. Secrets are wiped when they go out of scope.
#pragma once

#include <cstring>
#include <string>
#include <utility>

namespace ccctl {

template <class T>
class Personal {
 public:
  Personal() = default;
  explicit Personal(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  friend bool operator==(const Personal&, const Personal&) = default;
  friend auto operator<=>(const Personal&, const Personal&) = default;

 private:
  T value_{};
};

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    wipe();
    value_ = std::move(other.value_);
    other.wipe();
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void wipe() {
    value_.resize(value_.capacity());  // a short string that was moved from still holds its bytes
    volatile char* p = value_.data();  // volatile, so that the wiping is not optimised away
    for (std::size_t i = 0; i < value_.size(); ++i) p[i] = 0;
    value_.clear();
  }
  std::string value_;
};

}  // namespace ccctl
