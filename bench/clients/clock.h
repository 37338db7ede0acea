// Time, for the load clients. They never sleep: a client that does has to be woken by the server's very send(), which on
// a virtual machine costs the server more than all else of it; a client at the other end of a network would not.
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

static double idle;  // seconds spent looking for events when there were none

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

// Grows by the seconds that this client had something to do.
static double worked(void) { return now() - idle; }

// epoll_wait without sleeping: as soon as there is something, or after `ms` milliseconds. With LG_SLEEP in the environment
// it sleeps: for where the client has no core to itself.
static int events(int ep, struct epoll_event *ev, int most, int ms) {
  static int sleeps = -1; if (sleeps < 0) sleeps = getenv("LG_SLEEP") != 0;
  double began = now(), looked = began; int k;
  if (sleeps) { k = epoll_wait(ep, ev, most, ms); looked = now(); }
  else while (!(k = epoll_wait(ep, ev, most, 0)) && looked < began + ms / 1e3) looked = now();
  idle += looked - began;
  return k;
}
