#include "cmd/program.h"

#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <typeinfo>

#include "base/context.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/cli.h"
#include "cmd/help.h"
#include "cmd/refusal.h"
#include "render/grid.h"
#include "render/output.h"

namespace ccctl::cmd {
namespace {

void report(const Error& error, bool json) {
  const std::string hint(error.hint());
  std::cerr << "ccctl: error: " << render::escape_for_terminal(error.what()) << '\n';
  if (!hint.empty()) std::cerr << "ccctl: hint: " << render::escape_for_terminal(hint) << '\n';
  if (!json) return;
  Json object{{"kind", info(error.kind()).id},
              {"exit", error.exit_code()},
              {"message", error.what()},
              {"hint", hint}};
  for (const auto& [key, value] : error.context()) {
    if (!object.contains(key)) object[key] = value;
  }
  const Json whole{{"apiVersion", "ccctl/v1"}, {"kind", "Error"}, {"error", object}};
  std::cerr << render::json_text(whole, false) << '\n';
}

Context program_context(bool quiet) {
  Context context = system_context();
  context.log = [quiet](LogLevel level, std::string_view line) {
    if (level == LogLevel::debug || (quiet && level != LogLevel::warning)) return;
    const std::string prefix = level == LogLevel::warning ? "ccctl: warning: " : "ccctl: ";
    std::cerr << prefix + render::escape_for_terminal(line) + '\n';
  };
  return context;
}

int show_help(const Invocation& invocation) {
  render::Output out = render::Output::standard();
  if (invocation.spec != nullptr) {
    out.write(help_command(*invocation.spec));
  } else {
    out.write(invocation.noun.empty() ? help_overview() : help_noun(invocation.noun));
  }
  out.finish();
  return 0;
}

int run_command(const Invocation& invocation) {
  App app(program_context(invocation.args.has("quiet")), *invocation.spec, invocation.args);
  app.reserve_out();
  const int code = recording_key_uses(app, [&] {
    return recording_refusals(app, *invocation.spec,
                              [&] { return invocation.spec->run(app, invocation.args); });
  });
  try {
    app.finish();
  } catch (const Error& error) {
    // The command has done its work; a more telling code than 0 stays.
    if (code == 0) throw;
    report(error, wants_json_errors({"-o", invocation.args.get("output")}));
  }
  return code;
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  const bool json = wants_json_errors(words);
  try {
    const Invocation invocation = parse(words);
    return invocation.help ? show_help(invocation) : run_command(invocation);
  } catch (const Error& error) {
    report(error, json);
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    report(Error(ErrorKind::unexpected, "out of memory"), json);
  } catch (const std::exception& error) {
    // What a library says may quote data; its type is enough to find the place.
    report(
        Error(ErrorKind::unexpected, "internal error", "please report it with the command you ran")
            .with("type", typeid(error).name()),
        json);
  }
  return info(ErrorKind::unexpected).exit_code;
}

}  // namespace ccctl::cmd
