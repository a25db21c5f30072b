// Where the files of an export go: a folder, or one archive encrypted to a recipient.
//
// Nothing half-written looks whole. A folder is filled beside its name and takes the name at the
// end; whatever ends the program before leaves at most that draft, which only its owner can read,
// and the next export to the same place removes it. On the way into an archive a file has no name
// at all, so its clear text cannot be left behind.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ccctl::request {

struct FileInfo {
  std::string name;  // relative, with "/"
  std::uint64_t bytes = 0;
  std::string sha256;  // hex
};

// One file while it is being written. Buffered; mode 0600.
class PackageFile {
 public:
  virtual ~PackageFile() = default;
  virtual void write(std::string_view bytes) = 0;
  // It is complete and in the package. Once.
  virtual FileInfo close() = 0;
};

class Package {
 public:
  virtual ~Package() = default;  // without publish(): removes what was written
  // Several files may be open at a time. Throws io, like everything here.
  virtual std::unique_ptr<PackageFile> create(const std::string& name) = 0;
  // Everything is durable and has its name. Once, and the last call.
  virtual void publish() = 0;
  // SHA-256 of the certificate it is encrypted to; empty for a folder.
  virtual std::string recipient() const { return ""; }
};

// Refuses a name that is taken (usage), and a place where another export is at work (busy).
std::unique_ptr<Package> folder_package(const std::string& path);
// `certificate` is PEM; `now` dates the files and the certificate's validity.
std::unique_ptr<Package> sealed_package(const std::string& path, const std::string& certificate,
                                        Instant now);

}  // namespace ccctl::request
