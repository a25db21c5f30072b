// Several tenants in one command: each is swept by a thread with an App, and a session, of its own.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/refusal.h"
#include "cmd/retention/sweeping.h"
#include "cmd/signals.h"

namespace ccctl::cmd {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kMostWorkers = 64;

struct Row {
  Json json;
  int exit_code = 0;
};

Row failed(const std::string& tenant, const Error& error) {
  Json told{{"kind", info(error.kind()).id}, {"message", error.what()}, {"hint", error.hint()}};
  return {{{"tenant", tenant},
           {"outcome", error.exit_code() == 5 ? "refused" : "failed"},
           {"error", std::move(told)}},
          error.exit_code()};
}

Row not_begun(const std::string& tenant, const std::string& why) {
  return {{{"tenant", tenant}, {"outcome", "paused"}, {"paused", why}},
          info(ErrorKind::paused).exit_code};
}

class Tenants {
 public:
  Tenants(App& app, const Args& args, const Spec& spec, std::vector<std::string> tenants)
      : app_(app),
        args_(args),
        spec_(spec),
        tenants_(std::move(tenants)),
        rows_(tenants_.size()),
        reporter_(app.context(), messages_of(app), args.get("metrics-file")) {
    if (const auto time = args.find("run-time")) left_ = elapsing(*time, "--run-time");
  }

  std::vector<Row> sweep(std::size_t workers) {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(workers, tenants_.size()); ++i)
      threads.emplace_back([this] { work(); });
    threads.clear();
    return std::move(rows_);
  }

 private:
  void work() {
    for (std::size_t i = next_++; i < tenants_.size(); i = next_++) rows_[i] = sweep(tenants_[i]);
  }

  Row sweep(const std::string& tenant) {
    try {
      return sweep_as_it_should(tenant);
    } catch (const Error& error) {
      return failed(tenant, error);
    } catch (const std::exception&) {
      // What a library says may quote data.
      return failed(tenant, Error(ErrorKind::unexpected, "internal error"));
    }
  }

  Row sweep_as_it_should(const std::string& tenant) {
    if (SignalWatch::seen()) return not_begun(tenant, "interrupted");
    Args args = args_;
    args.values["tenant"] = {tenant};
    args.values["quiet"] = {"true"};  // what it says goes through `say`
    if (left_) {
      const auto left =
          *left_ - std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - began_);
      if (left <= std::chrono::seconds(0)) return not_begun(tenant, "its time was up");
      args.values["run-time"] = {"PT" + std::to_string(left.count()) + "S"};
    }
    Context context = app_.context();
    context.log = [log = context.log, tenant](LogLevel level, std::string_view line) {
      log(level, tenant + ": " + std::string(line));
    };
    App own(std::move(context), spec_, args);
    Row row;
    row.exit_code = recording_refusals(own, spec_, [&] {
      const Retentions retentions(own);
      const Say say = [&](std::string_view line) {
        app_.message(tenant + ": " + std::string(line));
      };
      Swept swept = sweep_tenant(own, args, retentions, "sweep", say, reporter_);
      row.json = std::move(swept.document);
      return swept.exit_code;
    });
    return row;
  }

  App& app_;
  const Args& args_;
  const Spec& spec_;
  const std::vector<std::string> tenants_;
  std::vector<Row> rows_;  // each written by one thread
  std::atomic<std::size_t> next_ = 0;
  const steady_clock::time_point began_ = steady_clock::now();
  std::optional<std::chrono::seconds> left_;
  Reporter reporter_;
};

// One code for all: the gravest that stops everything, else what all have in common, else partly
// done.
int exit_code_of(const std::vector<Row>& rows) {
  std::set<int> codes;
  for (const Row& row : rows) codes.insert(row.exit_code);
  for (const ErrorKind kind : {ErrorKind::in_doubt, ErrorKind::key_unavailable, ErrorKind::denied,
                               ErrorKind::unreachable, ErrorKind::paused}) {
    if (codes.contains(info(kind).exit_code)) return info(kind).exit_code;
  }
  return codes.size() == 1 ? *codes.begin() : info(ErrorKind::partial).exit_code;
}

void tell(App& app, const Json& row) {
  const std::string tenant = row.at("tenant").get<std::string>();
  if (row.contains("error")) {
    const Json& error = row.at("error");
    const std::string hint = error.at("hint").get<std::string>();
    app.context().log(LogLevel::warning, tenant + ": " + error.at("message").get<std::string>() +
                                             (hint.empty() ? "" : "; " + hint));
  } else if (row.contains("paused")) {
    app.message(tenant + ": paused: " + row.at("paused").get<std::string>() +
                "; the next sweep goes on from there");
  }
}

}  // namespace

int sweep_tenants(App& app, const Args& args, const Spec& spec) {
  const std::int64_t workers = args.number("workers");
  if (workers < 1 || workers > kMostWorkers)
    throw Error(ErrorKind::usage, "--workers is a number from 1 to 64");
  if (!args.has("yes") || args.has("dry-run") || args.has("allow-match-all")) {
    throw Error(ErrorKind::usage,
                "--workers wants --yes, and neither --dry-run nor --allow-match-all",
                "tenant by tenant: `ccctl retention sweep --tenant TENANT --dry-run`");
  }
  std::vector<std::string> tenants = app.tenants_with({Role::officer, Role::admin});
  std::erase(tenants, audit::kOrganisation);  // a log of its own, but no data
  if (!app.setting("tenant").empty()) tenants = {app.tenant()};
  const SignalWatch watch(true);  // the first signal lets every window end
  const std::vector<Row> rows =
      Tenants(app, args, spec, std::move(tenants)).sweep(static_cast<std::size_t>(workers));
  std::vector<Json> list;
  std::uint64_t gone = 0;
  for (const Row& row : rows) {
    tell(app, row.json);
    gone += row.json.value("rows", std::uint64_t{0});
    list.push_back(row.json);
  }
  app.print_rows({"tenant", "outcome", "planned", "rows", "staged", "restored", "windows", "held",
                  "keptByChild", "failed"},
                 list, {{"kind", "RetentionSweepList"}, {"rows", gone}});
  return exit_code_of(rows);
}

}  // namespace ccctl::cmd
