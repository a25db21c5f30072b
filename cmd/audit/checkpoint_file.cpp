#include "cmd/audit/checkpoint_file.h"

#include <fstream>
#include <iterator>

#include "base/error.h"

namespace ccctl::cmd {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;

}  // namespace

std::string read_checkpoint_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad() || text.empty()) {
    throw Error(ErrorKind::usage, "cannot read the checkpoint \"" + path + "\"");
  }
  if (text.size() > kMaxFile) {
    throw Error(ErrorKind::usage, "\"" + path + "\" is too long for a checkpoint or a receipt");
  }
  return text;
}

std::vector<crypto::VerifierKey> trusted_keys(App& app, const Args& args) {
  if (!args.has("key")) return app.verifier_keys();
  std::vector<crypto::VerifierKey> keys;
  for (const std::string& text : args.all("key")) {
    const auto key = crypto::VerifierKey::parse(text);
    if (!key) {
      throw Error(ErrorKind::usage, "\"" + text + "\" is not a verifier key",
                  "it is NAME+KEYID+BASE64, in one argument");
    }
    keys.push_back(*key);
  }
  return keys;
}

Option key_option() {
  return {.name = "key",
          .type = Type::text,
          .value = "VKEY",
          .help = "trust this verifier key instead of the published ones",
          .repeatable = true};
}

}  // namespace ccctl::cmd
