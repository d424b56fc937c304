/* What is done with the calls of a run, by its mode; figures are printed as they come. */
#define _GNU_SOURCE
#include "run.h"

#include <stdio.h>
#include <string.h>

/* The second of a turn at which each step of it happens. */
static double second_of(int step) {
    int delta = step - FIRST_DELTA;
    if (step == 0) return 0;
    if (step < SPOKEN) return 1.8 + 0.02 * step;
    if (delta < 0) return 2.25;
    return delta < run.deltas ? 2.3 + 2.4 * delta / run.deltas : 4.75;
}

enum { TURN_SECONDS = 6 };

/* Calls are at different places of their turns. */
static void begin_trace(void) {
    for (int n = 0; n < call_count; n++) {
        Call *call = &calls[n];
        double share = (double)n / call_count, into = share * TURN_SECONDS;
        call->next_append = seconds() + share * 0.04;
        call->step = into < second_of(SPEECH_STOPPED) || into > 4.7 ? 0 : SPOKEN;
        call->turn_began = seconds() - into + (into > 4.7 ? TURN_SECONDS : 0);
    }
}

static void trace_until(double until) {
    while (seconds() < until) {
        double next = until;
        for (int n = 0; n < call_count; n++) {
            Call *call = &calls[n];
            if (!call->client || !call->upstream) fail("call %d broke off: %s", n, wrong);
            for (; call->next_append <= seconds(); call->next_append += 0.04) write_append(call, false);
            while (call->turn_began + second_of(call->step) <= seconds()) {
                write_step(call, run.deltas);
                if (call->step == 0) call->turn_began += TURN_SECONDS;
            }
            double event = call->turn_began + second_of(call->step);
            next = next < call->next_append ? next : call->next_append;
            next = next < event ? next : event;
        }
        double now = (double)now_ns() / 1e9;
        links_wait(next > now ? next - now : 0);
    }
}

/* Finish the turns that were begun. */
static void finish_turns(void) {
    for (int n = 0; n < call_count; n++) {
        Call *call = &calls[n];
        if (!call->upstream) continue;
        if (call->step >= SPOKEN && call->step < FIRST_DELTA + run.deltas) call->step = FIRST_DELTA + run.deltas;
        while (call->step != 0 && call->step != SPOKEN) write_step(call, run.deltas);
    }
}

static void play(double until) {
    if (!strcmp(run.mode, "saturation"))
        while (seconds() < until) links_wait(0.05);
    else
        trace_until(until);
}

void load_calls(void) {
    loading = true;
    if (!strcmp(run.mode, "saturation"))
        for (int n = 0; n < call_count; n++) pace_saturation(&calls[n]);
    else
        begin_trace();
    play(seconds() + run.warm);
    uint64_t before[MOST_PIDS], after[MOST_PIDS], cpu = cpu_ns(run.pids, run.pid_count, before);
    double began = seconds(), own = own_cpu();
    measuring = true;
    play(began + run.seconds);
    measuring = false;
    cpu = cpu_ns(run.pids, run.pid_count, after) - cpu;
    double took = seconds() - began;
    own = own_cpu() - own;
    loading = false;
    printf(",\"seconds\":%.4f,\"frames\":%llu,\"bytes\":%llu,\"cpu_us_per_frame\":%.4f,\"cpu\":%.4f,\"load_cpu\":%.4f",
           took, frames, bytes, (double)cpu / 1e3 / (double)frames, (double)cpu / 1e9 / took, own / took);
    printf(",\"shares\":[");
    for (int n = 0; n < run.pid_count; n++)
        printf("%s%.4f", n ? "," : "", (double)(after[n] - before[n]) / (double)cpu);
    printf("]");
    finish_turns();
}

/* A whole turn of each call, a few at a time, as a page that keeps up takes it: two frames under way. */
static void touch_calls(void) {
    for (int first = 0; first < call_count; first += AT_ONCE) {
        int after = first + AT_ONCE < call_count ? first + AT_ONCE : call_count;
        for (int done = 0; done < after - first;) {
            done = 0;
            for (int n = first; n < after; n++) {
                Call *call = &calls[n];
                if (call->turn) done++;
                for (int k = 0; k < run.window && !call->turn; k++) write_step(call, run.deltas);
            }
            if (!wait_until(nothing_under_way, 10)) fail("call %d or one of the next did not get its turn", first);
        }
    }
}

/* Memory of the relay with `calls`, with `more` of them, and when each had a turn. */
void hold_calls(void) {
    double settle = run.warm;
    rest(settle);
    printf(",\"before_kb\":%ld", memory_kb(run.pids, run.pid_count));
    connect_calls(run.more);
    rest(settle);
    printf(",\"after_kb\":%ld", memory_kb(run.pids, run.pid_count));
    pair_calls();
    touch_calls();
    rest(settle);
    printf(",\"touched_kb\":%ld", memory_kb(run.pids, run.pid_count));
}

static void push(void) {
    for (int n = 0; n < call_count; n++)
        if (calls[n].upstream && calls[n].upstream->out_size - calls[n].upstream->out_from < 65536)
            for (int k = 0; k < 8; k++) {
                if (calls[n].step >= FIRST_DELTA + run.deltas) calls[n].step = FIRST_DELTA; /* it goes on and on */
                write_step(&calls[n], run.deltas);
            }
}

/* The clients read nothing for a while, and the upstreams push all they can. */
void stop_reading(void) {
    double next_append = seconds();
    for (int n = 0; n < call_count; n++)
        while (calls[n].step < FIRST_DELTA) write_step(&calls[n], run.deltas);
    if (!wait_until(nothing_under_way, 10)) fail("the answers did not begin");
    rest(run.warm);
    long before = memory_kb(run.pids, run.pid_count), most = before;
    unsigned long long pushed = 0;
    measuring = true; /* counts what arrives, later */
    for (int n = 0; n < call_count; n++) link_deafen(calls[n].client, true);
    for (double until = seconds() + run.seconds; seconds() < until && !*wrong;) {
        push();
        if (seconds() >= next_append) { /* the microphone goes on */
            for (int n = 0; n < call_count; n++)
                if (calls[n].client) write_append(&calls[n], false);
            next_append += 0.04;
        }
        links_wait(0.01);
        long now = next_append < 0.06 + seconds() ? memory_kb(run.pids, run.pid_count) : 0;
        most = now > most ? now : most;
    }
    for (int n = 0; n < call_count; n++) pushed += calls[n].flow.sent;
    for (int n = 0; n < call_count; n++)
        if (calls[n].client) link_deafen(calls[n].client, false);
    bool all = wait_until(nothing_under_way, 60);
    measuring = false;
    printf(",\"before_kb\":%ld,\"most_kb\":%ld,\"frames\":%llu,\"bytes\":%llu,\"all\":%s", before, most, pushed, bytes,
           all ? "true" : "false");
    finish_turns();
}
