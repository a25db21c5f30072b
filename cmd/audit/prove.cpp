// ccctl audit prove: proofs that somebody checks without the datastore.
#include "audit/prove.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app.h"
#include "cmd/audit/checkpoint_file.h"
#include "crypto/tree.h"

namespace ccctl::cmd {
namespace {

crypto::Digest digest_of(const std::string& hex) {
  const auto bytes = crypto::from_hex(hex);
  crypto::Digest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    throw Error(ErrorKind::usage, "\"" + hex + "\" is not the hash of a leaf",
                "it has 64 hexadecimal digits");
  }
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

[[noreturn]] void tell_why_not(store::Tx& tx, const std::string& tenant,
                               const crypto::Digest& leaf) {
  const audit::Absence why = audit::absence(tx, tenant, leaf);
  if (why == audit::Absence::unsealed) {
    throw Error(ErrorKind::unsealed, "no checkpoint covers the leaf yet");
  }
  throw Error(ErrorKind::not_found, "no log of the tenant has this leaf",
              why == audit::Absence::pruned
                  ? "logs of the tenant were pruned: a proof that was taken before still verifies"
                  : "");
}

audit::Proof prove_hash(store::Tx& tx, const std::string& tenant, const crypto::Digest& leaf) {
  auto proof = audit::prove(tx, tenant, leaf);
  if (!proof) tell_why_not(tx, tenant, leaf);
  return *proof;
}

audit::Proof prove_request(store::Tx& tx, const std::string& tenant, const std::string& id) {
  const auto leaf = audit::final_leaf(tx, tenant, id);
  if (!leaf) {
    throw Error(ErrorKind::busy, "\"" + id + "\" is not completed",
                "its last leaf is written when it is");
  }
  return prove_hash(tx, tenant, *leaf);
}

audit::Proof prove_index(store::Tx& tx, const std::string& tenant, const Args& args) {
  const std::int64_t index = args.number("index");
  if (index < 0) throw Error(ErrorKind::usage, "--index counts from 0");
  auto proof = audit::prove_at(tx, tenant, args.get("origin"), static_cast<std::uint64_t>(index));
  if (!proof) {
    throw Error(ErrorKind::not_found, "\"" + args.get("origin") + "\" has no leaf " +
                                          std::to_string(index) + " under its checkpoint");
  }
  return *proof;
}

int answer(App& app, const audit::Proof& proof) {
  if (!app.json_output()) {
    app.write_result(proof.tlog_proof);
    return 0;
  }
  app.print({{"kind", "AuditInclusionProof"},
             {"origin", proof.origin},
             {"index", proof.index},
             {"leaf", proof.leaf},
             {"leafHash", crypto::to_hex(crypto::view(crypto::leaf_hash(proof.leaf)))},
             {"proof", proof.tlog_proof}});
  return 0;
}

int answer(App& app, const audit::Consistency& proof) {
  if (!app.json_output()) {
    app.write_result(proof.to_text());
    return 0;
  }
  app.print({{"kind", "AuditConsistencyProof"},
             {"origin", proof.origin},
             {"oldSize", proof.old_size},
             {"size", proof.size},
             {"checkpoint", proof.checkpoint},
             {"proof", proof.to_text()}});
  return 0;
}

int run_prove(App& app, const Args& args) {
  app.require_role({Role::auditor, Role::officer, Role::owner});
  if (args.has("leaf") + args.has("request") + args.has("origin") + args.has("old") != 1 ||
      args.has("index") != args.has("origin")) {
    throw Error(ErrorKind::usage, "name one thing to prove",
                "--leaf, --request, --origin with --index, or --old");
  }
  const std::string tenant = app.tenant();
  if (args.has("old")) {
    const std::string old = read_checkpoint_file(args.get("old"));
    const auto keys = trusted_keys(app, args);
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    return answer(app, audit::prove_consistency(tx, tenant, old, keys));
  }
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  return answer(app, args.has("leaf")      ? prove_hash(tx, tenant, digest_of(args.get("leaf")))
                     : args.has("request") ? prove_request(tx, tenant, args.get("request"))
                                           : prove_index(tx, tenant, args));
}

}  // namespace

extern const Spec audit_prove;
const Spec audit_prove{
    .noun = "audit",
    .verb = "prove",
    .summary = "prove that a leaf is in the log, or that the log only grew",
    .description =
        "Writes a proof that anybody checks without the datastore, with the log's verifier key "
        "alone.\n\n"
        "For one leaf it is a C2SP tlog proof (.tlog-proof): the leaf's index, the hashes up to "
        "the root, and the newest signed checkpoint. The leaf is named by its hash, by the "
        "request or the run of a sweep that ended with it, or by its place in a log.\n\n"
        "With --old it proves that the newest tree extends the one of an older checkpoint, so "
        "that nothing signed then was changed or removed. The form is the one in which a log "
        "presents itself to a C2SP witness: `old N`, the hashes, an empty line, the newest "
        "checkpoint; verify.py of any bundle verifies it with --consistency. When there is no such "
        "proof the exit code is 3.",
    .options = {{.name = "leaf", .value = "HASH", .help = "the leaf's hash, hexadecimal"},
                {.name = "request",
                 .value = "ID",
                 .help = "the leaf with which this request or this run of a sweep ended"},
                {.name = "origin", .value = "ORIGIN", .help = "the log of --index"},
                {.name = "index",
                 .type = Type::number,
                 .value = "N",
                 .help = "the leaf's index in --origin, from 0"},
                {.name = "old",
                 .type = Type::file,
                 .value = "FILE",
                 .help = "an older checkpoint, or a proof or receipt, which holds one"},
                key_option()},
    .exits = {0, 3, 5, 6, 7, 11},
    .examples = {{"ccctl audit prove --request R-17 --out R-17.tlog-proof",
                  "a proof of a request's receipt"},
                 {"ccctl audit prove --old monday.checkpoint", "that nothing was rewritten since"}},
    .run = run_prove,
};

}  // namespace ccctl::cmd
