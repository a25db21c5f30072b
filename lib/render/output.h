// Where a command's result goes: standard output, or a file that appears only when it is complete.
//
// A regular file is written beside its name, without a name of its own where the
// file system can do that, and takes the name in finish(); until then an existing file stays as it
// is, and whatever ends the program leaves nothing behind. A device or a named pipe is written in
// place. All failures are ErrorKind::io and name the target. One thread has one Output.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ccctl::render {

class Output {
 public:
  // Throws now when it is a device that takes nothing.
  static Output standard();
  // Reserves the file: throws now when it cannot be created, or has no room for a result. Another
  // mode than 0600 is for what holds nothing personal.
  static Output reserve(const std::string& path, unsigned mode = 0600);

  Output(Output&&) noexcept;
  Output& operator=(Output&&) noexcept;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();  // without finish(): discards what a file holds so far

  void write(std::string_view bytes);
  // Everything is out and durable, and the file has its name. Later calls do nothing.
  void finish();

 private:
  struct Impl;
  explicit Output(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ccctl::render
