/* Plays calls through a relay and says what that cost.
 *
 *     load PLAIN_PORT TLS_PORT CERTIFICATE KEY     the ports of the upstream (0: any), both in this thread
 *
 * Each line of stdin is a run, as `name=value` words (see `Run`); each is answered with a line of JSON. */
#define _GNU_SOURCE
#include "load.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_SAMPLES = 1 << 21, MOST_CALLS = 4096, AT_ONCE = 16, MOST_PIDS = 64 };

static struct {
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
} run;

typedef struct {
    uint32_t *ns;
    size_t count;
} Samples;

static Call *calls;
static int call_count, connecting, open_links, live;
static bool loading, measuring;
static Samples speech_delays, flow_delays, fact_delays;
static unsigned long long frames, bytes;
static char wrong[256];

static double seconds(void) { return (double)clock_ns / 1e9; }

static void note_wrong(const char *what, int call, uint32_t number) {
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

static void pace_saturation(Call *call) {
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

/* Figures */

/* Of all threads of the relay's processes, in all; `of`: each process's. */
static uint64_t cpu_ns(uint64_t of[MOST_PIDS]) {
    uint64_t all = 0;
    for (int n = 0; n < run.pid_count; n++) {
        uint64_t total = 0;
        char path[64], line[128];
        snprintf(path, sizeof path, "/proc/%d/task", run.pids[n]);
        DIR *tasks = opendir(path);
        if (!tasks) fail("the relay's process %d is gone", run.pids[n]);
        for (struct dirent *task; (task = readdir(tasks));) {
            if (*task->d_name == '.') continue;
            snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", run.pids[n], task->d_name);
            FILE *file = fopen(path, "r");
            if (file && fgets(line, sizeof line, file)) total += strtoull(line, NULL, 10);
            if (file) fclose(file);
        }
        closedir(tasks);
        of[n] = total;
        all += total;
    }
    return all;
}

static long memory_kb(void) {
    long total = 0;
    for (int n = 0; n < run.pid_count; n++) {
        char path[64], line[256];
        long kb;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", run.pids[n]);
        FILE *file = fopen(path, "r");
        if (!file) fail("%s: %m", path);
        while (fgets(line, sizeof line, file))
            if (sscanf(line, "Pss: %ld", &kb) == 1) total += kb;
        fclose(file);
    }
    return total;
}

static double own_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int by_size(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static void say_delays(const char *name, Samples *delays) {
    if (!delays->count) return;
    qsort(delays->ns, delays->count, sizeof *delays->ns, by_size);
    printf(",\"%s_us\":[%.1f,%.1f]", name, delays->ns[delays->count / 2] / 1e3,
           delays->ns[delays->count * 99 / 100] / 1e3);
}

/* The parts of a run */

static bool wait_until(bool (*done)(void), double most) {
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

static bool nothing_under_way(void) {
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

static void connect_calls(int count) {
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
static void pair_calls(void) {
    for (int n = 0; n < call_count; n++)
        if (!calls[n].upstream) write_append(&calls[n], !strcmp(run.mode, "saturation"));
    if (!wait_until(all_live, 30)) fail("only %d of %d calls got through", live, call_count);
}

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

static void load_calls(void) {
    loading = true;
    if (!strcmp(run.mode, "saturation"))
        for (int n = 0; n < call_count; n++) pace_saturation(&calls[n]);
    else
        begin_trace();
    play(seconds() + run.warm);
    uint64_t before[MOST_PIDS], after[MOST_PIDS], cpu = cpu_ns(before);
    double began = seconds(), own = own_cpu();
    measuring = true;
    play(began + run.seconds);
    measuring = false;
    cpu = cpu_ns(after) - cpu;
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

static void rest(double most) {
    for (double until = seconds() + most; seconds() < until;) links_wait(0.05);
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
static void hold_calls(void) {
    double settle = run.warm;
    rest(settle);
    printf(",\"before_kb\":%ld", memory_kb());
    connect_calls(run.more);
    rest(settle);
    printf(",\"after_kb\":%ld", memory_kb());
    pair_calls();
    touch_calls();
    rest(settle);
    printf(",\"touched_kb\":%ld", memory_kb());
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
static void stop_reading(void) {
    double next_append = seconds();
    for (int n = 0; n < call_count; n++)
        while (calls[n].step < FIRST_DELTA) write_step(&calls[n], run.deltas);
    if (!wait_until(nothing_under_way, 10)) fail("the answers did not begin");
    rest(run.warm);
    long before = memory_kb(), most = before;
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
        long now = next_append < 0.06 + seconds() ? memory_kb() : 0;
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

static void end_calls(void) {
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

static void play_run(void) {
    memset(calls, 0, (size_t)(run.calls + run.more) * sizeof *calls);
    call_count = live = connecting = 0;
    frames = bytes = 0;
    *wrong = 0;
    speech_delays.count = flow_delays.count = fact_delays.count = 0;
    char mode[16];
    strcpy(mode, run.mode);
    printf("{\"mode\":\"%s\",\"calls\":%d", mode, run.calls);
    double began = seconds();
    connect_calls(run.calls);
    if (strcmp(mode, "memory")) pair_calls();
    printf(",\"connected_in\":%.3f", seconds() - began);
    if (!strcmp(mode, "slow"))
        stop_reading();
    else if (!strcmp(mode, "memory"))
        hold_calls();
    else
        load_calls();
    end_calls();
    say_delays("speech", &speech_delays);
    say_delays("flow", &flow_delays);
    say_delays("fact", &fact_delays);
    printf("}\n");
    fflush(stdout);
}

static void read_run(char *line) {
    memset(&run, 0, sizeof run);
    run.window = 2;
    run.deltas = 72;
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
        char *value = strchr(word, '=');
        if (!value) fail("not name=value: %s", word);
        *value++ = 0;
        if (!strcmp(word, "mode")) snprintf(run.mode, sizeof run.mode, "%s", value);
        else if (!strcmp(word, "path")) snprintf(run.path, sizeof run.path, "%s", value);
        else if (!strcmp(word, "port")) run.port = atoi(value);
        else if (!strcmp(word, "calls")) run.calls = atoi(value);
        else if (!strcmp(word, "more")) run.more = atoi(value);
        else if (!strcmp(word, "window")) run.window = atoi(value);
        else if (!strcmp(word, "deltas")) run.deltas = atoi(value);
        else if (!strcmp(word, "configure")) run.configure = atoi(value);
        else if (!strcmp(word, "end")) run.end = atoi(value);
        else if (!strcmp(word, "cut")) run.cut = atoi(value);
        else if (!strcmp(word, "verify")) run.verify = atoi(value);
        else if (!strcmp(word, "exact")) run.exact = atoi(value);
        else if (!strcmp(word, "warm")) run.warm = atof(value);
        else if (!strcmp(word, "seconds")) run.seconds = atof(value);
        else if (!strcmp(word, "pid") && run.pid_count < MOST_PIDS) run.pids[run.pid_count++] = atoi(value);
        else fail("no such word: %s", word);
    }
    if (run.calls + run.more > MOST_CALLS) fail("at most %d calls", MOST_CALLS);
}

int main(int count, char **arguments) {
    if (count != 5) fail("load PLAIN_PORT TLS_PORT CERTIFICATE KEY");
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(tls, arguments[3]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, arguments[4], SSL_FILETYPE_PEM) != 1)
        fail("no certificate in %s", arguments[3]);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    struct rlimit files = {65536, 65536};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    calls = calloc(MOST_CALLS, sizeof *calls);
    Samples *all[] = {&speech_delays, &flow_delays, &fact_delays};
    for (int n = 0; n < 3; n++) all[n]->ns = malloc(MOST_SAMPLES * sizeof(uint32_t));
    handlers = (Handlers){opened, text, gone};
    events_start();
    links_start();
    int plain = links_listen(atoi(arguments[1]), NULL), secure = links_listen(atoi(arguments[2]), tls);
    printf("{\"plain\":%d,\"tls\":%d}\n", plain, secure);
    fflush(stdout);
    for (char line[4096]; fgets(line, sizeof line, stdin);) {
        read_run(line);
        clock_ns = now_ns();
        play_run();
    }
    return 0;
}
