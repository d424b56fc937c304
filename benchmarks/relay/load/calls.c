/* The calls of a run: how they begin and end, and what their two sides hear. */
#define _GNU_SOURCE
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Run run;
Call *calls;
int call_count;
bool loading, measuring;
Samples speech_delays, flow_delays, fact_delays;
unsigned long long frames, bytes;
char wrong[256];

static int connecting, open_links, live;

double seconds(void) { return (double)clock_ns / 1e9; }

void note_wrong(const char *what, int call, uint32_t number) {
    if (!*wrong) snprintf(wrong, sizeof wrong, "call %d, number %u: %s", call, number, what);
}

static void arrived(Stream *stream, Samples *delays, uint32_t number, const uint8_t *text, size_t size, int call) {
    if (number != stream->seen) note_wrong("out of order", call, number);
    if (stream->sums && run.exact && stream != &calls[call].facts && stream->sums[number % SUMS] != sum_of(text, size))
        note_wrong("other bytes", call, number);
    stream->seen = number + 1;
    if (!measuring) return;
    frames++;
    bytes += size;
    uint64_t delay = clock_ns - stream->sent_at[number % RING];
    if (delays->count < MOST_SAMPLES) delays->ns[delays->count++] = delay > UINT32_MAX ? UINT32_MAX : (uint32_t)delay;
}

/* What the links tell */

static void opened(Link *link) {
    open_links++;
    if (!link->masks) return;
    connecting--;
    if (run.configure) link_say(link, "{\"type\":\"session.update\",\"session\":{\"type\":\"realtime\"}}");
}

static void gone(Link *link) {
    if (link->open) open_links--;
    if (!link->call) return;
    if (!link->closing && *run.mode) note_wrong(link->masks ? "hung up on" : "hung up on upstream", link->call->number, 0);
    *(link->masks ? &link->call->client : &link->call->upstream) = NULL;
}

void pace_saturation(Call *call) {
    while (loading && call->speech.sent - call->speech.seen < (uint32_t)run.window) write_append(call, true);
    while (loading && call->flow.sent - call->flow.seen + call->facts.sent - call->facts.seen < (uint32_t)run.window)
        write_step(call, run.deltas);
}

static void upstream_hears(Link *link, uint8_t *payload, size_t size, uint8_t *mask) {
    bool all = run.verify || size < 200;
    unmask(payload, all ? size : 200, mask);
    bool mixed = !strcmp(run.mode, "saturation");
    int number_of_call;
    uint32_t number;
    const char *why = check_append(payload, size, &number_of_call, &number, mixed, run.verify);
    if (why && !*why) {
        if (!all) unmask(payload + 200, size - 200, mask); /* 200 is a whole number of masks */
        answer_relay(link, payload, size);
        return;
    }
    if (why) {
        note_wrong(why, number_of_call, number);
        return;
    }
    Call *call = &calls[number_of_call];
    if (!link->call) {
        if (call->upstream) note_wrong("a second upstream", number_of_call, number);
        link->call = call;
        call->upstream = link;
        live++;
    }
    arrived(&call->speech, &speech_delays, number, payload, size, number_of_call);
    if (mixed) pace_saturation(call);
}

static void client_hears(Link *link, uint8_t *payload, size_t size) {
    Call *call = link->call;
    char kind;
    int number_of_call = call->number;
    uint32_t number = 0;
    const char *why = check_event(payload, size, &kind, &number, &number_of_call, run.verify);
    if (why && !*why) {
        if (!call->configured && memmem(payload, size < 60 ? size : 60, "session.updated", 15)) call->configured = true;
        if (memmem(payload, size < 60 ? size : 60, "\"vivavoce.ended\"", 16)) call->ended = true;
        return;
    }
    if (!why && number_of_call != call->number) why = "another call's event";
    if (why) {
        note_wrong(why, call->number, number);
        return;
    }
    if (kind == 'f')
        arrived(&call->flow, &flow_delays, number, payload, size, call->number);
    else
        arrived(&call->facts, &fact_delays, number, payload, size, call->number);
    if (!strcmp(run.mode, "saturation")) pace_saturation(call);
}

static void text(Link *link, uint8_t *payload, size_t size, uint8_t *mask) {
    if (link->masks)
        client_hears(link, payload, size);
    else
        upstream_hears(link, payload, size, mask);
}

/* The parts of a run */

bool wait_until(bool (*done)(void), double most) {
    for (double until = seconds() + most; !done();) {
        if (seconds() > until) return false;
        links_wait(0.05);
    }
    return true;
}

static bool all_configured(void) {
    for (int n = 0; n < call_count; n++)
        if (!calls[n].configured) return false;
    return true;
}

static bool all_live(void) { return live == call_count; }

bool nothing_under_way(void) {
    for (int n = 0; n < call_count; n++) {
        Call *call = &calls[n];
        if (call->speech.sent != call->speech.seen || call->flow.sent != call->flow.seen ||
            call->facts.sent != call->facts.seen)
            return false;
    }
    return true;
}

static bool all_ended(void) {
    for (int n = 0; n < call_count; n++)
        if (!calls[n].ended && calls[n].client) return false;
    return true;
}

static bool all_closed(void) { return open_links == 0; }

void connect_calls(int count) {
    double until = seconds() + 60;
    for (int first = call_count, next = first; next < first + count || connecting;) {
        while (connecting < AT_ONCE && next < first + count) {
            Call *call = &calls[next];
            char path[512];
            call->number = next;
            if (run.verify)
                for (Stream *stream = &call->speech; stream <= &call->facts; stream++)
                    stream->sums = malloc(SUMS * sizeof *stream->sums);
            snprintf(path, sizeof path, "%s%d", run.path, next++);
            call->client = links_connect(run.port, path);
            call->client->call = call;
            connecting++;
        }
        if (seconds() > until) fail("%d of %d calls got no answer", connecting, count);
        links_wait(0.05);
    }
    call_count += count;
    if (!wait_until(all_configured, 30)) fail("no session.updated for some of %d calls", call_count);
}

/* The first append tells the upstream which call it is. */
void pair_calls(void) {
    for (int n = 0; n < call_count; n++)
        if (!calls[n].upstream) write_append(&calls[n], !strcmp(run.mode, "saturation"));
    if (!wait_until(all_live, 30)) fail("only %d of %d calls got through", live, call_count);
}

void rest(double most) {
    for (double until = seconds() + most; seconds() < until;) links_wait(0.05);
}

void end_calls(void) {
    unsigned lost = 0;
    if (!wait_until(nothing_under_way, 10))
        for (int n = 0; n < call_count; n++) {
            Call *call = &calls[n];
            lost += call->speech.sent - call->speech.seen + call->flow.sent - call->flow.seen + call->facts.sent -
                    call->facts.seen;
        }
    printf(",\"lost\":%u,\"wrong\":\"%s\"", lost, wrong);
    for (int n = 0; run.end && !run.cut && n < call_count; n++)
        if (calls[n].client) link_say(calls[n].client, "{\"type\":\"vivavoce.end\"}");
    bool ended = !run.end || run.cut || wait_until(all_ended, 20);
    *run.mode = 0; /* hanging up is no fault from now on */
    for (int n = 0; !run.cut && n < call_count; n++)
        if (calls[n].client) link_close(calls[n].client);
    bool closed = run.cut || wait_until(all_closed, 10);
    printf(",\"ended\":%s", ended && closed ? "true" : "false");
    for (int n = 0; n < call_count; n++) {
        if (calls[n].client) link_destroy(calls[n].client);
        if (calls[n].upstream) link_destroy(calls[n].upstream);
        for (Stream *stream = &calls[n].speech; stream <= &calls[n].facts; stream++) free(stream->sums);
    }
}

void calls_start(void) {
    calls = calloc(MOST_CALLS, sizeof *calls);
    Samples *all[] = {&speech_delays, &flow_delays, &fact_delays};
    for (int n = 0; n < 3; n++) all[n]->ns = malloc(MOST_SAMPLES * sizeof(uint32_t));
    handlers = (Handlers){opened, text, gone};
}

/* Before the next run. */
void calls_clear(void) {
    memset(calls, 0, (size_t)(run.calls + run.more) * sizeof *calls);
    call_count = live = connecting = 0;
    frames = bytes = 0;
    *wrong = 0;
    speech_delays.count = flow_delays.count = fact_delays.count = 0;
}
