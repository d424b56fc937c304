/* WebSockets over plain TCP or TLS, on one epoll. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10, LARGEST_FRAME = 1 << 20, MOST_READ = 1 << 18 };

typedef struct {
    int fd;
    SSL_CTX *tls;
} Door;

Handlers handlers;
uint64_t clock_ns;

static int epoll;
static Door doors[4];
static int door_count;
static Link *dirty, *dead;
static uint8_t inbox[LARGEST_FRAME + MOST_READ];
static uint64_t seed = 88172645463325252ULL;

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

void links_start(void) {
    epoll = epoll_create1(0);
    clock_ns = now_ns();
}

static void watch(Link *link) {
    bool wants_out = !link->tcp_open || link->out_size > link->out_from;
    uint32_t wanted = (link->deaf ? 0 : EPOLLIN) | (wants_out ? EPOLLOUT : 0);
    if (wanted == link->armed) return;
    struct epoll_event event = {.events = wanted, .data.ptr = link};
    epoll_ctl(epoll, link->armed == UINT32_MAX ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, link->fd, &event);
    link->armed = wanted;
}

static Link *new_link(int fd, bool masks) {
    Link *link = calloc(1, sizeof *link);
    link->fd = fd;
    link->masks = masks;
    link->armed = UINT32_MAX;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return link;
}

int links_listen(int port, SSL_CTX *tls) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) fail("port %d: %m", port);
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    Door *door = &doors[door_count++];
    *door = (Door){fd, tls};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = door};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return ntohs(address.sin_port);
}

Link *links_connect(int port, const char *path) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect: %m");
    Link *link = new_link(fd, true);
    link->tls_open = true;
    uint8_t *head = link_room(link, 1024);
    link->out_size += (size_t)sprintf((char *)head,
                                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\n"
                                      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                                      path, port);
    watch(link);
    return link;
}

static void accept_all(Door *door) {
    int fd;
    while ((fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        Link *link = new_link(fd, false);
        link->tcp_open = true;
        link->tls_open = !door->tls;
        if (door->tls) {
            link->ssl = SSL_new(door->tls);
            SSL_set_fd(link->ssl, fd);
            SSL_set_accept_state(link->ssl);
        }
        watch(link);
    }
}

void link_destroy(Link *link) {
    if (link->fd < 0) return;
    for (Link **at = &dirty; *at; at = &(*at)->next)
        if (*at == link) {
            *at = link->next;
            break;
        }
    if (link->ssl) SSL_free(link->ssl);
    close(link->fd);
    link->fd = -1;
    free(link->in);
    free(link->out);
    link->in = link->out = NULL;
    handlers.gone(link);
    link->next = dead;
    dead = link;
}

void link_deafen(Link *link, bool deaf) {
    link->deaf = deaf;
    watch(link);
}

/* Out */

/* Where `size` more bytes may be written; they count once `out_size` says so. */
uint8_t *link_room(Link *link, size_t size) {
    if (link->out_from == link->out_size) link->out_from = link->out_size = 0;
    if (link->out_size + size > link->out_room) {
        link->out_room = link->out_size + size + 8192;
        link->out = realloc(link->out, link->out_room);
    }
    return link->out + link->out_size;
}

static void mark_dirty(Link *link) {
    if (link->dirty) return;
    link->dirty = true;
    link->next = dirty;
    dirty = link;
}

void unmask(uint8_t *payload, size_t size, const uint8_t *mask) {
    uint32_t word;
    memcpy(&word, mask, 4);
    uint64_t wide = (uint64_t)word << 32 | word;
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t eight;
        memcpy(&eight, payload + at, 8);
        eight ^= wide;
        memcpy(payload + at, &eight, 8);
    }
    for (; at < size; at++) payload[at] ^= mask[at & 3];
}

static void end_frame(Link *link, int opcode, size_t size) {
    /* The payload stands 14 bytes into the room; the head is put right before it. */
    uint8_t *room = link->out + link->out_size, *payload = room + 14, head[14];
    size_t head_size = 2;
    head[0] = (uint8_t)(0x80 | opcode);
    if (size < 126) {
        head[1] = (uint8_t)size;
    } else if (size < 65536) {
        head[1] = 126;
        head[2] = (uint8_t)(size >> 8);
        head[3] = (uint8_t)size;
        head_size = 4;
    } else {
        head[1] = 127;
        for (int byte = 0; byte < 8; byte++) head[2 + byte] = (uint8_t)((uint64_t)size >> (56 - 8 * byte));
        head_size = 10;
    }
    if (link->masks) {
        head[1] |= 0x80;
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        memcpy(head + head_size, &seed, 4);
        unmask(payload, size, head + head_size);
        head_size += 4;
    }
    memcpy(room, head, head_size);
    memmove(room + head_size, payload, size);
    link->out_size += head_size + size;
    mark_dirty(link);
}

/* A text message whose `size` bytes stand 14 bytes into the room that was asked for. */
void link_text(Link *link, size_t size) { end_frame(link, TEXT, size); }

static void send_frame(Link *link, int opcode, const void *payload, size_t size) {
    memcpy(link_room(link, size + 14) + 14, payload, size);
    end_frame(link, opcode, size);
}

void link_say(Link *link, const char *text) { send_frame(link, TEXT, text, strlen(text)); }

void link_close(Link *link) {
    if (link->closing || !link->open) return;
    link->closing = true;
    send_frame(link, CLOSE, "\x03\xe8", 2);
}

static bool would_block(Link *link, ssize_t done) {
    if (!link->ssl) return done < 0 && (errno == EAGAIN || errno == EINTR);
    int why = SSL_get_error(link->ssl, (int)done);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void flush(Link *link) {
    if (!link->tcp_open || !link->tls_open) return;
    while (link->out_from < link->out_size) {
        size_t left = link->out_size - link->out_from;
        uint8_t *from = link->out + link->out_from;
        ssize_t done = link->ssl ? SSL_write(link->ssl, from, (int)left) : send(link->fd, from, left, MSG_NOSIGNAL);
        if (done <= 0) {
            if (would_block(link, done)) break;
            link_destroy(link);
            return;
        }
        link->out_from += (size_t)done;
    }
    if (link->over && link->out_from == link->out_size)
        link_destroy(link);
    else
        watch(link);
}

static void flush_dirty(void) {
    while (dirty) {
        Link *link = dirty;
        dirty = link->next;
        link->dirty = false;
        flush(link);
    }
}

/* In */

static void accept_key(const char *key, char *out) {
    char text[128];
    unsigned char digest[SHA_DIGEST_LENGTH];
    int size = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((unsigned char *)text, (size_t)size, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

/* How many of the bytes are used up: the whole head or nothing. */
static size_t shake_hands(Link *link, uint8_t *bytes, size_t size) {
    uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    *end = 0;
    if (link->masks) {
        if (strncmp((char *)bytes, "HTTP/1.1 101", 12)) fail("the relay answered: %s", (char *)bytes);
    } else {
        char *key = strcasestr((char *)bytes, "\r\nsec-websocket-key:"), accept[64];
        if (!key) fail("no handshake: %s", (char *)bytes);
        for (key += 20; *key == ' '; key++) {
        }
        accept_key(key, accept);
        link->out_size += (size_t)sprintf((char *)link_room(link, 256),
                                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                                          accept);
        mark_dirty(link);
    }
    link->open = true;
    handlers.opened(link);
    return (size_t)(end + 4 - bytes);
}

/* How many of the bytes are used up: one frame or nothing. */
static size_t take_frame(Link *link, uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    uint64_t length = bytes[1] & 0x7f;
    size_t at = 2;
    if (length >= 126) {
        int wide = length == 126 ? 2 : 8;
        if (size < at + (size_t)wide) return 0;
        for (length = 0; wide; wide--) length = length << 8 | bytes[at++];
    }
    if (length > LARGEST_FRAME) fail("a frame of %llu bytes: the stream is corrupt", (unsigned long long)length);
    uint8_t *mask = NULL;
    if (bytes[1] & 0x80) {
        mask = bytes + at;
        at += 4;
    }
    if (size < at + length) return 0;
    uint8_t *payload = bytes + at;
    if ((mask == NULL) != link->masks || bytes[0] >> 4 != 8) fail("a frame that begins %02x%02x", bytes[0], bytes[1]);
    int opcode = bytes[0] & 15;
    if (opcode == TEXT) {
        handlers.text(link, payload, length, mask);
    } else {
        if (mask) unmask(payload, length, mask);
        if (opcode == PING) send_frame(link, PONG, payload, length);
        if (opcode == CLOSE && link->closing) {
            link_destroy(link);
        } else if (opcode == CLOSE) {
            link->closing = true;
            link->over = !link->masks; /* the server hangs up */
            send_frame(link, CLOSE, payload, length < 2 ? length : 2);
        }
    }
    return at + length;
}

static void take(Link *link, size_t size) {
    uint8_t *bytes = inbox;
    size_t left = size, used;
    while (left && link->fd >= 0) {
        used = link->open ? take_frame(link, bytes, left) : shake_hands(link, bytes, left);
        if (!used) break;
        bytes += used;
        left -= used;
    }
    if (link->fd < 0) return;
    if (left > link->in_room) {
        link->in_room = left + 4096;
        link->in = realloc(link->in, link->in_room);
    }
    memcpy(link->in, bytes, left);
    link->in_size = left;
}

static void receive(Link *link) {
    if (!link->tls_open) {
        int done = SSL_do_handshake(link->ssl);
        if (done <= 0) {
            if (!would_block(link, done)) link_destroy(link);
            return;
        }
        link->tls_open = true;
        mark_dirty(link);
    }
    memcpy(inbox, link->in, link->in_size);
    size_t size = link->in_size, before = size;
    ssize_t done;
    if (!link->ssl) {
        done = recv(link->fd, inbox + size, MOST_READ, 0);
        if (done > 0) size += (size_t)done;
    } else {
        while ((done = SSL_read(link->ssl, inbox + size, (int)(before + MOST_READ - size))) > 0) size += (size_t)done;
    }
    bool over = done == 0 || !(done > 0 || would_block(link, done));
    ERR_clear_error();
    if (size > before) take(link, size);
    if (over && link->fd >= 0) link_destroy(link);
}

void links_wait(double seconds) {
    struct epoll_event events[256];
    flush_dirty();
    for (Link *link; (link = dead); free(link)) dead = link->next;
    struct timespec most = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    int count = epoll_pwait2(epoll, events, 256, &most, NULL);
    clock_ns = now_ns();
    for (int n = 0; n < count; n++) {
        void *which = events[n].data.ptr;
        if (which >= (void *)doors && which < (void *)(doors + 4)) {
            accept_all(which);
            continue;
        }
        Link *link = which;
        if (link->fd < 0) continue; /* went in this very batch */
        link->tcp_open = true;
        if (events[n].events & EPOLLOUT) flush(link);
        if (link->fd >= 0 && events[n].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            if (link->deaf && !(events[n].events & EPOLLERR)) continue;
            receive(link);
        }
    }
    flush_dirty();
}
