// Which store a URL names.
#include "base/error.h"
#include "object/file_store.h"

namespace ccctl::object {

std::unique_ptr<ObjectStore> open(std::string_view url) {
  constexpr std::string_view kFile = "file:";
  if (!url.starts_with(kFile)) {
    throw Error(ErrorKind::config_invalid,
                "the object store \"" + std::string(url) + "\" has an unknown scheme",
                "write it as file:/absolute/folder");
  }
  std::string_view path = url.substr(kFile.size());
  if (path.starts_with("///")) path.remove_prefix(2);  // file:///folder is the same place
  if (!path.starts_with('/') || path.starts_with("//") ||
      path.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::config_invalid,
                "the object store \"" + std::string(url) + "\" is not an absolute folder",
                "write it as file:/absolute/folder");
  }
  return std::make_unique<FileStore>(std::filesystem::path(path));
}

}  // namespace ccctl::object
