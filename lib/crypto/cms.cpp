#include "crypto/cms.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <exception>

#include "base/error.h"
#include "crypto/digest.h"

namespace ccctl::crypto {
namespace {

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Recipients = std::unique_ptr<STACK_OF(X509), FreeStack>;
using Content = std::unique_ptr<CMS_ContentInfo, Freeing<CMS_ContentInfo_free>>;
using Chain = std::unique_ptr<BIO, Freeing<BIO_free_all>>;
using Method = std::unique_ptr<BIO_METHOD, Freeing<BIO_meth_free>>;

// OpenSSL's own words about what went wrong are dropped: its queue must not grow either.
[[noreturn]] void fail(ErrorKind kind, const std::string& what, const std::string& hint = "") {
  ERR_clear_error();
  throw Error(kind, what, hint);
}

Certificate read_certificate(const std::string& pem) {
  const Chain memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)
                                 : nullptr);
  if (!certificate) {
    fail(ErrorKind::usage, "the recipient's file holds no PEM certificate",
         "it begins with -----BEGIN CERTIFICATE-----");
  }
  return certificate;
}

void require_valid(const X509* certificate, std::int64_t now) {
  auto at = static_cast<time_t>(now);
  if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0 ||
      X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0) {
    fail(ErrorKind::usage, "the recipient's certificate is not valid today",
         "ask the recipient for the present one");
  }
}

std::string fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1)
    fail(ErrorKind::unexpected, "OpenSSL cannot hash a certificate");
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the same bytes, as characters
  return to_hex({reinterpret_cast<const char*>(digest), length});
}

}  // namespace

struct CmsEncryptor::Impl {
  Sink sink;
  std::exception_ptr failed;  // what the sink threw: exceptions do not cross C
  std::string recipient;
  Method method;
  Chain target;  // hands bytes to the sink
  Content content;
  Chain stream;  // encrypts into target; must go first

  static int take(BIO* bio, const char* bytes, int length) {
    auto* self = static_cast<Impl*>(BIO_get_data(bio));
    if (self->failed || length < 0) return -1;
    try {
      self->sink({bytes, static_cast<std::size_t>(length)});
    } catch (...) {
      self->failed = std::current_exception();
      return -1;
    }
    return length;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  void check(bool good) {
    if (failed) std::rethrow_exception(failed);
    if (!good) fail(ErrorKind::unexpected, "CMS encryption failed");
  }
};

CmsEncryptor::CmsEncryptor(const std::string& certificate, std::int64_t now, Sink sink)
    : impl_(std::make_unique<Impl>()) {
  Impl& cms = *impl_;
  cms.sink = std::move(sink);
  Certificate holder = read_certificate(certificate);
  require_valid(holder.get(), now);
  cms.recipient = fingerprint(holder.get());
  const Recipients recipients(sk_X509_new_null());
  cms.method.reset(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sink"));
  if (!recipients || !cms.method || sk_X509_push(recipients.get(), holder.get()) == 0)
    fail(ErrorKind::unexpected, "OpenSSL has no memory");
  (void)holder.release();  // the stack owns it now
  BIO_meth_set_write(cms.method.get(), &Impl::take);
  BIO_meth_set_ctrl(cms.method.get(), &Impl::control);
  cms.target.reset(BIO_new(cms.method.get()));
  cms.content.reset(CMS_encrypt(recipients.get(), nullptr, EVP_aes_256_gcm(),
                                CMS_BINARY | CMS_STREAM | CMS_PARTIAL));
  if (!cms.target || !cms.content) {
    fail(ErrorKind::usage, "the recipient's certificate cannot be encrypted to",
         "give one with an RSA or elliptic-curve key that allows encryption");
  }
  BIO_set_data(cms.target.get(), &cms);
  BIO_set_init(cms.target.get(), 1);
  cms.stream.reset(BIO_new_CMS(cms.target.get(), cms.content.get()));
  cms.check(cms.stream != nullptr);
}

CmsEncryptor::~CmsEncryptor() {
  if (!impl_) return;
  // The stream holds the target as its last part: taken off, so that each is freed once.
  while (impl_->stream && impl_->stream.get() != impl_->target.get()) {
    BIO* rest = BIO_pop(impl_->stream.get());
    BIO_free(impl_->stream.release());
    impl_->stream.reset(rest);
  }
  (void)impl_->stream.release();
}
CmsEncryptor::CmsEncryptor(CmsEncryptor&&) noexcept = default;

void CmsEncryptor::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min<std::size_t>(bytes.size(), 1 << 20);
    const int written = BIO_write(impl_->stream.get(), bytes.data(), static_cast<int>(part));
    impl_->check(written > 0);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void CmsEncryptor::finish() {
  impl_->check(BIO_flush(impl_->stream.get()) == 1);
}

const std::string& CmsEncryptor::recipient() const {
  return impl_->recipient;
}

}  // namespace ccctl::crypto
