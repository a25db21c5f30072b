// Children of the sandbox: PostgreSQL's own programs, run as the account that owns the cluster.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ccctl::sandbox {

// Whom the cluster belongs to. PostgreSQL refuses to run as root, so root hands over to `postgres`.
struct Account {
  std::string name;
  unsigned uid = 0;
  unsigned gid = 0;
  bool handed_over = false;  // children are started through setpriv
};

// Throws config_invalid when the account has no entry, or root finds no account postgres.
Account cluster_account();

// Runs a program and waits. Arguments are a list, never a shell's line; the environment is a small
// fixed one, so that no PG* variable of the caller reaches the server. Output is appended to `log`.
// Returns the exit code (128 + signal when killed); throws io when it cannot be started.
int run_as(const Account& account, const std::vector<std::string>& arguments,
           const std::filesystem::path& folder, const std::filesystem::path& log);

// The folder with initdb, pg_ctl and postgres: of major version `version`, or the newest from 15 on
// when it is empty. Throws config_invalid when there is none.
std::filesystem::path postgres_programs(const std::string& version);

}  // namespace ccctl::sandbox
