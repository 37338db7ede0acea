// XMPP load client: N connections, signed in as nobody (SASL ANONYMOUS, RFC 4505), all in one room (XEP-0045); the first
// publishes again and again, at most W messages not yet delivered to all. Epoll, one thread, 16 connections opened at a time.
//
// usage: muc_load PORT N WINDOW MESSAGES BYTES [IDLE]      IDLE: only join, say so, and stay for so many seconds
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum { FEATURES, SIGNING, RESTARTED, BINDING, JOINING, IN };
typedef struct { int fd, step; size_t have; char tail[8192]; } Conn;
static Conn *conns; static int n, port, ep, in_, opening; static uint64_t delivered;
#define OPEN "<stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"

static void put(Conn *c, const char *text) {
  size_t len = strlen(text);
  for (size_t done = 0; done < len;) { ssize_t k = send(c->fd, text + done, len - done, MSG_NOSIGNAL); if (k > 0) done += k; else if (errno != EAGAIN) { perror("send"); exit(1); } }
}

static void begin(int i) {
  Conn *c = &conns[i]; int one = 1; char source[32];
  c->fd = socket(AF_INET, SOCK_STREAM, 0); setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
  snprintf(source, sizeof source, "127.0.0.%d", 2 + i / 20000); inet_aton(source, &from.sin_addr); inet_aton("127.0.0.1", &to.sin_addr);
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(c->fd, (void *)&from, sizeof from) || connect(c->fd, (void *)&to, sizeof to)) { perror("connect"); exit(1); }
  fcntl(c->fd, F_SETFL, O_NONBLOCK); opening++;
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = i}; epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e); put(c, OPEN);
}

// While signing in, everything read so far is searched for what each step waits for; `from` is where the next step begins.
static void sign_in(Conn *c) {
  char text[256], *at;
  for (;;) {
    const char *wanted[] = {"</stream:features>", "<success", "</stream:features>", "</bind>", "110"};
    if (c->step == IN) return;
    if (strstr(c->tail, "<failure") || strstr(c->tail, "type='error'") || strstr(c->tail, "type=\"error\"")) { fprintf(stderr, "refused: %s\n", c->tail); exit(1); }
    if (!(at = strstr(c->tail, wanted[c->step]))) return;
    at += strlen(wanted[c->step]); memmove(c->tail, at, strlen(at) + 1); c->have = strlen(c->tail);
    switch (c->step++) {
      case FEATURES: put(c, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"); break;
      case SIGNING: put(c, OPEN); break;
      case RESTARTED: put(c, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"); break;
      case BINDING:
        snprintf(text, sizeof text, "<presence/><presence to='room@conference.localhost/n%d'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>", (int)(c - conns));
        put(c, text); break;
      case JOINING: in_++; opening--; break;
    }
  }
}

static void take(Conn *c) {
  static char buf[1 << 18];
  if (c->step != IN) {
    ssize_t got = read(c->fd, buf, sizeof buf - 1); if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { fprintf(stderr, "closed at step %d\n", c->step); exit(1); }
    // Who is there already is told one by one; only the end of it matters.
    size_t keep = c->have + got < sizeof c->tail ? c->have : 0; size_t some = got < (ssize_t)(sizeof c->tail - 1) ? (size_t)got : sizeof c->tail - 1;
    memcpy(c->tail + keep, buf + got - some, some); c->have = keep + some; c->tail[c->have] = 0; sign_in(c); return;
  }
  size_t held = c->have > 6 ? 6 : c->have; memcpy(buf, c->tail + c->have - held, held);
  ssize_t got = read(c->fd, buf + held, sizeof buf - held - 1); if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { fprintf(stderr, "connection closed\n"); exit(1); }
  size_t all = held + got; char *p = buf, *end = buf + all;
  while ((p = memmem(p, end - p, "</body>", 7))) { delivered++; p += 7; }
  c->have = all > 6 ? 6 : all; memcpy(c->tail, end - c->have, c->have);
}

static int pump(int ms) {
  static struct epoll_event ev[1024]; int k = events(ep, ev, 1024, ms);
  for (int i = 0; i < k; i++) take(&conns[ev[i].data.u32]);
  return k;
}

int main(int argc, char **argv) {
  if (argc < 6) { fprintf(stderr, "usage: %s PORT N WINDOW MESSAGES BYTES [IDLE]\n", argv[0]); return 2; }
  port = atoi(argv[1]); n = atoi(argv[2]); int window = atoi(argv[3]), messages = atoi(argv[4]), bytes = atoi(argv[5]), next = 0;
  struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
  conns = calloc(n, sizeof *conns); ep = epoll_create1(0); double t0 = now();
  begin(next++); while (!in_ && now() - t0 < 30) pump(100);  // the first one makes the room
  while (in_ < n && now() - t0 < 300) { while (next < n && opening < 16) begin(next++); pump(100); }
  printf("connections=%d greeted_s=%.2f per_second=%.0f", in_, now() - t0, in_ / (now() - t0));
  if (in_ < n) { printf("\n"); return 1; }
  if (argc > 6) { printf("\n"); fflush(stdout); double until = now() + atof(argv[6]); while (now() < until) pump(100); return 0; }
  for (double until = now() + 3; now() < until;) pump(50);
  char *text = malloc(bytes + 200); sprintf(text, "<message to='room@conference.localhost' type='groupchat'><body>%0*d</body></message>", bytes, 0);
  delivered = 0; int sent = 0; uint64_t want = (uint64_t)n * messages; double begin_ = now(), last = begin_, used = worked();
  while (delivered < want) {
    while (sent < messages && delivered >= (uint64_t)(sent >= window ? sent - window + 1 : 0) * n) { put(&conns[0], text); sent++; }
    if (pump(1000)) last = now(); else if (now() - last > 10) { fprintf(stderr, "stalled at %lu of %lu\n", delivered, want); return 1; }
  }
  double took = now() - begin_;
  printf(" deliveries=%lu deliveries_per_second=%.0f client_busy=%.2f\n", delivered, delivered / took, (worked() - used) / took);
}
