// Objects as files of a folder: the `file:` store.
#pragma once

#include <filesystem>

#include "object/store.h"

namespace ccctl::object {

// Objects that replace each other are whole at every instant: a reader sees the old one or the new
// one. Folders that become empty stay, because removing one races with a put() into it.
class FileStore : public ObjectStore {
 public:
  explicit FileStore(std::filesystem::path root) : root_(std::move(root)) {}

  void put(std::string_view key, std::string_view bytes) override;
  bool create(std::string_view key, std::string_view bytes) override;
  std::string get(std::string_view key) override;
  void read(std::string_view key, const std::function<void(std::string_view)>& piece) override;
  bool exists(std::string_view key) override;
  void remove(std::string_view key) override;

 private:
  std::filesystem::path path_of(std::string_view key) const;
  // A durable file beside `path` with the bytes, to be given its name.
  std::string draft_of(const std::filesystem::path& path, std::string_view bytes) const;
  [[noreturn]] void fail(std::string_view what, int error) const;
  void make_folder(const std::filesystem::path& folder) const;
  void sync_folder(const std::filesystem::path& folder) const;

  std::filesystem::path root_;
};

}  // namespace ccctl::object
