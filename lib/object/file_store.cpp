#include "object/file_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/error.h"

namespace ccctl::object {
namespace {

namespace fs = std::filesystem;

// Closes when it goes out of scope; errors of close() do not matter after fsync().
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// 0, or errno.
int write_durably(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

bool absent(int error) {
  return error == ENOENT || error == ENOTDIR;
}

}  // namespace

fs::path FileStore::path_of(std::string_view key) const {
  require_key(key);
  return root_ / fs::path(key);
}

void FileStore::fail(std::string_view what, int error) const {
  throw Error(ErrorKind::io, std::string(what) + " in the object store \"" + root_.string() +
                                 "\" failed: " + std::generic_category().message(error));
}

void FileStore::sync_folder(const fs::path& folder) const {
  const File dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.is_open() || ::fsync(dir.fd()) != 0) fail("making a change durable", errno);
}

// A new folder is durable only when its parent says so.
void FileStore::make_folder(const fs::path& folder) const {
  if (::access(folder.c_str(), F_OK) == 0) return;
  if (folder.has_relative_path()) make_folder(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0) {
    if (errno == EEXIST) return;
    fail("making a folder", errno);
  }
  sync_folder(folder.parent_path());
}

std::string FileStore::draft_of(const fs::path& path, std::string_view bytes) const {
  make_folder(path.parent_path());
  std::string draft = (path.parent_path() / ".put-XXXXXX").string();
  const File file(::mkostemp(draft.data(), O_CLOEXEC));
  if (!file.is_open()) fail("writing an object", errno);
  if (const int error = write_durably(file.fd(), bytes); error != 0) {
    ::unlink(draft.c_str());
    fail("writing an object", error);
  }
  return draft;
}

void FileStore::put(std::string_view key, std::string_view bytes) {
  const fs::path path = path_of(key);
  const std::string draft = draft_of(path, bytes);
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(draft.c_str());
    fail("writing an object", error);
  }
  sync_folder(path.parent_path());
}

bool FileStore::create(std::string_view key, std::string_view bytes) {
  const fs::path path = path_of(key);
  const std::string draft = draft_of(path, bytes);
  // A link, unlike a renaming, never replaces what is there.
  const int error = ::link(draft.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(draft.c_str());
  if (error != 0 && error != EEXIST) fail("writing an object", error);
  // Also when it was there: who created it may not have made its name durable yet.
  sync_folder(path.parent_path());
  return error == 0;
}

std::string FileStore::get(std::string_view key) {
  std::string bytes;
  read(key, [&bytes](std::string_view piece) { bytes += piece; });
  return bytes;
}

void FileStore::read(std::string_view key, const std::function<void(std::string_view)>& piece) {
  const File file(::open(path_of(key).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (absent(errno)) {
      throw Error(ErrorKind::not_found,
                  "the object is not in the object store \"" + root_.string() + "\"");
    }
    fail("reading an object", errno);
  }
  char buffer[65536];
  while (true) {
    const ssize_t n = ::read(file.fd(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("reading an object", errno);
    if (n == 0) return;
    piece({buffer, static_cast<std::size_t>(n)});
  }
}

bool FileStore::exists(std::string_view key) {
  struct stat status {};
  if (::stat(path_of(key).c_str(), &status) == 0) return S_ISREG(status.st_mode);
  if (!absent(errno)) fail("looking for an object", errno);
  return false;
}

void FileStore::remove(std::string_view key) {
  const fs::path path = path_of(key);
  if (::unlink(path.c_str()) != 0 && !absent(errno)) fail("removing an object", errno);
  // Also when it was gone already: a remove() before a crash may not have become durable.
  const File dir(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.is_open() && absent(errno)) return;
  if (!dir.is_open() || ::fsync(dir.fd()) != 0) fail("making a change durable", errno);
}

}  // namespace ccctl::object
