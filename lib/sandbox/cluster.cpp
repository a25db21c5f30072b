#include "sandbox/cluster.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "sandbox/process.h"

namespace ccctl::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSocketFolder = 93;  // 107 bytes less "/.s.PGSQL.5432"
constexpr const char* kSuperuser = "postgres";
constexpr const char* kDatabase = "ccctl";
constexpr const char* kTenant = "acme";  // of every log-in

std::string read_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error(ErrorKind::io, what + ": " + std::generic_category().message(error));
}

void write_file(const fs::path& file, const std::string& text, mode_t mode,
                const Account* owner = nullptr) {
  const fs::path draft = file.string() + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) fail("cannot write \"" + file.string() + "\"", errno);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool owned = owner == nullptr || ::fchown(fd, owner->uid, owner->gid) == 0;
  const bool synced = ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written || !owned || !synced || ::rename(draft.c_str(), file.c_str()) != 0) {
    const int cause = written && owned && synced ? errno : error;
    ::unlink(draft.c_str());
    fail("cannot write \"" + file.string() + "\"", cause);
  }
}

void make_folder(const fs::path& folder, const Account* owner) {
  std::error_code error;
  if (owner != nullptr && owner->handed_over &&
      fs::create_directories(folder.parent_path(), error)) {
    ::chmod(folder.parent_path().c_str(),
            0755);  // the account must get through, whatever the umask
  }
  fs::create_directories(folder, error);
  if (error) fail("cannot make \"" + folder.string() + "\"", error.value());
  if (owner == nullptr) return;
  if (::chown(folder.c_str(), owner->uid, owner->gid) != 0 || ::chmod(folder.c_str(), 0700) != 0) {
    fail("cannot give \"" + folder.string() + "\" to " + owner->name, errno);
  }
}

// One command at a time; released when the process ends, however it ends.
class Lock {
 public:
  explicit Lock(const fs::path& folder)
      : fd_(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("cannot lock the sandbox", errno);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      throw Error(ErrorKind::busy, "another command is starting or stopping the sandbox",
                  "try again when it has finished");
    }
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::close(fd_); }

 private:
  int fd_;
};

bool accepts_connections(const fs::path& socket_folder) {
  const std::string name = (socket_folder / ".s.PGSQL.5432").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) return false;
  name.copy(address.sun_path, name.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr generic{};
  static_assert(sizeof generic <= sizeof address);
  const bool open =
      ::connect(fd, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0;
  ::close(fd);
  return open;
}

fs::path socket_record(const Place& place) {
  return place.root / "socket-folder";
}

void ensure_socket_folder(const Place& place, const Account& account) {
  if ((place.root / "run").string().size() > kLongestSocketFolder &&
      !fs::is_directory(place.socket())) {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    const bool usable = runtime != nullptr && *runtime == '/' && !account.handed_over &&
                        std::string_view(runtime).size() < kLongestSocketFolder - 20;
    std::string name = std::string(usable ? runtime : "/tmp") + "/ccctl-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) fail("cannot make a folder for the socket", errno);
    write_file(socket_record(place), name + "\n", 0644);
  }
  make_folder(place.socket(), &account);
}

std::string quoted(const std::string& path, char doubled) {
  std::string text;
  for (char c : path) {
    if (c == doubled) text += c;
    text += c;
  }
  return text;
}

// The server's own log must not show people either: no statements, parameters or DETAIL lines.
std::string server_settings(const Place& place) {
  return "listen_addresses = ''\n"
         "port = 5432\n"
         "unix_socket_directories = '\"" +
         quoted(quoted(place.socket().string(), '"'), '\'') +
         "\"'\n"
         "timezone = 'UTC'\n"
         "log_timezone = 'UTC'\n"
         "datestyle = 'ISO'\n"
         "max_connections = 50\n"
         "shared_buffers = 64MB\n"
         "log_statement = 'none'\n"
         "log_min_error_statement = 'panic'\n"
         "log_parameter_max_length = 0\n"
         "log_parameter_max_length_on_error = 0\n"
         "log_error_verbosity = 'terse'\n";
}

std::string quoted_name(const std::string& account) {
  return "\"" + quoted(account, '"') + "\"";
}

std::string ident_map(const Account& account) {
  std::string text;
  for (const std::string& peer : {account.name, std::string("root")}) {
    if (peer == "root" && account.name == "root") continue;
    for (const char* login : {"officer", "officer2", "admin", "auditor", "sealer", kSuperuser}) {
      text += "ccctl " + quoted_name(peer) + " " + login + "\n";
    }
  }
  return text;
}

// A half-made cluster has another name, so that an interrupted initdb is simply done again.
void make_cluster(const Place& place, const Account& account) {
  const fs::path draft = place.root / "data.new";
  fs::remove_all(draft);
  const fs::path programs = postgres_programs("");
  const int code =
      run_as(account,
             {(programs / "initdb").string(), "--pgdata", draft.string(), "--username", kSuperuser,
              "--auth", "peer", "--encoding", "UTF8", "--locale", "C.UTF-8"},
             place.root, place.log());
  if (code != 0) {
    throw Error(ErrorKind::io, "initdb failed with exit code " + std::to_string(code),
                "see " + place.log().string());
  }
  write_file(draft / "pg_hba.conf", "local all all peer map=ccctl\n", 0600, &account);
  write_file(draft / "pg_ident.conf", ident_map(account), 0600, &account);
  std::ofstream(draft / "postgresql.conf", std::ios::app) << "\ninclude = 'sandbox.conf'\n";
  fs::rename(draft, place.data());
}

// After a crash of the machine the number in postmaster.pid may belong to somebody else, and the
// server then refuses to start. Nobody listens on the socket, so it is only ours to keep when that
// process is a PostgreSQL server.
void remove_stale_pid_file(const Place& place) {
  const fs::path file = place.data() / "postmaster.pid";
  const std::string pid = read_line(file);
  if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos) return;
  if (read_line("/proc/" + pid + "/comm") != "postgres") fs::remove(file);
}

int pg_ctl(const Place& place, const Account& account, std::vector<std::string> arguments) {
  const fs::path programs = postgres_programs(read_line(place.data() / "PG_VERSION"));
  std::vector<std::string> words{(programs / "pg_ctl").string(),
                                 "--pgdata",
                                 place.data().string(),
                                 "--wait",
                                 "--timeout",
                                 "60",
                                 "--silent"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_as(account, words, place.root, place.log());
}

void stop(const Place& place, const Account& account) {
  if (pg_ctl(place, account, {"status"}) != 0) return;
  if (pg_ctl(place, account, {"--mode", "fast", "stop"}) != 0) {
    throw Error(ErrorKind::io, "the sandbox's PostgreSQL server did not stop",
                "see " + place.log().string());
  }
}

void start(const Place& place, const Account& account) {
  remove_stale_pid_file(place);
  stop(place, account);  // one whose socket somebody removed is of no use to anyone
  write_file(place.data() / "sandbox.conf", server_settings(place), 0600, &account);
  const std::string log = (place.data() / "server.log").string();
  if (pg_ctl(place, account, {"--log", log, "start"}) != 0) {
    throw Error(ErrorKind::io, "the sandbox's PostgreSQL server did not start", "see " + log);
  }
}

void ensure_database(const Place& place) {
  store::Target maintenance = target(place, kSuperuser);
  maintenance.dsn =
      maintenance.dsn.substr(0, maintenance.dsn.rfind(" dbname=")) + " dbname=postgres";
  store::Session session = store::Session::open(maintenance);
  bool found = false;
  session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    found = !tx.exec({"SELECT FROM pg_database WHERE datname = $1", {kDatabase}}).empty();
  });
  if (!found) {
    session.exec_plain("CREATE DATABASE " + store::quote_name(kDatabase) +
                       " TEMPLATE template0 ENCODING 'UTF8'");
  }
}

void ensure_key(const fs::path& file, const Context& context) {
  if (fs::exists(file)) return;
  std::byte seed[32];
  context.random(seed);
  std::string text;
  for (std::byte b : seed) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[std::to_integer<int>(b) >> 4];
    text += kDigits[std::to_integer<int>(b) & 15];
  }
  write_file(file, text + "\n", 0600);
}

}  // namespace

fs::path Place::socket() const {
  const std::string recorded = read_line(socket_record(*this));
  return recorded.empty() ? root / "run" : fs::path(recorded);
}

Place default_place() {
  const auto absolute = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr && *value == '/' ? value : "";
  };
  if (const std::string own = absolute("CCCTL_TEST_SANDBOX"); !own.empty()) return Place{own};
  if (::geteuid() == 0) return Place{"/var/lib/ccctl/sandbox"};
  std::string state = absolute("XDG_STATE_HOME");
  if (state.empty()) {
    const std::string home = absolute("HOME");
    if (home.empty()) {
      throw Error(ErrorKind::config_invalid, "neither XDG_STATE_HOME nor HOME names a folder",
                  "set one of them to an absolute path");
    }
    state = home + "/.local/state";
  }
  return Place{fs::path(state) / "ccctl" / "sandbox"};
}

store::Target target(const Place& place, const std::string& user) {
  std::string host;
  for (char c : place.socket().string()) {
    if (c == '\'' || c == '\\') host += '\\';
    host += c;
  }
  store::Target target;
  target.dsn = "host='" + host + "' port=5432 dbname=" + kDatabase;
  target.user = user;
  return target;
}

namespace {

// pg_ctl hands the folder to a shell in double quotes, so these would be the shell's to interpret.
void check_name(const Place& place) {
  if (place.root.is_absolute() &&
      place.root.string().find_first_of("\"$`\\\n") == std::string::npos) {
    return;
  }
  throw Error(ErrorKind::config_invalid,
              "the sandbox's folder \"" + place.root.string() + "\" cannot be used",
              "choose an absolute path without double quotes, $, ` and backslashes");
}

}  // namespace

Status up(const Place& place, const Context& context) {
  check_name(place);
  const Account account = cluster_account();
  make_folder(place.root, &account);
  const Lock lock(place.root);
  if (!fs::exists(place.data() / "PG_VERSION")) make_cluster(place, account);
  ensure_socket_folder(place, account);
  if (!accepts_connections(place.socket())) start(place, account);
  ensure_database(place);
  store::Session session = store::Session::open(target(place, kSuperuser));
  prepare(session);
  for (const fs::path& folder : {place.objects(), place.journal(), place.journal_keys()}) {
    make_folder(folder, nullptr);
    ::chmod(folder.c_str(), 0700);
  }
  ensure_key(place.seal_key(), context);
  ensure_key(place.journal_keys() / (std::string(kTenant) + ".key"), context);
  return status(place);
}

Status status(const Place& place) {
  Status status;
  status.exists = fs::exists(place.data() / "PG_VERSION");
  status.running = status.exists && accepts_connections(place.socket());
  status.dsn = target(place, "").dsn;
  return status;
}

void down(const Place& place, bool erase) {
  if (!fs::exists(place.root)) return;
  const Lock lock(place.root);
  if (fs::exists(place.data() / "PG_VERSION")) stop(place, cluster_account());
  if (!erase) return;
  std::error_code error;
  if (fs::exists(socket_record(place))) fs::remove_all(place.socket(), error);
  fs::remove_all(place.root, error);
  if (error) fail("cannot remove \"" + place.root.string() + "\"", error.value());
}

}  // namespace ccctl::sandbox
