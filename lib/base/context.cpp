#include "base/context.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace ccctl {

Context system_context() {
  Context context;
  context.now = [] {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  };
  context.random = [](std::span<std::byte> out) {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        throw Error(ErrorKind::unexpected, "the system gave no random bytes");
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  };
  context.log = [](LogLevel, std::string_view) {};
  return context;
}

std::string random_uuid(const Context& context) {
  std::array<std::byte, 16> bytes{};
  context.random(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[std::to_integer<unsigned>(bytes[i]) >> 4];
    text += digits[std::to_integer<unsigned>(bytes[i]) & 15];
  }
  return text;
}

std::string_view version() {
  return CCCTL_VERSION;
}

}  // namespace ccctl
