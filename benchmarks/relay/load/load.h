/* The load of the relay's benchmark: many browsers on one side of a relay and their upstreams on the other, in one
 * thread, so that a frame's arrival is known at once to who sends the next one. */
#ifndef LOAD_H
#define LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Link Link;
typedef struct Call Call;

/* One WebSocket. */
struct Link {
    int fd;
    SSL *ssl;
    bool masks;    /* this end is the client */
    bool tcp_open; /* connect() is done */
    bool tls_open;
    bool open; /* the WebSocket handshake is done */
    bool closing;
    bool over;     /* hangs up when the rest is sent */
    bool deaf;     /* reads nothing for now */
    bool dirty;    /* stands in the list of those that have something to send */
    uint32_t armed; /* what epoll watches */
    Call *call;
    uint8_t *in; /* the beginning of a frame whose end is not here yet */
    size_t in_size, in_room;
    uint8_t *out;
    size_t out_from, out_size, out_room;
    Link *next;
};

enum { RING = 1 << 12, SUMS = 1 << 18 };

/* What one side has sent, and what of it arrived on the other. */
typedef struct {
    uint32_t sent, seen;
    uint64_t sent_at[RING];
    uint64_t *sums; /* of what was sent, when each byte is to be verified */
} Stream;

struct Call {
    int number;
    Link *client, *upstream;
    bool configured; /* the client saw session.updated */
    bool ended;      /* the client saw vivavoce.ended */
    Stream speech;   /* appends */
    Stream flow;     /* events that no relay may hold back: deltas, speech_started, … */
    Stream facts;    /* all others of a turn */
    int step;        /* of the turn's script */
    uint32_t turn;
    double turn_began, next_append;
};

/* link.c */
typedef struct {
    void (*opened)(Link *);
    void (*text)(Link *, uint8_t *payload, size_t size, uint8_t *mask); /* `mask`: NULL when it is plain already */
    void (*gone)(Link *);
} Handlers;

extern Handlers handlers;
extern uint64_t clock_ns; /* taken after each wait */

void links_start(void);
int links_listen(int port, SSL_CTX *tls);
Link *links_connect(int port, const char *path);
void links_wait(double seconds);
void link_deafen(Link *link, bool deaf);
uint8_t *link_room(Link *link, size_t size);
void link_text(Link *link, size_t size);
void link_say(Link *link, const char *text);
void link_close(Link *link);
void link_destroy(Link *link);
uint64_t now_ns(void);
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void unmask(uint8_t *payload, size_t size, const uint8_t *mask);

/* events.c */
enum { FIRST_DELTA = 16, CLOSING_EVENTS = 7, SPOKEN = 12, SPEECH_STOPPED = 1 };

void events_start(void);
size_t append_size(uint32_t number, bool mixed);
void write_append(Call *call, bool mixed);
void write_step(Call *call, int deltas);
bool step_flows(int step, int deltas);
uint64_t sum_of(const uint8_t *text, size_t size);
void answer_relay(Link *upstream, uint8_t *text, size_t size);
const char *check_append(const uint8_t *text, size_t size, int *call, uint32_t *number, bool mixed, bool whole);
const char *check_event(const uint8_t *text, size_t size, char *kind, uint32_t *number, int *call, bool whole);

/* measure.c */
uint64_t cpu_ns(const int *pids, int count, uint64_t *of);
long memory_kb(const int *pids, int count);
double own_cpu(void);

#endif
