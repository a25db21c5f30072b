// The process: its standard file descriptors, its signals, its exit code.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "cmd/program.h"

int main(int argc, char** argv) {
  // A connection that got descriptor 1 because stdout was closed would receive the result. Reading
  // ends make a later write fail, so that the loss is noticed.
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  }
  // Both come back as errors of write(), which has a message and an exit code of its own.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // It asks how far a sweep is; one that comes too early, or to another command, ends nothing.
  std::signal(SIGUSR1, SIG_IGN);
  return ccctl::cmd::run_program(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
