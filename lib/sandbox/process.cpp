#include "sandbox/process.h"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include "base/error.h"

namespace ccctl::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr int kOldestVersion = 15;
constexpr const char* kSetpriv = "/usr/bin/setpriv";

struct SpawnActions {
  posix_spawn_file_actions_t actions;
  SpawnActions() { ::posix_spawn_file_actions_init(&actions); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions); }
};

struct SpawnAttributes {
  posix_spawnattr_t attributes;
  SpawnAttributes() { ::posix_spawnattr_init(&attributes); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes); }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool has_programs(const fs::path& folder) {
  for (const char* program : {"initdb", "pg_ctl", "postgres"}) {
    if (::access((folder / program).c_str(), X_OK) != 0) return false;
  }
  return true;
}

int number(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Account cluster_account() {
  const bool root = ::geteuid() == 0;
  const passwd* entry = root ? ::getpwnam("postgres") : ::getpwuid(::geteuid());
  if (entry == nullptr && root) {
    throw Error(ErrorKind::config_invalid,
                "the sandbox of root needs the account \"postgres\", and there is none",
                "install the package postgresql, or run ccctl as an ordinary user");
  }
  if (entry == nullptr) {
    throw Error(ErrorKind::config_invalid, "the account that runs ccctl has no passwd entry",
                "PostgreSQL's initdb needs one: run ccctl as an account that has it");
  }
  return Account{entry->pw_name, entry->pw_uid, entry->pw_gid, root};
}

int run_as(const Account& account, const std::vector<std::string>& arguments,
           const fs::path& folder, const fs::path& log) {
  std::vector<std::string> words;
  if (account.handed_over) {
    words = {kSetpriv,
             "--reuid",
             std::to_string(account.uid),
             "--regid",
             std::to_string(account.gid),
             "--clear-groups"};
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                       "HOME=" + folder.string()};
  SpawnActions spawn;
  const std::string log_name = log.string();
  const std::string folder_name = folder.string();
  ::posix_spawn_file_actions_addopen(&spawn.actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&spawn.actions, 1, log_name.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, 1, 2);
  ::posix_spawn_file_actions_addchdir_np(&spawn.actions, folder_name.c_str());
  SpawnAttributes attributes;  // a blocked or ignored signal must not follow the server
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes.attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes.attributes, &all);
  ::posix_spawnattr_setflags(&attributes.attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);
  const int error = ::posix_spawn(&child, argv[0], &spawn.actions, &attributes.attributes,
                                  argv.data(), envp.data());
  if (error != 0) {
    throw Error(ErrorKind::io, "cannot start \"" + words.front() +
                                   "\": " + std::generic_category().message(error));
  }
  return wait_for(child);
}

fs::path postgres_programs(const std::string& version) {
  fs::path best;
  int best_version = 0;
  std::error_code ignored;
  for (const char* parent : {"/usr/lib/postgresql", "/usr/local/lib/postgresql"}) {
    for (const auto& entry : fs::directory_iterator(parent, ignored)) {
      const int found = number(entry.path().filename().string());
      const bool wanted = version.empty() ? found >= kOldestVersion && found > best_version
                                          : found == number(version);
      if (!wanted || !has_programs(entry.path() / "bin")) continue;
      best = entry.path() / "bin";
      best_version = found;
    }
  }
  if (!best.empty()) return best;
  // Other systems have one version, on the path. initdb's own refusal says when it is too old.
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    fs::path folder = rest.substr(0, colon);
    if (folder.is_absolute() && has_programs(folder)) return folder;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  throw Error(ErrorKind::config_invalid,
              "no PostgreSQL " + (version.empty() ? "15 or newer" : version) +
                  " server programs are installed",
              "install the package postgresql-" + (version.empty() ? "15" : version));
}

}  // namespace ccctl::sandbox
