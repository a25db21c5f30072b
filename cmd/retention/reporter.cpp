#include "cmd/retention/reporter.h"

#include <iostream>
#include <utility>

#include "base/error.h"
#include "render/grid.h"
#include "render/output.h"

namespace ccctl::cmd {
namespace {

using retention::SweepReport;
using std::chrono::steady_clock;

constexpr auto kLooksEvery = std::chrono::milliseconds(200);
constexpr auto kWritesEvery = std::chrono::seconds(5);
constexpr auto kSaysEvery = std::chrono::seconds(30);

using Kind = run::Obstacle::Kind;
constexpr Kind kObstacles[] = {Kind::replica_absent, Kind::replica_lag, Kind::load, Kind::file};
constexpr const char* kOutcomes[] = {"planning", "running", "complete",
                                     "partial",  "paused",  "failed"};

std::string line_of(const std::string& tenant, const SweepReport& report) {
  const auto part = [](std::uint64_t n, const char* what) {
    return n == 0 ? "" : ", " + std::to_string(n) + what;
  };
  std::string line = tenant + ": " + report.outcome;
  if (report.outcome != "planning") {
    line += ", " + std::to_string(report.rows + report.staged + report.restored) + " of " +
            std::to_string(report.planned) + " rows in " + std::to_string(report.windows) +
            " windows" + part(report.held, " held") +
            part(report.kept_by_child, " kept by what follows them") +
            part(report.failed, " failed");
  }
  if (report.waits) line += "; waiting: " + report.waits->text;
  return line;
}

struct Series {
  const char *name, *help;
  std::uint64_t SweepReport::*value;
};
constexpr Series kSeries[] = {
    {"planned_rows", "Rows that the plan counted.", &SweepReport::planned},
    {"rows", "Rows deleted or anonymised so far.", &SweepReport::rows},
    {"staged_rows", "Rows that entered a stage so far.", &SweepReport::staged},
    {"restored_rows", "Rows that left their stage otherwise than by the purge.",
     &SweepReport::restored},
    {"windows", "Windows carried out so far.", &SweepReport::windows},
    {"held_rows", "Rows due that a hold has kept.", &SweepReport::held},
    {"kept_by_child_rows", "Rows due that stayed because of what would go along.",
     &SweepReport::kept_by_child},
    {"failed_rows", "Rows whose window could not be carried out.", &SweepReport::failed},
};

// As Prometheus quotes it.
std::string label(const std::string& name, std::string_view value) {
  std::string quoted;
  for (const char c : value) {
    if (c == '\\' || c == '"') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return name + "=\"" + quoted + "\"";
}

std::string heading(const std::string& name, const std::string& help) {
  return "# HELP ccctl_sweep_" + name + " " + help + "\n# TYPE ccctl_sweep_" + name + " gauge\n";
}

std::string sample(const std::string& name, const std::string& labels, std::int64_t value) {
  return "ccctl_sweep_" + name + "{" + labels + "} " + std::to_string(value) + "\n";
}

// Whoever reads it, by another account as a rule, sees all of it, or all of the one before.
void replace(const std::string& path, std::string_view text) {
  render::Output file = render::Output::reserve(path, 0644);
  file.write(text);
  file.finish();
}

}  // namespace

Reporter::Reporter(const Context& context, Say say, std::string metrics_file)
    : context_(context), say_(std::move(say)), file_(std::move(metrics_file)) {
  if (!file_.empty()) replace(file_, metrics());
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

Reporter::~Reporter() {
  thread_.request_stop();
  thread_.join();
  write_metrics();
}

void Reporter::update(const std::string& tenant, const SweepReport& report) {
  const Instant now = context_.now();
  const std::lock_guard lock(mutex_);
  const auto [place, fresh] = states_.try_emplace(tenant);
  State& state = place->second;
  if (fresh) state.began = now;
  const std::optional<run::Obstacle> before = std::exchange(state.report, report).waits;
  state.updated = now;
  const bool other = report.waits && (!before || before->kind != report.waits->kind);
  if (other) say_(line_of(tenant, report));
  if (before && !report.waits && report.outcome == "running") say_(tenant + ": goes on");
}

void Reporter::failed(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  State& state = states_[tenant];
  state.report.outcome = "failed";
  state.report.waits.reset();
  state.updated = context_.now();
}

void Reporter::watch(const std::stop_token& stop) {
  steady_clock::time_point said = steady_clock::now(), written = said;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kLooksEvery, [] { return false; });
    const steady_clock::time_point now = steady_clock::now();
    if (QuestionWatch::asked()) say_all(true);
    if (now - said >= kSaysEvery) {
      said = now;
      say_all(false);
    }
    if (now - written < kWritesEvery) continue;
    written = now;
    lock.unlock();
    write_metrics();
    lock.lock();
  }
}

// Somebody who asks is answered, even by a command that is to be quiet.
void Reporter::say_all(bool asked) {
  if (asked && states_.empty()) std::cerr << "ccctl: nothing has begun\n";
  for (const auto& [tenant, state] : states_) {
    const std::string line = line_of(tenant, state.report);
    if (asked) {
      std::cerr << "ccctl: " + render::escape_for_terminal(line) + '\n';
    } else if (state.report.outcome == "running") {
      say_(line);
    }
  }
}

void Reporter::write_metrics() {
  if (file_.empty()) return;
  try {
    replace(file_, metrics());
    file_failed_ = false;
  } catch (const Error& error) {
    if (!std::exchange(file_failed_, true)) context_.log(LogLevel::warning, error.what());
  }
}

std::string Reporter::metrics() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const Series& series : kSeries) {
    text += heading(series.name, series.help);
    for (const auto& [tenant, state] : states_)
      text += sample(series.name, label("tenant", tenant),
                     static_cast<std::int64_t>(state.report.*series.value));
  }
  text += heading("waiting", "Whether it waits between two windows, and for what.");
  for (const auto& [tenant, state] : states_) {
    for (const Kind kind : kObstacles)
      text += sample("waiting", label("tenant", tenant) + "," + label("reason", reason_of(kind)),
                     state.report.waits && state.report.waits->kind == kind ? 1 : 0);
  }
  text += heading("outcome", "Where the sweep stands.");
  for (const auto& [tenant, state] : states_) {
    for (const char* outcome : kOutcomes)
      text += sample("outcome", label("tenant", tenant) + "," + label("outcome", outcome),
                     state.report.outcome == outcome ? 1 : 0);
  }
  const auto times = [&](const char* name, const char* help, Instant State::*at) {
    text += heading(name, help);
    for (const auto& [tenant, state] : states_)
      text +=
          sample(name, label("tenant", tenant),
                 std::chrono::floor<std::chrono::seconds>(state.*at).time_since_epoch().count());
  };
  times("started_timestamp_seconds", "When the command began with the tenant.", &State::began);
  times("updated_timestamp_seconds", "When it was last heard of.", &State::updated);
  return text;
}

}  // namespace ccctl::cmd
