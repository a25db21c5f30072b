// What the sandbox commands share: its state as a result, and seeding with a message before it.
#pragma once

#include "cmd/app.h"
#include "sandbox/cluster.h"
#include "sandbox/seeder.h"

namespace ccctl::cmd {

// --contacts and --seed, for the commands that make people.
std::vector<Option> seed_options();
// Throws usage for numbers below zero or beyond what the generator is made for.
sandbox::SeedOptions seed_options(const Args& args);

// Makes people in a running sandbox; refused when there are some already.
sandbox::SeedResult seed_sandbox(App& app, const sandbox::Place& place,
                                 const sandbox::SeedOptions& options);
bool sandbox_seeded(const sandbox::Place& place);

// kind SandboxStatus: folder, running, seeded, dsn.
Json sandbox_document(const sandbox::Place& place, const sandbox::Status& status);

}  // namespace ccctl::cmd
