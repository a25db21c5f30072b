#include "audit/key_use.h"

#include <nlohmann/json.hpp>

namespace ccctl::audit {

Event key_used(const std::string& tenant, const std::string& actor, const KeyUse& use) {
  return {accesses_of(tenant),
          tenant,
          "key.used",
          actor,
          "",
          Json{{"kind", use.kind}, {"key", use.key}, {"purpose", use.purpose}, {"uses", use.uses}}};
}

}  // namespace ccctl::audit
