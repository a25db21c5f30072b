// The error that a piece of work ends in; a test failure when it ends well.
#pragma once

#include <gtest/gtest.h>

#include "base/error.h"

namespace ccctl::testing {

template <class Work>
Error error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::unexpected, "");
}

}  // namespace ccctl::testing
