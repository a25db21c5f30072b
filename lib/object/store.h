// Objects (recordings, attachments, journals, pins) outside the datastore: `file:` and `s3:`.
//
// Deleting an object twice, or one that is not there, is success: deletion is driven by committed
// intents and may be repeated after a crash. An object appears whole or not at all. Failures of the
// store are ErrorKind::io and name the store, never the key; an `s3:` store throws key_unavailable
// for credentials that it does not take, and config_invalid for a bucket that is not there.
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
  // create one key at once exactly one succeeds; where its answer was lost on the way, even that
  // one may be told false, and finds its own bytes there.
  virtual bool create(std::string_view key, std::string_view bytes) = 0;
  virtual std::string get(std::string_view key) = 0;  // not_found when absent
  // The same in pieces, so that an object may be larger than memory.
  virtual void read(std::string_view key, const std::function<void(std::string_view)>& piece) = 0;
  virtual bool exists(std::string_view key) = 0;
  virtual void remove(std::string_view key) = 0;  // durable when it returns
};

// Throws usage for a key that no store takes.
void require_key(std::string_view key);

// "file:/var/lib/…": objects are files of mode 0600 below that folder, which the first put() makes.
// "s3://BUCKET/PREFIX": objects of that bucket, with the settings of s3_store.h. Throws
// config_invalid for anything else.
struct S3Settings;
std::unique_ptr<ObjectStore> open(std::string_view url);
std::unique_ptr<ObjectStore> open(std::string_view url, const S3Settings& s3);

}  // namespace ccctl::object
