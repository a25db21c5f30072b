// The hand-written side of the comparison.
#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

#include "bench/erase.h"
#include "object/store.h"

namespace ccctl::bench {
namespace {

constexpr std::size_t kValues = 5;  // $1 … $5 of by_hand.sql

struct Statement {
  std::string text;                // its parameters numbered from $1 without a gap
  std::vector<std::size_t> takes;  // which of the five values they are, from 0
  std::size_t gives = 0;           // the value that the answer fills; 0: none
  bool objects = false;            // the answer is keys in the object store
};

// The server wants a type for every parameter up to the last, so unused ones are left out.
void renumber(Statement& statement) {
  std::string text;
  for (std::size_t i = 0; i < statement.text.size(); ++i) {
    const char c = statement.text[i];
    text += c;
    if (c != '$') continue;
    const auto value = static_cast<std::size_t>(statement.text.at(++i) - '1');
    auto place = std::find(statement.takes.begin(), statement.takes.end(), value);
    if (place == statement.takes.end())
      place = statement.takes.insert(statement.takes.end(), value);
    text += std::to_string(place - statement.takes.begin() + 1);
  }
  statement.text = text;
}

std::vector<Statement> read_statements(const std::filesystem::path& path) {
  std::vector<Statement> all;
  Statement next;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("-- gives $")) next.gives = static_cast<std::size_t>(line.at(10) - '1');
    if (line == "-- objects") next.objects = true;
    if (line.starts_with("--")) continue;
    next.text += line + "\n";
    if (!line.ends_with(";")) continue;
    renumber(next);
    all.push_back(std::move(next));
    next = {};
  }
  return all;
}

// One row of the merge set; the keys of its objects.
std::vector<std::string> erase_row(store::Tx& tx, const std::vector<Statement>& statements,
                                   const std::string& id) {
  std::array<std::string, kValues> values{kTenant, id};
  std::vector<std::string> objects;
  for (const Statement& statement : statements) {
    std::vector<store::Value> params;
    for (std::size_t value : statement.takes) params.emplace_back(values.at(value));
    const store::Rows rows = tx.exec({statement.text, std::move(params)});
    if (statement.gives > 0) values.at(statement.gives) = rows.text(0, 0);
    for (std::size_t r = 0; statement.objects && r < rows.size(); ++r) {
      if (!rows.is_null(r, 0)) objects.emplace_back(rows.text(r, 0));
    }
  }
  return objects;
}

}  // namespace

struct ByHand::Impl {
  std::vector<Statement> script;
  std::unique_ptr<object::ObjectStore> objects;
  store::Session session;
  double commits;
  Timing timing{};
  double done = 0;  // durable commits

  void erase(const std::string& subject);
};

void ByHand::Impl::erase(const std::string& subject) {
  std::vector<std::string> members;
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const store::Rows rows =
        tx.exec({"SELECT id FROM external_contacts WHERE tenant_id = $1 AND "
                 "(id = $2::uuid OR canonical_id = $2::uuid) ORDER BY canonical_id, id",
                 {kTenant, subject}});
    members.clear();
    for (std::size_t r = 0; r < rows.size(); ++r) members.emplace_back(rows.text(r, 0));
  });
  for (const std::string& member : members) {
    std::vector<std::string> keys;
    session.transact(store::Mode::read_committed,
                     [&](store::Tx& tx) { keys = erase_row(tx, script, member); });
    for (const std::string& key : keys) {
      if (objects) objects->remove(key);
    }
    ++done;
  }
  // The rest of the commits: what such a script writes down about its progress.
  for (; done < commits * static_cast<double>(timing.subjects + 1); ++done) {
    session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      tx.exec(
          {"INSERT INTO ccctl.attempt (tenant_id, attempt_id, request_id, opened_at) VALUES "
           "($1, $2 || pg_catalog.gen_random_uuid()::text, $2, now())",
           {kTenant, subject}});
    });
  }
  ++timing.subjects;
}

ByHand::ByHand(const store::Target& officer, const std::filesystem::path& statements,
               const std::filesystem::path& objects, double commits)
    : impl_(new Impl{read_statements(statements),
                     objects.empty() ? nullptr : object::open("file:" + objects.string()),
                     store::Session::open(officer), commits}) {}
ByHand::~ByHand() = default;

void ByHand::erase(const Block& subjects) {
  impl_->timing.measure({impl_->session.backend_pid()}, [&] {
    for (const std::string& subject : subjects) impl_->erase(subject);
  });
}

const Timing& ByHand::timing() const {
  return impl_->timing;
}

}  // namespace ccctl::bench
