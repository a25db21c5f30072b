// Objects (recordings, attachments) outside the datastore: `file:` here, `s3:` later.
//
// Deleting an object twice, or one that is not there, is success: deletion is driven by committed
// intents and may be repeated after a crash. An object appears whole or not at all. Failures of the
// store are ErrorKind::io and name the store, never the key.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ccctl::object {

class ObjectStore {
 public:
  ObjectStore() = default;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;
  virtual ~ObjectStore() = default;

  // Keys are relative ("acme/rec/7f/…"): an empty key, a leading or trailing "/", an empty part, a
  // part "." or "..", one beginning with ".put-", and NUL are refused (usage).
  virtual void put(std::string_view key, std::string_view bytes) = 0;  // durable when it returns
  // The same, unless the key is taken: then nothing changes, and false says so. Of several that
  // create one key at once exactly one succeeds.
  virtual bool create(std::string_view key, std::string_view bytes) = 0;
  virtual std::string get(std::string_view key) = 0;  // not_found when absent
  // The same in pieces, so that an object may be larger than memory.
  virtual void read(std::string_view key, const std::function<void(std::string_view)>& piece) = 0;
  virtual bool exists(std::string_view key) = 0;
  virtual void remove(std::string_view key) = 0;  // durable when it returns
};

// "file:/var/lib/…": objects are files of mode 0600 below that folder, which the first put() makes.
// Throws config_invalid for another scheme or a relative path.
std::unique_ptr<ObjectStore> open(std::string_view url);

}  // namespace ccctl::object
