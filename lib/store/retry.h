// The wait before a transaction is tried again.
#pragma once

namespace ccctl::store {

// After the first, second … failed try: up to 40, 80 … ms, unequal, so that two sessions that met
// once do not meet again.
void wait_before_retry(int tries);

}  // namespace ccctl::store
