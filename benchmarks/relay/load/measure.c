/* What processes have used of processors and memory. */
#define _GNU_SOURCE
#include "load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Nanoseconds of all threads of these processes; `of`: of each process. */
uint64_t cpu_ns(const int *pids, int count, uint64_t *of) {
    uint64_t all = 0;
    for (int n = 0; n < count; n++) {
        uint64_t total = 0;
        char path[64], line[128];
        snprintf(path, sizeof path, "/proc/%d/task", pids[n]);
        DIR *tasks = opendir(path);
        if (!tasks) fail("the relay's process %d is gone", pids[n]);
        for (struct dirent *task; (task = readdir(tasks));) {
            if (*task->d_name == '.') continue;
            snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", pids[n], task->d_name);
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

/* Their share of memory (PSS). */
long memory_kb(const int *pids, int count) {
    long total = 0;
    for (int n = 0; n < count; n++) {
        char path[64], line[256];
        long kb;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pids[n]);
        FILE *file = fopen(path, "r");
        if (!file) fail("%s: %m", path);
        while (fgets(line, sizeof line, file))
            if (sscanf(line, "Pss: %ld", &kb) == 1) total += kb;
        fclose(file);
    }
    return total;
}

double own_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}
