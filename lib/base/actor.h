// Who acts: the person behind a command, as the datastore authenticated them.
#pragma once

#include <string>
#include <vector>

namespace ccctl {

enum class Role { officer, admin, auditor, owner, partner };

// The rights come from ccctl.principal, keyed on session_user, never from a setting.
struct Actor {
  std::string login;                 // PostgreSQL's session_user
  std::vector<Role> roles;           // distinct
  std::vector<std::string> tenants;  // sorted; the only ones the person may act for
};

}  // namespace ccctl
