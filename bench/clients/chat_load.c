// Chat load client: R rooms of M members, one connection each. Epoll, one thread, connections opened 64 at a time.
//
// usage: chat_load PORT TOKENS ROOMS MEMBERS MODE ARG SECONDS
//   hold    connect, be greeted, say so, and stay for SECONDS
//   closed  ARG = messages in flight per room; the first of every room sends the next when one is acknowledged
//   open    ARG = messages per second in all, at an even pace, by the first of every room
//   resume  ARG = the version everyone holds; all connect, say so, and are greeted by `connect` and `synced`
//   soak    as open, by anyone in the room, with typing and presence; each second 1 % drop and resume, 1 % never read,
//           and everybody checks that the versions of their room come one by one. A line each 5 seconds
// Line i of TOKENS is the token of connection i, a member of room i / MEMBERS + 1. Every message carries the time it was
// sent, so latency is measured at each receiver with one clock. Prints lines of name=value pairs; `client_busy` is the
// share of the time in which this client had something to do: as long as it is below 1, the server was what was slow.
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
#include "key.h"

enum { GONE, SHAKING, OPEN };
typedef struct { int fd, version; unsigned char state, greeted, synced, silent, resuming; size_t have; unsigned char *buf; } Conn;
#define CAP (1 << 17)
#define PENDING (soaking ? 2000 : 64)
static Conn *conns; static int n, rooms, members, ep, port, resume, arg, soaking; static char **tokens;
static int opening, greeted, synced; static uint64_t acks, deliveries, sent, errors, lost, doubled, drops, resumed, resyncs, cut;
static float *lat, *alat; static size_t nlat, caplat = 8000000, nalat; static double *ackstart; static int *heads;
static unsigned char shared[CAP];

static void put(Conn *c, const char *text, int len) {  // one masked text frame, mask zero
  unsigned char f[4096]; int h = 0;
  f[h++] = 0x81;
  if (len < 126) f[h++] = 0x80 | len; else { f[h++] = 0x80 | 126; f[h++] = len >> 8; f[h++] = len & 255; }
  memset(f + h, 0, 4); memcpy(f + h + 4, text, len); len += h + 4;
  for (int done = 0; done < len;) {
    int k = send(c->fd, f + done, len - done, MSG_NOSIGNAL);
    if (k > 0) done += k; else if (errno != EAGAIN) { if (!soaking) { perror("write"); exit(1); } return; }
  }
}

static void post(Conn *c) {
  char text[512]; int len = snprintf(text, sizeof text, "{\"type\":\"message\",\"room\":%d,\"key\":\"%s\",\"content\":\"#%.6f#%0100d\"}",
                                     (int)(c - conns) / members + 1, fresh_key(), now(), 0);
  put(c, text, len); sent++;
}

static void begin(Conn *c) {
  int i = c - conns, one = 1; char source[32], request[4096];
  c->fd = socket(AF_INET, SOCK_STREAM, 0); setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
  snprintf(source, sizeof source, "127.0.0.%d", 2 + i / 20000); inet_aton(source, &from.sin_addr); inet_aton("127.0.0.1", &to.sin_addr);
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(c->fd, (void *)&from, sizeof from) || connect(c->fd, (void *)&to, sizeof to)) { perror("connect"); exit(1); }
  int len = snprintf(request, sizeof request, "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n", port, tokens[i]);
  if (write(c->fd, request, len) != len) { perror("write"); exit(1); }
  fcntl(c->fd, F_SETFL, O_NONBLOCK); c->state = SHAKING; c->greeted = c->synced = 0; c->have = 0; opening++;
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = i}; epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static void opened(Conn *c) {
  char text[128]; int i = c - conns; c->state = OPEN;
  int known = resume ? arg : c->version; c->resuming = known > 0;
  put(c, text, known ? snprintf(text, sizeof text, "{\"type\":\"hello\",\"since\":{\"%d\":%d}}", i / members + 1, known) : snprintf(text, sizeof text, "{\"type\":\"hello\"}"));
  if (soaking && c->silent) { struct epoll_event e = {.events = EPOLLRDHUP, .data.u32 = i}; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e); opening--; c->greeted = 1; greeted++; }
}

static void drop(Conn *c) {
  if (c->state == SHAKING || (c->state == OPEN && !c->greeted)) opening--;
  if (c->greeted) greeted--;
  if (c->synced) synced--;
  close(c->fd); c->state = GONE; c->greeted = c->synced = 0; c->have = 0; free(c->buf); c->buf = 0;
}

static int number(unsigned char *p, size_t size, const char *name) {
  unsigned char *at = memmem(p, size, name, strlen(name)); return at ? atoi((char *)at + strlen(name)) : -1;
}

static int writing; // closed mode: write again at each ack
static void frame(Conn *c, unsigned char *p, size_t size) {
  int room = (c - conns) / members;
  if (size <= 14 || memcmp(p, "{\"type\":\"", 9)) return;
  if (!memcmp(p + 9, "ack", 3)) {
    acks++;
    if (writing) { if (nalat < 4000000) alat[nalat++] = now() - ackstart[room]; ackstart[room] = now(); post(c); }
  } else if (!memcmp(p + 9, "message", 7)) {
    deliveries++;
    if (soaking) {
      int version = number(p, size, "\"version\":");
      if (c->version && version <= c->version) doubled++;
      else if (c->version && version > c->version + 1) lost += version - c->version - 1;
      if (version > c->version) c->version = version;
      if (version > heads[room]) heads[room] = version;
    }
    unsigned char *at = memmem(p, size, "\"content\":\"#", 12);
    if (at && !c->resuming && nlat < caplat) lat[nlat++] = now() - strtod((char *)at + 12, 0);
  } else if (!memcmp(p + 9, "connect", 7)) {
    if (!c->greeted) { c->greeted = 1; greeted++; opening--; }
    unsigned char *at = memmem(p, size, "\"rooms\":[", 9);
    if (at && !c->version) c->version = number(at, size - (at - p), "\"version\":");
  } else if (!memcmp(p + 9, "synced", 6)) { if (!c->synced) { c->synced = 1; synced++; } if (c->resuming) { c->resuming = 0; resumed++; } }
  else if (soaking && !memcmp(p + 9, "resync", 6)) {  // away for too long: told to begin the room anew from this version
    resyncs++; c->version = number(p, size, "\"version\":"); if (c->resuming) { c->resuming = 0; resumed++; }
  } else if (!memcmp(p + 9, "error", 5) || !memcmp(p + 9, "disconnect", 10) || !memcmp(p + 9, "resync", 6)) { errors++; if (errors < 4) fprintf(stderr, "%.*s\n", (int)size, p); }
}

static void take(Conn *c, unsigned events) {
  if (c->state == GONE) return;
  if (soaking && c->silent && c->state == OPEN) { if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) { cut++; drop(c); } return; }
  size_t held = c->have; if (held) memcpy(shared, c->buf, held);
  int got = read(c->fd, shared + held, CAP - 1 - held);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { fprintf(stderr, "connection %ld closed\n", c - conns); errors++; drop(c); return; }
  size_t have = held + got, at = 0;
  if (c->state == SHAKING) {
    shared[have] = 0; char *end = strstr((char *)shared, "\r\n\r\n");
    if (end) {
      if (memcmp(shared, "HTTP/1.1 101", 12)) { fprintf(stderr, "%s\n", shared); exit(1); }
      at = end + 4 - (char *)shared; opened(c);
    }
  }
  while (c->state == OPEN && have - at >= 2) {
    unsigned char *p = shared + at; uint64_t size = p[1] & 127; int h = 2;
    if (size == 126) { if (have - at < 4) break; size = p[2] << 8 | p[3]; h = 4; }
    else if (size == 127) { if (have - at < 10) break; size = 0; for (int q = 2; q < 10; q++) size = size << 8 | p[q]; h = 10; }
    if (have - at < h + size) break;
    if ((p[0] & 15) == 1) frame(c, p + h, size);
    else if ((p[0] & 15) == 9 && size < 126) {  // a pong with what the ping carries, masked with zero
      unsigned char pong[160] = {0x8a, 0x80 | size}; memcpy(pong + 6, p + h, size);
      if (send(c->fd, pong, 6 + size, MSG_NOSIGNAL) != (ssize_t)(6 + size)) errors++;
    }
    at += h + size;
  }
  if (c->state == GONE) return;
  c->have = have - at;
  if (c->have) { c->buf = realloc(c->buf, c->have); memcpy(c->buf, shared + at, c->have); } else { free(c->buf); c->buf = 0; }
}

static void pump(int ms) {
  static struct epoll_event ev[1024]; int k = events(ep, ev, 1024, ms);
  for (int i = 0; i < k; i++) take(&conns[ev[i].data.u32], ev[i].events);
}

static int cmp(const void *a, const void *b) { float x = *(float *)a, y = *(float *)b; return x < y ? -1 : x > y; }
static void percentiles(const char *name, float *v, size_t k) {
  if (!k) { printf(" %s_p50_ms=nan %s_p99_ms=nan %s_max_ms=nan", name, name, name); return; }
  qsort(v, k, sizeof *v, cmp); printf(" %s_p50_ms=%.3f %s_p99_ms=%.3f %s_max_ms=%.3f", name, v[k / 2] * 1e3, name, v[k * 99 / 100] * 1e3, name, v[k - 1] * 1e3);
}

static Conn *anyone(int room) {
  for (int tries = 0; tries < 50; tries++) { Conn *c = &conns[room * members + rand() % members]; if (c->state == OPEN && c->greeted && !c->silent) return c; }
  return 0;
}

static void soak(double seconds) {
  double start = now(), next = start, window = start, second = start, status = start; int room = 0, away = 0; Conn *c; char text[128];
  double used = worked(); uint64_t before = deliveries;
  while (now() < start + seconds) {
    while (next <= now()) {  // half of the messages are seen being written for two seconds
      static Conn *writing_next[65536]; static unsigned at; unsigned ahead = 2 * arg; c = writing_next[at % ahead];
      if (c && (c->state != OPEN || !c->greeted)) c = 0;
      if (c || (c = anyone(room))) post(c);
      writing_next[at % ahead] = at % 2 ? anyone(room) : 0;
      if ((c = writing_next[at % ahead])) put(c, text, snprintf(text, sizeof text, "{\"type\":\"typing_start\",\"room\":%d}", room + 1));
      at++; room = (room + 1) % rooms; next += 1.0 / arg;
    }
    while (status <= now()) {  // everybody goes away or comes back every five minutes
      if ((c = anyone(rand() % rooms))) put(c, text, snprintf(text, sizeof text, "{\"type\":\"presence\",\"status\":\"%s\"}", away++ % 2 ? "online" : "away"));
      status += 300.0 / n;
    }
    if (second <= now()) {
      for (int k = 0; k < n / 100; k++) if ((c = anyone(rand() % rooms))) { drop(c); drops++; }
      second += 1;
    }
    for (int i = rand() % n, k = 0; k < n && opening < PENDING; k++, i = (i + 1) % n) if (conns[i].state == GONE) begin(&conns[i]);
    pump(1);
    if (now() - window >= 5) {
      printf("t=%.0f open=%d deliveries_per_second=%.0f", now() - start, greeted, (deliveries - before) / (now() - window));
      percentiles("delivery", lat, nlat); nlat = 0; before = deliveries;
      printf(" drops=%lu resumed=%lu resyncs=%lu cut=%lu lost=%lu doubled=%lu errors=%lu client_busy=%.2f\n", drops, resumed, resyncs, cut, lost, doubled, errors, (worked() - used) / (now() - window));
      fflush(stdout); window = now(); used = worked();
    }
  }
  for (double end = now() + 180; now() < end;) {  // all come back, and to the same end
    for (int i = 0; i < n && opening < PENDING; i++) if (conns[i].state == GONE) begin(&conns[i]);
    pump(20); int behind = 0;
    for (int i = 0; i < n; i++) if (!conns[i].silent && (!conns[i].greeted || conns[i].version != heads[i / members])) behind++;
    if (!behind) break;
  }
  int behind = 0; for (int i = 0; i < n; i++) if (!conns[i].silent && conns[i].version != heads[i / members]) behind++;
  printf("end=1 sent=%lu acks=%lu deliveries=%lu drops=%lu resumed=%lu resyncs=%lu cut=%lu lost=%lu doubled=%lu behind=%d errors=%lu\n", sent, acks, deliveries, drops, resumed, resyncs, cut, lost, doubled, behind, errors);
}

int main(int argc, char **argv) {
  if (argc < 8) { fprintf(stderr, "usage: %s PORT TOKENS ROOMS MEMBERS MODE ARG SECONDS\n", argv[0]); return 2; }
  FILE *file = fopen(argv[2], "r"); port = atoi(argv[1]); rooms = atoi(argv[3]); members = atoi(argv[4]); arg = atoi(argv[6]); n = rooms * members;
  const char *mode = argv[5]; double seconds = atof(argv[7]); resume = !strcmp(mode, "resume"); soaking = !strcmp(mode, "soak");
  struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
  if (!file) { perror("tokens"); return 1; }
  conns = calloc(n, sizeof *conns); tokens = calloc(n, sizeof *tokens); heads = calloc(rooms, sizeof *heads); ackstart = calloc(rooms, sizeof *ackstart);
  lat = malloc(caplat * sizeof *lat); alat = malloc(4000000 * sizeof *alat); ep = epoll_create1(0);
  for (int i = 0; i < n; i++) {
    char line[2048]; if (!fgets(line, sizeof line, file)) { fprintf(stderr, "too few tokens\n"); return 1; }
    line[strcspn(line, "\r\n")] = 0; tokens[i] = strdup(line); conns[i].silent = soaking && i % 100 == 7;
  }
  double t0 = now(), used = worked(); int next = 0;
  while ((greeted < n || (resume && synced < n)) && now() - t0 < 120 && !errors) {
    while (next < n && opening < PENDING) begin(&conns[next++]);
    pump(100);
  }
  double t2 = now();
  printf("connections=%d greeted=%d greeted_s=%.2f per_second=%.0f synced=%d resumed_deliveries=%lu connect_busy=%.2f", n, greeted, t2 - t0, n / (t2 - t0), synced, deliveries, (worked() - used) / (t2 - t0));
  if (!strcmp(mode, "hold")) { printf(" errors=%lu\n", errors); fflush(stdout); double until = now() + seconds; while (now() < until) pump(100); return errors > 0; }
  if (resume) { printf(" errors=%lu\n", errors); return errors > 0 || greeted < n; }
  for (double until = now() + 2; now() < until;) pump(50); // presence settles
  if (soaking) { printf("\n"); fflush(stdout); soak(seconds); return errors > 0; }
  acks = deliveries = sent = 0; nlat = nalat = 0; double begin_ = now(), until = begin_ + seconds; used = worked();
  if (!strcmp(mode, "closed")) {
    writing = 1;
    for (int r = 0; r < rooms; r++) { ackstart[r] = now(); for (int w = 0; w < arg; w++) post(&conns[r * members]); }
    while (now() < until && !errors) pump(100);
    writing = 0;
  } else {
    double every = 1.0 / arg, due = begin_; int room = 0;
    while (now() < until && !errors) { while (due <= now()) { post(&conns[room * members]); room = (room + 1) % rooms; due += every; } pump(1); }
  }
  double took = now() - begin_; uint64_t acked = acks, delivered = deliveries; double busy = (worked() - used) / took;
  for (double end = now() + 30; now() < end && !errors && (acks < sent || deliveries < sent * members);) pump(50);
  printf(" sent=%lu acks=%lu acks_per_second=%.0f deliveries=%lu deliveries_per_second=%.0f lost=%ld errors=%lu client_busy=%.2f", sent, acks, acked / took, deliveries, delivered / took, (long)(sent * members - deliveries), errors, busy);
  percentiles("delivery", lat, nlat); percentiles("ack", alat, nalat); printf("\n");
  return errors > 0;
}
