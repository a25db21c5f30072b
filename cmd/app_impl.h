// The inside of App, shared by app.cpp (output, terminal, settings) and wire.cpp (datastore, keys).
#pragma once

#include "cmd/app.h"
#include "cmd/settings.h"
#include "render/grid.h"
#include "render/output.h"

namespace ccctl::cmd {

struct Wiring;  // wire.cpp

struct App::Impl {
  Context context;
  const Spec& spec;
  const Args& args;
  Settings settings;
  std::optional<render::Output> out;
  // Typed loosely on purpose: what does not touch the datastore links and starts without it.
  std::shared_ptr<Wiring> wiring;

  Impl(Context c, const Spec& s, const Args& a) : context(std::move(c)), spec(s), args(a) {}
  render::Format format() const;
  render::Style style() const;
  std::string default_kind() const;
};

}  // namespace ccctl::cmd
