// The list of all commands, in the order in which help shows them.
#include <algorithm>

#include "base/error.h"
#include "cmd/command.h"
#include "cmd/help.h"

namespace ccctl::cmd {

// One line per command, here and in the list: each is defined in <noun>/<verb>.cpp.
// clang-format off
extern const Spec subjects_search;
extern const Spec subjects_show;
extern const Spec subjects_suggest;
extern const Spec request_update;
extern const Spec request_export;
extern const Spec request_get;
extern const Spec request_delete;
extern const Spec request_plan;
extern const Spec request_run;
extern const Spec request_list;
extern const Spec request_show;
extern const Spec request_retry;
extern const Spec request_verify;
extern const Spec request_receipt;
extern const Spec request_extend;
extern const Spec request_pause;
extern const Spec request_refuse;
extern const Spec request_cancel;
extern const Spec request_complete_manual;
extern const Spec request_close;
extern const Spec hold_add;
extern const Spec hold_list;
extern const Spec hold_release;
extern const Spec approve_list;
extern const Spec approve_show;
extern const Spec approve_sign;
extern const Spec approve_reject;
extern const Spec retention_plan;
extern const Spec retention_sweep;
extern const Spec retention_apply;
extern const Spec retention_explain;
extern const Spec retention_offboard;
extern const Spec retention_replay;
extern const Spec retention_report;
extern const Spec journal_status;
extern const Spec journal_verify;
extern const Spec audit_export;
extern const Spec audit_verify;
extern const Spec audit_prove;
extern const Spec audit_seal;
extern const Spec audit_pin;
extern const Spec audit_prune;
extern const Spec audit_show;
extern const Spec record_add;
extern const Spec record_list;
extern const Spec record_show;
extern const Spec record_revoke;
extern const Spec policy_validate;
extern const Spec policy_show;
extern const Spec policy_explain;
extern const Spec policy_diff;
extern const Spec policy_test;
extern const Spec datamap_check;
extern const Spec datamap_show;
extern const Spec db_init;
extern const Spec db_migrate;
extern const Spec db_doctor;
extern const Spec sandbox_up;
extern const Spec sandbox_status;
extern const Spec sandbox_seed;
extern const Spec sandbox_down;
extern const Spec config_show;
extern const Spec version;

const std::vector<Spec>& commands() {
  static const std::vector<Spec> all{
      subjects_search,
      subjects_show,
      subjects_suggest,
      request_update,
      request_export,
      request_get,
      request_delete,
      request_plan,
      request_run,
      request_list,
      request_show,
      request_retry,
      request_verify,
      request_receipt,
      request_extend,
      request_pause,
      request_refuse,
      request_cancel,
      request_complete_manual,
      request_close,
      hold_add,
      hold_list,
      hold_release,
      approve_list,
      approve_show,
      approve_sign,
      approve_reject,
      retention_plan,
      retention_sweep,
      retention_apply,
      retention_explain,
      retention_offboard,
      retention_replay,
      retention_report,
      journal_status,
      journal_verify,
      audit_export,
      audit_verify,
      audit_prove,
      audit_seal,
      audit_pin,
      audit_prune,
      audit_show,
      record_add,
      record_list,
      record_show,
      record_revoke,
      policy_validate,
      policy_show,
      policy_explain,
      policy_diff,
      policy_test,
      datamap_check,
      datamap_show,
      db_init,
      db_migrate,
      db_doctor,
      sandbox_up,
      sandbox_status,
      sandbox_seed,
      sandbox_down,
      config_show,
      version,
  };
  return all;
}
// clang-format on

const std::vector<NounInfo>& nouns() {
  static const std::vector<NounInfo> all{
      {"subjects", "find the people whom a datastore knows"},
      {"request", "answer a data subject's request"},
      {"hold", "keep data for a legal matter"},
      {"approve", "give the second person's approval"},
      {"retention", "delete what is due"},
      {"residency", "where data may be, and who may see it"},
      {"journal", "what a restore must not lose"},
      {"key", "encryption keys"},
      {"audit", "the signed record of every decision"},
      {"incident", "personal data breaches and their deadlines"},
      {"record", "evidence that people enter"},
      {"policy", "policy packs"},
      {"datamap", "what the datastore's tables mean"},
      {"db", "the datastore"},
      {"sandbox", "a private datastore with synthetic people"},
      {"config", "settings"},
  };
  return all;
}

const Spec* find_command(std::string_view noun, std::string_view verb) {
  const auto& all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Spec& spec) {
    return spec.noun == noun && spec.verb == verb;
  });
  return found == all.end() ? nullptr : &*found;
}

const std::vector<Option>& common_options() {
  static const std::vector<Option> all{
      {.name = "output",
       .type = Type::choice,
       .value = "FORMAT",
       .help = "how the result is written",
       .choices = {"table", "json", "ndjson", "csv"},
       .default_value = "table"},
      {.name = "out",
       .type = Type::file,
       .value = "FILE",
       .help = "write the result to a file of mode 0600 that appears only when it is complete; "
               "- is standard output"},
      {.name = "tenant",
       .value = "TENANT",
       .help = "the tenant to work for; without it, the only one you have"},
      {.name = "datastore",
       .value = "DSN",
       .help = "libpq connection string of the datastore, without a password"},
      {.name = "config",
       .type = Type::file,
       .value = "FILE",
       .help = "settings file to read first"},
      {.name = "quiet", .type = Type::flag, .help = "say nothing on standard error but errors"},
      {.name = "color",
       .type = Type::choice,
       .value = "WHEN",
       .help = "emphasis in tables; NO_COLOR turns it off too",
       .choices = {"auto", "always", "never"},
       .default_value = "auto"},
  };
  return all;
}

std::string_view exit_meaning(int code) {
  switch (code) {
    case 0:
      return "complete, or nothing to do; rows kept by law or by holds are listed";
    case 1:
      return "unexpected failure";
    case 2:
      return "usage, configuration or policy invalid";
    case 3:
      return "findings: violations, overdue, drift, verification failed";
    case 4:
      return "partly done: a step or sibling failed, or something was not covered";
    case 5:
      return "refused, nothing was done: hold, role, residency, window, guard, confirmation, "
             "stale plan, restored datastore";
    case 6:
      return "not found, or ambiguous";
    case 7:
      return "busy or rate-limited, try again";
    case 8:
      return "paused by a limit or the first signal, resumable";
    case 10:
      return "datastore unreachable";
    case 11:
      return "datastore permission denied";
    case 12:
      return "key unavailable or wrong";
    case 13:
      return "outcome unknown";
    case 130:
    case 143:
      return "aborted by a second signal, resumable";
    default:
      return "";
  }
}

}  // namespace ccctl::cmd
