// App's object stores.
#include "base/error.h"
#include "cmd/wire.h"
#include "net/sigv4.h"
#include "object/s3_store.h"
#include "sandbox/cluster.h"

namespace ccctl::cmd {
namespace {

net::AwsKey read_credentials(const App& app) {
  const std::string path = app.setting("s3_credentials");
  if (path.empty()) {
    throw Error(ErrorKind::config_invalid, "no credentials for an object store are set",
                "name their file, of mode 0600, with `s3_credentials:` in the settings file or "
                "with CCCTL_S3_CREDENTIALS");
  }
  return net::read_aws_key(read_secret_file(path).reveal(), path);
}

}  // namespace

std::unique_ptr<object::ObjectStore> open_store(const App& app, const std::string& url) {
  const std::string region = app.setting("s3_region");
  return object::open(url, {.endpoint = app.setting("s3_endpoint"),
                            .region = region.empty() ? "us-east-1" : region,
                            .key = [&app] { return read_credentials(app); },
                            .now = app.context().now});
}

object::ObjectStore& App::objects(const std::string& name) {
  Wiring& wiring = wired(*impl_);
  auto& store = wiring.stores[name];
  if (store) return *store;
  std::string url = setting("stores." + name);
  if (url.empty() && wiring.sandbox) {
    url = "file:" + sandbox::default_place().objects().string();
  }
  if (url.empty()) {
    throw Error(ErrorKind::config_invalid, "the object store \"" + name + "\" is not set",
                "name its place with `stores: {" + name + ": \"file:/…\"}` or with " +
                    "CCCTL_STORES_" + name);
  }
  store = open_store(*this, url);
  return *store;
}

}  // namespace ccctl::cmd
