#include "base/error.h"

#include <array>

namespace ccctl {
namespace {

struct Row {
  ErrorKind kind;
  ErrorInfo info;
};

constexpr std::array<Row, 22> kTable{{
    {ErrorKind::unexpected, {"unexpected", 1, ""}},
    {ErrorKind::io, {"io", 1, "check the file, its folder and the free space, then run it again"}},
    {ErrorKind::usage, {"usage", 2, "see `ccctl help`"}},
    {ErrorKind::config_invalid, {"config_invalid", 2, "see `ccctl config show --origin`"}},
    {ErrorKind::policy_invalid, {"policy_invalid", 2, ""}},
    {ErrorKind::map_invalid, {"map_invalid", 2, "see `ccctl datamap check`"}},
    {ErrorKind::findings, {"findings", 3, ""}},
    {ErrorKind::partial, {"partial", 4, ""}},
    {ErrorKind::refused, {"refused", 5, ""}},
    {ErrorKind::held, {"held", 5, "see `ccctl hold list`"}},
    {ErrorKind::stale_plan, {"stale_plan", 5, "make the plan again and confirm its new digest"}},
    {ErrorKind::map_drift, {"map_drift", 5, "see `ccctl datamap check`"}},
    {ErrorKind::restored_datastore,
     {"restored_datastore", 5,
      "run `ccctl retention replay`: it restores what the journal knows and the datastore lost"}},
    {ErrorKind::not_found, {"not_found", 6, ""}},
    {ErrorKind::ambiguous, {"ambiguous", 6, "name one with --subject KIND:ID"}},
    {ErrorKind::busy, {"busy", 7, "try again later"}},
    {ErrorKind::unsealed, {"unsealed", 7, "run `ccctl audit seal` with the sealing account"}},
    {ErrorKind::paused, {"paused", 8, "run the command again to go on"}},
    {ErrorKind::unreachable, {"unreachable", 10, "check the datastore's address and that it runs"}},
    {ErrorKind::denied, {"denied", 11, "see `ccctl db doctor`"}},
    {ErrorKind::key_unavailable, {"key_unavailable", 12, ""}},
    {ErrorKind::in_doubt,
     {"in_doubt", 13, "run the same command again: it finds out what happened and finishes it"}},
}};

}  // namespace

const ErrorInfo& info(ErrorKind kind) {
  for (const Row& row : kTable) {
    if (row.kind == kind) return row.info;
  }
  return kTable[0].info;
}

const std::vector<ErrorKind>& all_error_kinds() {
  static const std::vector<ErrorKind> kinds = [] {
    std::vector<ErrorKind> all;
    for (const Row& row : kTable) all.push_back(row.kind);
    return all;
  }();
  return kinds;
}

}  // namespace ccctl
