// Which store a URL names, and which keys a store takes.
#include <algorithm>

#include "base/error.h"
#include "object/file_store.h"
#include "object/s3_store.h"

namespace ccctl::object {
namespace {

bool valid_part(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && !part.starts_with(".put-");
}

bool valid_path(std::string_view key) {
  if (key.empty() || key.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = key.find('/');
    if (!valid_part(key.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    key.remove_prefix(slash + 1);
  }
}

bool valid_bucket(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

[[noreturn]] void refuse(std::string_view url, const std::string& what) {
  throw Error(ErrorKind::config_invalid, "the object store \"" + std::string(url) + "\" " + what,
              "write it as file:/absolute/folder or s3://BUCKET/PREFIX");
}

std::unique_ptr<ObjectStore> open_file(std::string_view url, std::string_view path) {
  if (path.starts_with("///")) path.remove_prefix(2);  // file:///folder is the same place
  if (!path.starts_with('/') || path.starts_with("//") ||
      path.find('\0') != std::string_view::npos) {
    refuse(url, "is not an absolute folder");
  }
  return std::make_unique<FileStore>(std::filesystem::path(path));
}

std::unique_ptr<ObjectStore> open_s3(std::string_view url, std::string_view path,
                                     const S3Settings& s3) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::string bucket(path.substr(0, slash));
  std::string prefix(path.substr(std::min(slash + 1, path.size())));
  if (prefix.ends_with('/')) prefix.pop_back();
  if (!valid_bucket(bucket) || (!prefix.empty() && !valid_path(prefix))) {
    refuse(url, "is not a bucket and a prefix");
  }
  if (!prefix.empty()) prefix += '/';
  return std::make_unique<S3Store>(bucket, std::move(prefix), s3);
}

}  // namespace

void require_key(std::string_view key) {
  if (valid_path(key)) return;
  throw Error(ErrorKind::usage, "an object's key is not a relative path",
              "correct the pointer column: keys look like acme/recordings/7f/ID");
}

std::unique_ptr<ObjectStore> open(std::string_view url) {
  const auto none = []() -> net::AwsKey {
    throw Error(ErrorKind::key_unavailable, "there are no credentials for an object store");
  };
  return open(url, S3Settings{"", "", none, {}});
}

std::unique_ptr<ObjectStore> open(std::string_view url, const S3Settings& s3) {
  constexpr std::string_view kFile = "file:", kS3 = "s3://";
  if (url.starts_with(kFile)) return open_file(url, url.substr(kFile.size()));
  if (url.starts_with(kS3)) return open_s3(url, url.substr(kS3.size()), s3);
  refuse(url, "has an unknown scheme");
}

}  // namespace ccctl::object
