#include "render/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <exception>

#include "base/error.h"

namespace ccctl::render {

struct Archive::Impl {
  explicit Impl(std::function<void(std::string_view)> out) : sink(std::move(out)) {}
  std::function<void(std::string_view)> sink;
  std::exception_ptr failed;  // what the sink threw: exceptions do not cross C
  bool given_up = false;
  struct archive* tar = nullptr;

  static la_ssize_t take(struct archive* /*tar*/, void* self, const void* bytes, std::size_t size) {
    auto* impl = static_cast<Impl*>(self);
    if (impl->failed || impl->given_up) return -1;
    try {
      impl->sink({static_cast<const char*>(bytes), size});
    } catch (...) {
      impl->failed = std::current_exception();
      return -1;
    }
    return static_cast<la_ssize_t>(size);
  }

  void check(bool good) {
    if (failed) std::rethrow_exception(failed);
    if (!good) throw Error(ErrorKind::unexpected, "an archive cannot be written");
  }
};

Archive::Archive(std::function<void(std::string_view)> sink)
    : impl_(std::make_unique<Impl>(std::move(sink))) {
  impl_->tar = archive_write_new();
  impl_->check(
      impl_->tar != nullptr && archive_write_set_format_pax_restricted(impl_->tar) == ARCHIVE_OK &&
      archive_write_open(impl_->tar, impl_.get(), nullptr, &Impl::take, nullptr) == ARCHIVE_OK);
}

// Without finish() nothing more is written: an archive that ends early does not look whole.
Archive::~Archive() {
  if (impl_->tar == nullptr) return;
  // archive_write_fail() would say the same, and leave libarchive's buffers behind.
  impl_->given_up = true;
  archive_write_free(impl_->tar);
}

void Archive::begin(const std::string& name, std::uint64_t size, std::int64_t at) {
  struct archive_entry* entry = archive_entry_new();
  impl_->check(entry != nullptr);
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0600);
  archive_entry_set_size(entry, static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry, at, 0);
  const int result = archive_write_header(impl_->tar, entry);
  archive_entry_free(entry);
  impl_->check(result == ARCHIVE_OK);
}

void Archive::write(std::string_view bytes) {
  impl_->check(archive_write_data(impl_->tar, bytes.data(), bytes.size()) ==
               static_cast<la_ssize_t>(bytes.size()));
}

void Archive::finish() {
  const int result = archive_write_close(impl_->tar);
  impl_->check(result == ARCHIVE_OK);
}

}  // namespace ccctl::render
