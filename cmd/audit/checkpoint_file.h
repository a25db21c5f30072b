// What several audit commands read from files: checkpoints kept elsewhere, and verifier keys.
#pragma once

#include <string>
#include <vector>

#include "cmd/app.h"

namespace ccctl::cmd {

// The bytes of a file that should hold a checkpoint, proof or receipt. Throws usage when it cannot
// be read, is empty, or is too long for one.
std::string read_checkpoint_file(const std::string& path);

// The keys of --key, else those that the datastore publishes for the tenant.
std::vector<crypto::VerifierKey> trusted_keys(App& app, const Args& args);

// `--key VKEY`, repeatable.
Option key_option();

}  // namespace ccctl::cmd
