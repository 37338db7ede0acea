// REST load client: C keep-alive connections, each posting a message and waiting for its answer. Epoll, one thread.
// usage: rest_load PORT TOKENS CONNECTIONS MEMBERS SECONDS     connection i writes into room i + 1 as member i * MEMBERS
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "key.h"

typedef struct { int fd, have; char token[1024], buf[8192]; double at; } Conn;
static int port; static float lat[4000000]; static int nlat;
static int cmp(const void *a, const void *b) { float x = *(float *)a, y = *(float *)b; return x < y ? -1 : x > y; }

static void post(Conn *c, int room) {
  char body[256], request[2048]; int b = snprintf(body, sizeof body, "{\"key\":\"%s\",\"content\":\"%0120d\"}", fresh_key(), 0);
  int len = snprintf(request, sizeof request, "POST /api/rooms/%d/messages HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", room, port, c->token, b, body);
  c->at = now(); if (write(c->fd, request, len) != len) { perror("write"); exit(1); }
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  port = atoi(argv[1]); int n = atoi(argv[3]), members = atoi(argv[4]); double seconds = atof(argv[5]); FILE *tokens = fopen(argv[2], "r");
  Conn *conns = calloc(n, sizeof *conns); int ep = epoll_create1(0); char line[1024];
  for (int i = 0; i < n * members && fgets(line, sizeof line, tokens); i++) if (i % members == 0) { line[strcspn(line, "\r\n")] = 0; strcpy(conns[i / members].token, line); }
  for (int i = 0; i < n; i++) {
    int one = 1; struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)}; inet_aton("127.0.0.1", &to.sin_addr);
    conns[i].fd = socket(AF_INET, SOCK_STREAM, 0); setsockopt(conns[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(conns[i].fd, (void *)&to, sizeof to)) { perror("connect"); return 1; }
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = i}; epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &e); post(&conns[i], i + 1);
  }
  long done = 0, bad = 0; double begin = now(), used = worked();
  while (now() - begin < seconds) {
    struct epoll_event ev[64]; int k = events(ep, ev, 64, 1000);
    for (int i = 0; i < k; i++) {
      Conn *c = &conns[ev[i].data.u32]; int got = read(c->fd, c->buf + c->have, sizeof c->buf - 1 - c->have);
      if (got <= 0) { fprintf(stderr, "closed\n"); return 1; }
      c->have += got; c->buf[c->have] = 0; char *end = strstr(c->buf, "\r\n\r\n"), *length = strstr(c->buf, "content-length: ");
      if (!end || !length || c->have < end + 4 - c->buf + atoi(length + 16)) continue;
      if (memcmp(c->buf, "HTTP/1.1 201", 12) && bad++ < 3) fprintf(stderr, "%s\n", c->buf);
      done++; c->have = 0; if (nlat < 4000000) lat[nlat++] = now() - c->at; post(c, ev[i].data.u32 + 1);
    }
  }
  double took = now() - begin; qsort(lat, nlat, sizeof *lat, cmp);
  printf("posts=%ld posts_per_second=%.0f bad=%ld p50_ms=%.3f p99_ms=%.3f client_busy=%.2f\n", done, done / took, bad, lat[nlat / 2] * 1e3, lat[nlat * 99 / 100] * 1e3, (worked() - used) / took);
  return bad > 0;
}
