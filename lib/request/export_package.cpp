#include "request/export_package.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "crypto/cms.h"
#include "crypto/digest.h"
#include "render/archive.h"
#include "render/output.h"

namespace ccctl::request {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBuffer = std::size_t{256} * 1024;
constexpr std::uint64_t kStretch = std::uint64_t{8} * 1024 * 1024;
// Many small files are quicker made durable with the whole file system.
constexpr std::size_t kSyncedOneByOne = 64;

[[noreturn]] void fail(const std::string& what, const std::string& path, int error) {
  throw Error(ErrorKind::io, what + " \"" + path + "\": " + std::generic_category().message(error));
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Some names are made of a site's own object keys.
void require_inside(const std::string& name, const std::string& place) {
  const fs::path path(name);
  if (path.is_relative() && path.has_filename() &&
      std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; }))
    return;
  throw Error(ErrorKind::io, "an object's key would lead out of \"" + place + "\"",
              "give the object another key in its store and in the row that points to it");
}

// A file that hashes what goes through it.
class HashedFile : public PackageFile {
 public:
  HashedFile(int fd, std::string name, std::string place)
      : fd_(fd), place_(std::move(place)), name_(std::move(name)) {
    if (fd < 0) fail("cannot create a file in", place_, errno);
    buffer_.reserve(kBuffer);
  }

  void write(std::string_view bytes) override {
    buffer_ += bytes;
    if (buffer_.size() >= kBuffer) flush();
  }

  FileInfo close() override {
    flush();
    finish();
    return {name_, bytes_, crypto::to_hex(crypto::view(hash_.finish()))};
  }

 protected:
  virtual void finish() {}  // everything is written
  virtual void written(std::uint64_t /*all*/) {}

  void flush() {
    hash_.update(buffer_);
    bytes_ += buffer_.size();
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_.get(), rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot write to", place_, errno);
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    this->written(bytes_);
  }

  Fd fd_;
  std::string place_;  // for messages: a file's own name may tell of the person

 private:
  std::string name_, buffer_;
  crypto::Sha256 hash_;
  std::uint64_t bytes_ = 0;
};

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// A draft beside the target, locked as long as somebody fills it.
class FolderPackage : public Package {
 public:
  explicit FolderPackage(const std::string& path) : target_(fs::path(path)) {
    if (!target_.has_filename()) target_ = target_.parent_path();
    draft_ = parent_of(target_) / ("." + target_.filename().string() + ".part");
    require_free();
    if (::mkdir(draft_.c_str(), 0700) != 0 && errno != EEXIST)
      fail("cannot create", target_.string(), errno);
    lock_ = std::make_unique<Fd>(::open(draft_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock_->get() < 0) fail("cannot create", target_.string(), errno);
    struct stat locked {
    }, there{};
    if (::flock(lock_->get(), LOCK_EX | LOCK_NB) != 0 || ::fstat(lock_->get(), &locked) != 0 ||
        ::stat(draft_.c_str(), &there) != 0 || there.st_ino != locked.st_ino) {
      lock_.reset();
      throw Error(ErrorKind::busy, "another export to \"" + target_.string() + "\" is at work");
    }
    ours_ = true;
    // What an interrupted export has left.
    for (const auto& entry : fs::directory_iterator(draft_)) fs::remove_all(entry.path());
    if (::chmod(draft_.c_str(), 0700) != 0) fail("cannot create", target_.string(), errno);
  }

  FolderPackage(const FolderPackage&) = delete;
  FolderPackage& operator=(const FolderPackage&) = delete;
  ~FolderPackage() override {
    std::error_code ignored;
    if (ours_) fs::remove_all(draft_, ignored);
  }

  std::unique_ptr<PackageFile> create(const std::string& name) override {
    require_inside(name, target_.string());
    ++files_;
    const fs::path file = draft_ / name;
    fs::path folder = draft_;
    for (const fs::path& part : fs::path(name).parent_path()) {
      folder /= part;
      if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        fail("cannot create a folder in", target_.string(), errno);
    }
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return std::make_unique<DurableFile>(fd, name, target_.string(), files_ <= kSyncedOneByOne);
  }

  void publish() override {
    if (files_ > kSyncedOneByOne && ::syncfs(lock_->get()) != 0)
      fail("cannot write to", target_.string(), errno);
    if (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno != EINVAL) fail("cannot name", target_.string(), errno);
      require_free();  // a file system that cannot tell
      if (::rename(draft_.c_str(), target_.c_str()) != 0)
        fail("cannot name", target_.string(), errno);
    }
    ours_ = false;
    const Fd parent(::open(parent_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.get() >= 0) ::fsync(parent.get());  // best effort: not every file system can
  }

 private:
  void require_free() const {
    struct stat there {};
    if (::lstat(target_.c_str(), &there) == 0) {
      throw Error(ErrorKind::usage, "\"" + target_.string() + "\" is there already",
                  "name a folder that does not exist yet");
    }
  }

  class DurableFile : public HashedFile {
   public:
    DurableFile(int fd, std::string name, std::string place, bool sync)
        : HashedFile(fd, std::move(name), std::move(place)), sync_(sync) {}

   private:
    void finish() override {
      if (sync_ && ::fsync(fd_.get()) != 0) fail("cannot write to", place_, errno);
    }
    // The disk begins early, so that the end has little left to wait for.
    void written(std::uint64_t all) override {
      if (all - begun_ < kStretch) return;
      ::sync_file_range(fd_.get(), static_cast<off_t>(begun_), static_cast<off_t>(all - begun_),
                        SYNC_FILE_RANGE_WRITE);  // only a hint
      begun_ = all;
    }
    bool sync_;
    std::uint64_t begun_ = 0;
  };

  fs::path target_, draft_;
  std::unique_ptr<Fd> lock_;
  std::size_t files_ = 0;
  bool ours_ = false;
};

// A tar archive, encrypted as it is written.
class SealedPackage : public Package {
 public:
  SealedPackage(const std::string& path, const std::string& certificate, Instant now)
      : folder_(parent_of(fs::path(path)).string()),
        out_(render::Output::reserve(path)),
        seconds_(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()),
        cms_(certificate, seconds_, [this](std::string_view bytes) { out_.write(bytes); }),
        tar_([this](std::string_view bytes) { cms_.write(bytes); }) {}

  std::unique_ptr<PackageFile> create(const std::string& name) override {
    require_inside(name, folder_);
    return std::make_unique<Entry>(*this, nameless(), name, folder_);
  }

  void publish() override {
    tar_.finish();
    cms_.finish();
    out_.finish();
  }

  std::string recipient() const override { return cms_.recipient(); }

 private:
  // A tar wants to know a file's size first.
  class Entry : public HashedFile {
   public:
    Entry(SealedPackage& package, int fd, const std::string& name, const std::string& place)
        : HashedFile(fd, name, place), package_(package) {}

    FileInfo close() override {
      FileInfo info = HashedFile::close();
      package_.tar_.begin(info.name, info.bytes, package_.seconds_);
      std::string buffer(kBuffer, '\0');
      for (std::uint64_t done = 0; done < info.bytes;) {
        const ssize_t got =
            ::pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) fail("cannot read from", place_, got < 0 ? errno : EIO);
        package_.tar_.write(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
        done += static_cast<std::uint64_t>(got);
      }
      return info;
    }

   private:
    SealedPackage& package_;
  };

  int nameless() const {
    const int fd = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    std::string name = folder_ + "/.ccctl-XXXXXX";  // a file system without nameless files
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
  }

  std::string folder_;
  render::Output out_;
  std::int64_t seconds_;
  crypto::CmsEncryptor cms_;
  render::Archive tar_;
};

}  // namespace

std::unique_ptr<Package> folder_package(const std::string& path) {
  return std::make_unique<FolderPackage>(path);
}

std::unique_ptr<Package> sealed_package(const std::string& path, const std::string& certificate,
                                        Instant now) {
  return std::make_unique<SealedPackage>(path, certificate, now);
}

}  // namespace ccctl::request
