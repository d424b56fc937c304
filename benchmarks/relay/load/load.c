/* Plays calls through a relay and says what that cost.
 *
 *     load PLAIN_PORT TLS_PORT CERTIFICATE KEY     the ports of the upstream (0: any), both in this thread
 *
 * Each line of stdin is a run, as `name=value` words (see run.h); each is answered with a line of JSON. */
#define _GNU_SOURCE
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

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

static void play_run(void) {
    calls_clear();
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
    calls_start();
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
