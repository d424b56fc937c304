/* A run: what was asked for, its calls, and what came of it. */
#ifndef RUN_H
#define RUN_H

#include "load.h"

enum { MOST_SAMPLES = 1 << 21, MOST_CALLS = 4096, AT_ONCE = 16, MOST_PIDS = 64 };

typedef struct {
    char mode[16]; /* saturation, trace, memory, slow */
    char path[256];
    int port, calls, more, window, deltas;
    int configure; /* the client sends session.update: the relay configures no session by itself */
    int end;       /* the client ends its call with vivavoce.end */
    int cut;       /* in the end all just hang up: the relay is not needed any more */
    int verify;    /* every byte */
    int exact;     /* the relay passes text on as it came */
    double warm, seconds;
    int pids[MOST_PIDS], pid_count;
} Run;

typedef struct {
    uint32_t *ns;
    size_t count;
} Samples;

extern Run run;
extern Call *calls;
extern int call_count;
extern bool loading;   /* new frames are sent for those that arrive */
extern bool measuring; /* what arrives is counted */
extern Samples speech_delays, flow_delays, fact_delays;
extern unsigned long long frames, bytes;
extern char wrong[256]; /* what the relay did wrong first */

/* calls.c */
void calls_start(void);
void calls_clear(void);
double seconds(void);
void note_wrong(const char *what, int call, uint32_t number);
void pace_saturation(Call *call);
bool wait_until(bool (*done)(void), double most);
void rest(double most);
bool nothing_under_way(void);
void connect_calls(int count);
void pair_calls(void);
void end_calls(void);

/* modes.c */
void load_calls(void);
void hold_calls(void);
void stop_reading(void);

#endif
