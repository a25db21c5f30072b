// The single checks of `ccctl db doctor`.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "cmd/app.h"
#include "store/session.h"

namespace ccctl::cmd {

struct Check {
  std::string name;
  std::string status;  // ok | warning | failed | none | yes | no
  std::string detail;
};

Check check_connection(store::Session& session);
void check_server(store::Tx& tx, std::vector<Check>& out);        // version, encoding
void check_schema(store::Tx& tx, std::vector<Check>& out);        // migrations, roles, rights
Check check_clock(store::Tx& tx, Instant host);                   // at most five minutes apart
void check_safety(store::Tx& tx, std::vector<Check>& out);        // row security, logging
Check check_journal(App& app);                                    // whether it is level
void check_capabilities(store::Tx& tx, std::vector<Check>& out);  // accelerators
Check check_distributable(App& app);                              // the map has a tenant column

}  // namespace ccctl::cmd
