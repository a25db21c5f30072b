#include "render/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace ccctl::render {
namespace {

constexpr std::size_t kBuffer = std::size_t{64} * 1024;
// What a result hardly ever exceeds; set aside before a command changes anything.
constexpr rlim_t kReserved = rlim_t{256} * 1024;

[[noreturn]] void fail(const std::string& what, int error) {
  std::string reason = std::generic_category().message(error);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') reason[0] += 'a' - 'A';
  std::string hint;
  if (error == ENOSPC || error == EDQUOT) hint = "free some space or write to another file system";
  if (error == EFBIG) hint = "raise the limit on file sizes (ulimit -f)";
  if (error == EPIPE) hint = "the program that reads the result ended early";
  throw Error(ErrorKind::io, what + ": " + reason, hint);
}

// The error that stopped it, or 0.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{fd, POLLOUT, 0};  // somebody made the terminal or the pipe non-blocking
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// The error that a later write would meet, or 0. A device such as /dev/full, and a disk without a
// free block, refuse at once; a limit on file sizes is ours to compare.
int room_error(int fd, bool regular) {
  if (!regular) return ::write(fd, "", 0) < 0 && errno == ENOSPC ? ENOSPC : 0;
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < kReserved) return EFBIG;
  // Blocks beyond the end, so that the size stays what was written; not every file system can.
  if (::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(kReserved)) == 0) return 0;
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : 0;
}

std::string quoted(const std::string& path) {
  return "\"" + path + "\"";
}

}  // namespace

struct Output::Impl {
  int fd = -1;
  int folder = -1;        // of a regular file
  std::string target;     // in messages
  std::string name;       // inside the folder; empty: written in place
  std::string temporary;  // inside the folder; empty: the file has no name yet
  std::string buffer;
  int error = 0;  // of the write that failed; nothing can follow it

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (fd >= 0) ::close(fd);
    if (folder >= 0 && !temporary.empty()) ::unlinkat(folder, temporary.c_str(), 0);
    if (folder >= 0) ::close(folder);
  }

  void flush() {
    if (error == 0) error = write_all(fd, buffer);
    if (error != 0) fail("cannot write to " + target, error);
    buffer.clear();
  }

  std::string temporary_name(int attempt) const {
    return "." + name + "." + std::to_string(::getpid()) + "-" + std::to_string(attempt) + ".part";
  }

  void create();
  void publish();
};

void Output::Impl::create() {
  fd = ::openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  const bool can_be_named =
      fd >= 0 && ::access(("/proc/self/fd/" + std::to_string(fd)).c_str(), F_OK) == 0;
  if (can_be_named) return;
  if (fd >= 0) ::close(fd);
  fd = -1;
  for (int attempt = 0; fd < 0 && attempt < 100; ++attempt) {
    temporary = temporary_name(attempt);
    fd = ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
    if (fd < 0 && errno != EEXIST) break;
  }
  if (fd < 0) {
    temporary.clear();
    fail("cannot create " + target, errno);
  }
}

void Output::Impl::publish() {
  if (temporary.empty()) {
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    for (int attempt = 0; temporary.empty(); ++attempt) {
      const std::string candidate = temporary_name(attempt);
      if (::linkat(AT_FDCWD, self.c_str(), folder, candidate.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        temporary = candidate;
      } else if (errno != EEXIST || attempt > 100) {
        fail("cannot create " + target, errno);
      }
    }
  }
  if (::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) {
    fail("cannot replace " + target, errno);
  }
  temporary.clear();
  ::fsync(folder);  // best effort: not every file system can
}

Output::Output(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Output::Output(Output&&) noexcept = default;
Output& Output::operator=(Output&&) noexcept = default;
Output::~Output() = default;

Output Output::standard() {
  auto impl = std::make_unique<Impl>();
  impl->target = "standard output";
  impl->fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (impl->fd < 0) fail("cannot write to standard output", errno);
  struct stat there {};
  const bool device = ::fstat(impl->fd, &there) == 0 && S_ISCHR(there.st_mode);
  if (const int error = device ? room_error(impl->fd, false) : 0) {
    fail("cannot write to standard output", error);
  }
  return Output(std::move(impl));
}

Output Output::reserve(const std::string& path, unsigned mode) {
  auto impl = std::make_unique<Impl>();
  impl->target = quoted(path);
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    if (S_ISDIR(there.st_mode)) fail("cannot write to " + impl->target, EISDIR);
    // Renaming over a device or a pipe would destroy it.
    impl->fd = ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (impl->fd < 0) fail("cannot open " + impl->target, errno);
    if (const int error = room_error(impl->fd, false)) {
      fail("cannot write to " + impl->target, error);
    }
    return Output(std::move(impl));
  }
  const std::filesystem::path file(path);
  impl->name = file.filename().string();
  if (impl->name.empty() || impl->name == "." || impl->name == "..") {
    fail("cannot create " + impl->target, EISDIR);
  }
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  impl->folder = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (impl->folder < 0) fail("cannot create " + impl->target, errno);
  impl->create();
  if (::fchmod(impl->fd, mode) != 0) fail("cannot create " + impl->target, errno);
  if (const int error = room_error(impl->fd, true)) fail("cannot write to " + impl->target, error);
  return Output(std::move(impl));
}

void Output::write(std::string_view bytes) {
  impl_->buffer += bytes;
  if (impl_->buffer.size() >= kBuffer) impl_->flush();
}

void Output::finish() {
  Impl& out = *impl_;
  if (out.fd < 0) return;
  out.flush();
  if (!out.name.empty()) {
    struct stat written {};
    // Gives back the blocks that were set aside.
    if (::fstat(out.fd, &written) == 0) (void)!::ftruncate(out.fd, written.st_size);
    if (::fsync(out.fd) != 0) fail("cannot write to " + out.target, errno);
    out.publish();
  }
  const int fd = out.fd;
  out.fd = -1;
  if (::close(fd) != 0 && errno != EINTR) fail("cannot write to " + out.target, errno);
}

}  // namespace ccctl::render
