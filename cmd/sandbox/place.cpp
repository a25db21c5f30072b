#include "cmd/sandbox/place.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::cmd {
namespace {

constexpr std::int64_t kMostContacts = 2'000'000;

store::Session open_as_owner(const sandbox::Place& place) {
  return store::Session::open(sandbox::target(place, "postgres"));
}

}  // namespace

std::vector<Option> seed_options() {
  return {{.name = "contacts",
           .type = Type::number,
           .value = "N",
           .help = "how many entries the address book gets; conversations scale with it",
           .default_value = "10000"},
          {.name = "seed",
           .type = Type::number,
           .value = "N",
           .help = "the same number makes the same people on every machine",
           .default_value = "1"}};
}

sandbox::SeedOptions seed_options(const Args& args) {
  const std::int64_t contacts = args.number("contacts");
  const std::int64_t seed = args.number("seed");
  if (contacts < 0 || contacts > kMostContacts) {
    throw Error(ErrorKind::usage, "--contacts \"" + args.get("contacts") +
                                      "\" is not between 0 and " + std::to_string(kMostContacts));
  }
  if (seed < 0) {
    throw Error(ErrorKind::usage, "--seed \"" + args.get("seed") + "\" is below zero");
  }
  sandbox::SeedOptions options;
  options.contacts = static_cast<std::uint64_t>(contacts);
  options.seed = static_cast<std::uint64_t>(seed);
  return options;
}

sandbox::SeedResult seed_sandbox(App& app, const sandbox::Place& place,
                                 const sandbox::SeedOptions& options) {
  app.message("making " + std::to_string(options.contacts) + " synthetic contacts …");
  store::Session session = open_as_owner(place);
  const auto objects = object::open("file:" + place.objects().string());
  return sandbox::seed_all(session, *objects, options);
}

bool sandbox_seeded(const sandbox::Place& place) {
  store::Session session = open_as_owner(place);
  return sandbox::seeded(session);
}

Json sandbox_document(const sandbox::Place& place, const sandbox::Status& status) {
  Json document{{"kind", "SandboxStatus"},
                {"folder", place.root.string()},
                {"exists", status.exists},
                {"running", status.running}};
  if (status.running) {
    document["seeded"] = sandbox_seeded(place);
    document["datastore"] = status.dsn;
  }
  return document;
}

}  // namespace ccctl::cmd
