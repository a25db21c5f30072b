#include <charconv>

#include "store/connection.h"

namespace ccctl::store {
namespace {

[[noreturn]] void not_a(const char* what, const Rows& rows, std::size_t column) {
  // The value may be personal: the column's name has to do.
  throw Error(
      ErrorKind::unexpected,
      std::string("column \"") + std::string(rows.column_name(column)) + "\" is not " + what);
}

}  // namespace

std::size_t Rows::size() const {
  return static_cast<std::size_t>(PQntuples(impl_->result));
}
std::size_t Rows::columns() const {
  return static_cast<std::size_t>(PQnfields(impl_->result));
}

std::string_view Rows::column_name(std::size_t column) const {
  const char* name = PQfname(impl_->result, static_cast<int>(column));
  return name != nullptr ? name : "";
}

std::uint64_t Rows::affected() const {
  const std::string_view text = PQcmdTuples(impl_->result);
  std::uint64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

bool Rows::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(impl_->result, static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view Rows::text(std::size_t row, std::size_t column) const {
  if (row >= size() || column >= columns()) {
    throw std::out_of_range("store::Rows: no such row or column");
  }
  const int r = static_cast<int>(row), c = static_cast<int>(column);
  return {PQgetvalue(impl_->result, r, c),
          static_cast<std::size_t>(PQgetlength(impl_->result, r, c))};
}

Value Rows::value(std::size_t row, std::size_t column) const {
  const std::string_view view = text(row, column);
  if (is_null(row, column)) return std::nullopt;
  return std::string(view);
}

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
  const std::string_view view = text(row, column);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  if (error != std::errc{} || end != view.data() + view.size() || view.empty()) {
    not_a("an integer", *this, column);
  }
  return number;
}

bool Rows::boolean(std::size_t row, std::size_t column) const {
  const std::string_view view = text(row, column);
  if (view != "t" && view != "f") not_a("a boolean", *this, column);
  return view == "t";
}

std::optional<Instant> Rows::instant(std::size_t row, std::size_t column) const {
  const std::string_view view = text(row, column);
  if (view.empty() || view == "infinity" || view == "-infinity") return std::nullopt;
  const std::optional<Instant> at = parse_pg_timestamptz(view);
  if (!at) not_a("a timestamptz", *this, column);
  return at;
}

}  // namespace ccctl::store
