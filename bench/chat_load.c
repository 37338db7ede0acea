// Chat load client: R rooms of M members, one connection each; the first of every room writes. Epoll, one thread.
//
// usage: chat_load PORT TOKENS ROOMS MEMBERS MODE ARG SECONDS
//   MODE closed  ARG = messages in flight per writer; the next is sent when one is acknowledged
//   MODE open    ARG = messages per second in all, at an even pace; latency is from the send to each delivery
//   MODE resume  ARG = the version every client holds; all connect, greeted by `connect` and `synced`, and that is timed
// Line i of TOKENS is the token of connection i, a member of room i / MEMBERS + 1. Every message carries the time it was
// sent, so latency is measured at each receiver with one clock. Prints one line of name=value pairs.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct { int fd, greeted, synced; size_t have; unsigned char *buf; } Conn;
#define CAP (1 << 17)
static Conn *conns; static int n, rooms, members, ep; static uint64_t acks, deliveries, sent, errors; static int greeted, synced;
static float *lat; static size_t nlat, caplat; static float *alat; static size_t nalat; static double *ackstart;
static unsigned char shared[CAP];

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static void put(int fd, const char *text, int len) {
  unsigned char f[4096]; int h = 0;
  f[h++] = 0x81;
  if (len < 126) f[h++] = 0x80 | len; else { f[h++] = 0x80 | 126; f[h++] = len >> 8; f[h++] = len & 255; }
  memset(f + h, 0, 4); memcpy(f + h + 4, text, len); len += h + 4;
  for (int done = 0; done < len;) { int k = write(fd, f + done, len - done); if (k > 0) done += k; else if (errno != EAGAIN) { perror("write"); exit(1); } }
}

static void post(int room) {
  char text[512]; Conn *c = &conns[room * members];
  int len = snprintf(text, sizeof text, "{\"type\":\"message\",\"room\":%d,\"content\":\"#%.6f#%0100d\"}", room + 1, now(), 0);
  put(c->fd, text, len); sent++;
}

static int writing; // closed mode: write again at each ack
static void frame(Conn *c, unsigned char *p, size_t size) {
  if (size > 14 && !memcmp(p, "{\"type\":\"", 9)) {
    if (!memcmp(p + 9, "ack", 3)) {
      acks++; int room = (c - conns) / members;
      if (writing) { if (nalat < 4000000) alat[nalat++] = now() - ackstart[room]; ackstart[room] = now(); post(room); }
    } else if (!memcmp(p + 9, "message", 7)) {
      deliveries++; unsigned char *at = memmem(p, size, "\"content\":\"#", 12);
      if (at && nlat < caplat) lat[nlat++] = now() - strtod((char *)at + 12, 0);
    } else if (!memcmp(p + 9, "connect", 7)) { if (!c->greeted++) greeted++; }
    else if (!memcmp(p + 9, "synced", 6)) { if (!c->synced++) synced++; }
    else if (!memcmp(p + 9, "error", 5) || !memcmp(p + 9, "disconnect", 10)) { errors++; if (errors < 4) fprintf(stderr, "%.*s\n", (int)size, p); }
  }
}

static void take(Conn *c) {
  size_t held = c->have; if (held) memcpy(shared, c->buf, held);
  int got = read(c->fd, shared + held, CAP - held);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { fprintf(stderr, "connection %ld closed\n", c - conns); errors++; epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, 0); return; }
  size_t have = held + got, at = 0;
  while (have - at >= 2) {
    unsigned char *p = shared + at; uint64_t size = p[1] & 127; int h = 2;
    if (size == 126) { if (have - at < 4) break; size = p[2] << 8 | p[3]; h = 4; }
    else if (size == 127) { if (have - at < 10) break; size = 0; for (int q = 2; q < 10; q++) size = size << 8 | p[q]; h = 10; }
    if (have - at < h + size) break;
    if ((p[0] & 15) == 1) frame(c, p + h, size);
    else if ((p[0] & 15) == 9) { unsigned char pong[6] = {0x8a, 0x80}; if (write(c->fd, pong, 6) != 6) errors++; }  // our pings carry nothing
    at += h + size;
  }
  c->have = have - at;
  if (c->have) { c->buf = realloc(c->buf, c->have); memcpy(c->buf, shared + at, c->have); }
}

static void pump(int ms) {
  static struct epoll_event ev[1024]; int k = epoll_wait(ep, ev, 1024, ms);
  for (int i = 0; i < k; i++) take(&conns[ev[i].data.u32]);
}

static int cmp(const void *a, const void *b) { float x = *(float *)a, y = *(float *)b; return x < y ? -1 : x > y; }
static void percentiles(const char *name, float *v, size_t k) {
  if (!k) { printf(" %s_p50_ms=nan %s_p99_ms=nan", name, name); return; }
  qsort(v, k, sizeof *v, cmp); printf(" %s_p50_ms=%.3f %s_p99_ms=%.3f %s_max_ms=%.3f", name, v[k / 2] * 1e3, name, v[k * 99 / 100] * 1e3, name, v[k - 1] * 1e3);
}

int main(int argc, char **argv) {
  if (argc < 8) { fprintf(stderr, "usage: %s PORT TOKENS ROOMS MEMBERS MODE ARG SECONDS\n", argv[0]); return 2; }
  int port = atoi(argv[1]), arg = atoi(argv[6]); FILE *tokens = fopen(argv[2], "r"); rooms = atoi(argv[3]); members = atoi(argv[4]); n = rooms * members;
  const char *mode = argv[5]; double seconds = atof(argv[7]); int resume = !strcmp(mode, "resume");
  struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
  conns = calloc(n, sizeof *conns); ep = epoll_create1(0); caplat = 8000000; lat = malloc(caplat * sizeof *lat); alat = malloc(4000000 * sizeof *alat); ackstart = calloc(rooms, sizeof *ackstart);
  if (!tokens) { perror("tokens"); return 1; }
  double t0 = now();
  for (int i = 0; i < n; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1; char source[32], request[4096], token[2048] = "", answer[4096];
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
    snprintf(source, sizeof source, "127.0.0.%d", 2 + i / 20000); inet_aton(source, &from.sin_addr); inet_aton("127.0.0.1", &to.sin_addr);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (void *)&from, sizeof from) || connect(fd, (void *)&to, sizeof to)) { perror("connect"); return 1; }
    if (!fgets(token, sizeof token, tokens)) { fprintf(stderr, "too few tokens\n"); return 1; }
    token[strcspn(token, "\r\n")] = 0;
    int len = snprintf(request, sizeof request, "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n", port, token);
    if (write(fd, request, len) != len) { perror("write"); return 1; }
    int got = 0, k; char *end = 0;
    do { k = recv(fd, answer + got, sizeof answer - 1 - got, MSG_PEEK); if (k <= 0) { perror("handshake"); return 1; } answer[k] = 0; end = strstr(answer, "\r\n\r\n"); } while (!end);
    got = end + 4 - answer; if (read(fd, answer, got) != got || memcmp(answer, "HTTP/1.1 101", 12)) { fprintf(stderr, "%s\n", answer); return 1; }
    if (resume) len = snprintf(request, sizeof request, "{\"type\":\"hello\",\"since\":{\"%d\":%d}}", i / members + 1, arg);
    else len = snprintf(request, sizeof request, "{\"type\":\"hello\"}");
    put(fd, request, len);
    fcntl(fd, F_SETFL, O_NONBLOCK); conns[i].fd = fd;
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = i}; epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    if (i % 16 == 0) pump(0);
  }
  double t1 = now();
  while ((greeted < n || (resume && synced < n)) && now() - t0 < 120 && !errors) pump(100);
  double t2 = now();
  printf("connections=%d handshakes_s=%.2f greeted=%d greeted_s=%.2f per_second=%.0f synced=%d resumed_deliveries=%lu", n, t1 - t0, greeted, t2 - t0, n / (t2 - t0), synced, deliveries);
  if (!strcmp(mode, "hold")) { printf(" errors=%lu\n", errors); fflush(stdout); double until = now() + seconds; while (now() < until) pump(100); return 0; }
  if (resume) { printf(" errors=%lu\n", errors); return errors > 0; }
  for (double until = now() + 2; now() < until;) pump(50); // presence settles
  acks = deliveries = sent = 0; nlat = nalat = 0; double begin = now(), until = begin + seconds;
  if (!strcmp(mode, "closed")) {
    writing = 1;
    for (int r = 0; r < rooms; r++) { ackstart[r] = now(); for (int w = 0; w < arg; w++) post(r); }
    while (now() < until && !errors) pump(100);
    writing = 0; 
  } else {
    double every = 1.0 / arg, next = begin; int room = 0;
    while (now() < until && !errors) { while (next <= now()) { post(room); room = (room + 1) % rooms; next += every; } pump(1); }
  }
  double took = now() - begin; uint64_t acked = acks;
  for (double end = now() + 30; now() < end && !errors && (acks < sent || deliveries < sent * members);) pump(50);
  printf(" sent=%lu acks=%lu acks_per_second=%.0f deliveries=%lu lost=%ld errors=%lu", sent, acks, acked / took, deliveries, (long)(sent * members - deliveries), errors);
  percentiles("delivery", lat, nlat); percentiles("ack", alat, nalat); printf("\n");
  return errors > 0;
}
