// A tar archive (pax) written to a sink as it grows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ccctl::render {

class Archive {
 public:
  explicit Archive(std::function<void(std::string_view)> sink);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  // A regular file of mode 0600; exactly `size` bytes follow. `at`: seconds since 1970.
  void begin(const std::string& name, std::uint64_t size, std::int64_t at);
  void write(std::string_view bytes);
  void finish();  // once; throws what the sink throws

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ccctl::render
