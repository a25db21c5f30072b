#include "store/connection.h"
#include "store/session.h"

namespace ccctl::store {
namespace {

constexpr std::size_t kCopyChunk = std::size_t{64} * 1024;

// COPY's text format: a tab between fields, \N for NULL, a backslash before what would mislead it.
void append_field(std::string& line, const Value& value) {
  if (!value) {
    line += "\\N";
    return;
  }
  for (char c : *value) {
    switch (c) {
      case '\0':
        throw Error(ErrorKind::usage, "a value contains a NUL character");
      case '\\':
        line += "\\\\";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      default:
        line += c;
    }
  }
}

}  // namespace

Tx::Tx(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tx::Tx(Tx&&) noexcept = default;

Tx::~Tx() {
  if (!impl_) return;
  Connection& connection = impl_->connection;
  connection.transaction_open = false;
  connection.forget_unsent();
  if (!connection.alive() || !connection.in_transaction()) return;
  try {
    connection.simple("ROLLBACK");
  } catch (const std::exception&) {
    // A connection that cannot even roll back is dead, and the server has rolled back already.
  }
}

Instant Tx::began_at() const {
  return impl_->connection.began_at();
}

Rows Tx::exec(const Sql& sql) {
  return impl_->connection.exec(sql);
}

void Tx::defer(Sql sql) {
  impl_->connection.defer(std::move(sql));
}

void Tx::script(const std::string& text) {
  impl_->connection.simple(text);
}

void Tx::each(const Sql& sql, const std::function<void(const Rows&, std::size_t)>& row,
              std::size_t batch) {
  Connection& connection = impl_->connection;
  const std::string name = "ccctl_each_" + std::to_string(++impl_->cursors);
  connection.exec({"DECLARE " + name + " NO SCROLL CURSOR FOR " + sql.text, sql.params});
  const std::string fetch = "FETCH " + std::to_string(batch) + " FROM " + name;
  for (;;) {
    const Rows rows = connection.simple(fetch);
    for (std::size_t i = 0; i < rows.size(); ++i) row(rows, i);
    if (rows.size() < batch) break;
  }
  connection.simple("CLOSE " + name);
}

void Tx::stream(const Sql& sql, const std::function<void(const Rows&)>& row) {
  impl_->connection.stream(sql, row);
}

std::uint64_t Tx::copy_in(const std::string& table, const std::vector<std::string>& columns,
                          const std::function<bool(std::vector<Value>&)>& next) {
  std::string names;
  for (const std::string& column : columns) {
    names += (names.empty() ? "" : ",") + quote_name(column);
  }
  std::string chunk;
  std::vector<Value> row;
  bool more = true;
  const auto fill = [&]() -> std::string_view {
    chunk.clear();
    while (more && chunk.size() < kCopyChunk) {
      row.clear();
      more = next(row);
      if (!more) break;
      if (row.size() != columns.size()) {
        throw Error(ErrorKind::unexpected, "a row for " + table + " has " +
                                               std::to_string(row.size()) + " values, not " +
                                               std::to_string(columns.size()));
      }
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) chunk += '\t';
        append_field(chunk, row[i]);
      }
      chunk += '\n';
    }
    return chunk;
  };
  return impl_->connection.copy("COPY " + table + " (" + names + ") FROM STDIN", fill);
}

Outcome Tx::commit() {
  Connection& connection = impl_->connection;
  const Outcome outcome = connection.commit();
  connection.transaction_open = false;
  impl_.reset();
  return outcome;
}

}  // namespace ccctl::store
