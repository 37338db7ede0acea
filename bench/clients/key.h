// The key of a message, which no other has: the time, then what looks random, as in those of Hubbub's own clients. Without one
// nothing keeps a message that is sent again from being there twice.
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char *fresh_key(void) {
  static char text[40]; static unsigned count;
  struct timespec at; clock_gettime(CLOCK_REALTIME, &at);
  snprintf(text, sizeof text, "%lx-%08x%08x", at.tv_sec * 1000L + at.tv_nsec / 1000000, (unsigned)getpid() * 2654435761u, count++ * 2654435761u);
  return text;
}
