#include "base/json.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ccctl {
namespace {

void check(const Json& value) {
  if (value.is_number_float()) throw std::logic_error("canonical JSON holds integers only");
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      for (char c : key) {
        if (static_cast<unsigned char>(c) >= 0x80)
          throw std::logic_error("canonical JSON keys are ASCII");
      }
      check(member);
    }
  } else if (value.is_array()) {
    for (const Json& element : value) check(element);
  }
}

}  // namespace

std::string canonical(const Json& value) {
  check(value);
  // nlohmann keeps members in byte order and escapes as RFC 8785 wants.
  return value.dump(-1, ' ', false, Json::error_handler_t::strict);
}

}  // namespace ccctl
