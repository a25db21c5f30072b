// Signatures: the examples that AWS publishes for S3, and what its server, Swift's and ours must
// agree on about paths and queries.
#include "net/sigv4.h"

#include <gtest/gtest.h>

namespace ccctl::net {
namespace {

AwsKey example_key() {
  return {"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Secret()};
}

std::string header(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

// The signature in "… Signature=HEX".
std::string signature(const AwsRequest& request) {
  const HttpRequest signed_request =
      sign(request, example_key(), "us-east-1", *parse_instant("2013-05-24T00:00:00Z"));
  const std::string text = header(signed_request, "authorization");
  return text.substr(text.rfind('=') + 1);
}

AwsRequest example(const std::string& method, const std::string& path) {
  return {method, "https://examplebucket.s3.amazonaws.com", path, {}, {}, {}};
}

TEST(SigV4, SignsThePublishedExamples) {
  AwsRequest get = example("GET", "/test.txt");
  get.headers = {{"range", "bytes=0-9"}};
  EXPECT_EQ(signature(get), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  AwsRequest put = example("PUT", "/test$file.text");
  put.headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  put.body = "Welcome to Amazon S3.";
  EXPECT_EQ(signature(put), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

  AwsRequest lifecycle = example("GET", "/");
  lifecycle.query = {{"lifecycle", ""}};
  EXPECT_EQ(signature(lifecycle),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  AwsRequest list = example("GET", "/");
  list.query = {{"max-keys", "2"}, {"prefix", "J"}};
  EXPECT_EQ(signature(list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, EncodesWhatGoesOverTheWireAsItIsSigned) {
  AwsRequest request{"GET", "https://s3.example:8443", "/b/a b/ü%+=~.-_", {}, {}, {}};
  request.query = {{"prefix", "a/b&c d"}, {"versions", ""}};
  const HttpRequest wire = sign(request, example_key(), "eu-central-1", Instant{});
  EXPECT_EQ(wire.url,
            "https://s3.example:8443/b/a%20b/%C3%BC%25%2B%3D~.-_?prefix=a%2Fb%26c%20d&versions=");
  EXPECT_EQ(header(wire, "host"), "s3.example:8443");
  EXPECT_EQ(header(wire, "x-amz-date"), "19700101T000000Z");
}

TEST(SigV4, SortsAQueryAsItIsEncoded) {
  EXPECT_EQ(canonical({{"a-", "1"}, {"a!", "2"}, {"aB", "3"}}), "a%21=2&a-=1&aB=3");
}

TEST(SigV4, SendsASessionTokenSigned) {
  const AwsKey key{"id", Secret("secret"), Secret("token")};
  const HttpRequest wire = sign(example("GET", "/"), key, "us-east-1", Instant{});
  EXPECT_EQ(header(wire, "x-amz-security-token"), "token");
  EXPECT_NE(header(wire, "authorization").find(";x-amz-security-token,"), std::string::npos);
}

TEST(SigV4, ReadsACredentialsFile) {
  const AwsKey key = read_aws_key(
      "[other]\naws_access_key_id = no\n[default]\r\n# aws_secret_access_key = no\n"
      "aws_access_key_id=AKIA\r\naws_secret_access_key = a/b+c=\n[more]\naws_session_token = no\n",
      "f");
  EXPECT_EQ(key.id, "AKIA");
  EXPECT_EQ(key.secret.reveal(), "a/b+c=");
  EXPECT_TRUE(key.token.empty());
  try {
    read_aws_key("aws_access_key_id = AKIA\naws_secret_acces_key = hush\n", "f");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::key_unavailable);
    EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos);
  }
}

TEST(Http, TakesOnlyEncryptedServicesAndThisMachine) {
  EXPECT_EQ(checked_endpoint("https://s3.eu-central-1.amazonaws.com/", "s3_endpoint"),
            "https://s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(checked_endpoint("http://127.0.0.1:9000", "s3_endpoint"), "http://127.0.0.1:9000");
  EXPECT_EQ(checked_endpoint("http://[::1]:9000", "s3_endpoint"), "http://[::1]:9000");
  for (const char* url : {"", "https://", "http://s3.example", "ftp://127.0.0.1", "s3.example",
                          "https://user:word@s3.example", "https://s3.example/path",
                          "https://s3.example?x", "http://127.0.0.1.example", "http://localhost.x",
                          "http://127.0.0.1:9@s3.example", "https://s3.example\r\nx: y"}) {
    EXPECT_THROW(checked_endpoint(url, "s3_endpoint"), Error) << url;
  }
}

}  // namespace
}  // namespace ccctl::net
