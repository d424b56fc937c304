/* What is said: the page's appends, and the events of an upstream that follows the Realtime API.
 *
 * Everything is numbered, so that whoever receives knows what should have come: appends by the first 16 characters of
 * their sound (call and number), events by their event_id ("event_f" flows, "event_d" decides; call and number). */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOUND = 1 << 17, LONGEST = 32000, HEAD = 1024 };

static const char *const WORDS[] = {"Well, ", "honestly, ", "I have ", "hardly slept. ", "The air ", "conditioning ",
                                    "rattles ", "and hums ", "all night ", "long, ", "and nobody ", "came. "};
static char sound[SOUND];

void events_start(void) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    srand(7);
    for (int at = 0; at < SOUND; at++) sound[at] = alphabet[rand() & 63];
}

/* Characters of base64, of PCM16. */
size_t append_size(uint32_t number, bool mixed) {
    static const uint16_t sizes[] = {1280, 2560, 2560, 5120, 6400, 6400, 5120, 12800};
    return mixed ? sizes[number & 7] : 2560;
}

static size_t delta_size(uint32_t number) {
    static const uint16_t sizes[] = {4000, 16000, 6400, 32000, 8000, 12800, 9600, 16000};
    return sizes[number & 7];
}

/* No two of a call are alike. */
static const char *sound_of(int call, uint32_t number) {
    return sound + ((uint32_t)call * 131 + number * 7919) % (SOUND - LONGEST);
}

static size_t put(uint8_t *at, const char *text) {
    size_t size = strlen(text);
    memcpy(at, text, size);
    return size;
}

uint64_t sum_of(const uint8_t *text, size_t size) {
    uint64_t sum = size, eight;
    for (; size >= 8; size -= 8, text += 8) {
        memcpy(&eight, text, 8);
        sum = (sum ^ eight) * 0x9e3779b97f4a7c15ULL;
        sum ^= sum >> 29;
    }
    for (; size; size--) sum = (sum ^ *text++) * 0x9e3779b97f4a7c15ULL;
    return sum;
}

static void note(Stream *stream, uint32_t number, const uint8_t *text, size_t size) {
    stream->sent_at[number % RING] = now_ns();
    if (stream->sums) stream->sums[number % SUMS] = sum_of(text, size);
}

/* The page */

void write_append(Call *call, bool mixed) {
    uint32_t number = call->speech.sent++;
    size_t sound_size = append_size(number, mixed);
    uint8_t *text = link_room(call->client, sound_size + HEAD) + 14;
    size_t size = (size_t)sprintf((char *)text, "{\"type\":\"input_audio_buffer.append\",\"audio\":\"CALL%04d%08u",
                                  call->number, number);
    memcpy(text + size, sound_of(call->number, number), sound_size - 16);
    size += sound_size - 16;
    size += put(text + size, "\"}");
    note(&call->speech, number, text, size);
    link_text(call->client, size);
}

/* The upstream */

static size_t deltas_from(int deltas) { return (size_t)(FIRST_DELTA + deltas); }

bool step_flows(int step, int deltas) {
    return step <= 1 || (step >= 4 && step <= 9) || (step >= FIRST_DELTA && (size_t)step < deltas_from(deltas));
}

static size_t write_item(char *at, Call *call, const char *status, const char *content) {
    return (size_t)sprintf(at,
                           "{\"id\":\"item_p%04d%06u\",\"object\":\"realtime.item\",\"type\":\"message\","
                           "\"status\":\"%s\",\"role\":\"assistant\",\"content\":[%s]}",
                           call->number, call->turn, status, content);
}

static const char ANSWER[] =
    "Well, honestly, I have hardly slept. The air conditioning rattles and hums all night long, and nobody came. "
    "I called down twice, and twice somebody said that it would be looked into. I have a meeting at eight.";
static const char QUESTION[] = "I am sorry to hear that, I understand. Which room are you in, and since when is it so loud?";

static size_t write_response(char *at, Call *call, const char *status, bool done) {
    size_t size = (size_t)sprintf(at,
                                  "{\"object\":\"realtime.response\",\"id\":\"resp_%04d%06u\",\"status\":\"%s\","
                                  "\"status_details\":null,\"output\":[",
                                  call->number, call->turn, status);
    if (done) {
        char content[512];
        sprintf(content, "{\"type\":\"output_audio\",\"transcript\":\"%s\"}", ANSWER);
        size += write_item(at + size, call, "completed", content);
    }
    size += (size_t)sprintf(at + size,
                            "],\"conversation_id\":\"conv_%04d\",\"output_modalities\":[\"audio\"],"
                            "\"max_output_tokens\":\"inf\",\"audio\":{\"output\":{\"format\":{\"type\":\"audio/pcm\","
                            "\"rate\":24000},\"voice\":\"marin\"}},\"usage\":",
                            call->number);
    size += put((uint8_t *)at + size,
                done ? "{\"total_tokens\":812,\"input_tokens\":640,\"output_tokens\":172,\"input_token_details\":"
                       "{\"text_tokens\":512,\"audio_tokens\":128,\"image_tokens\":0,\"cached_tokens\":384,"
                       "\"cached_tokens_details\":{\"text_tokens\":320,\"audio_tokens\":64,\"image_tokens\":0}},"
                       "\"output_token_details\":{\"text_tokens\":48,\"audio_tokens\":124}}"
                     : "null");
    return size + put((uint8_t *)at + size, ",\"metadata\":null}");
}

/* `,"response_id":…,"item_id":…,"output_index":0,"content_index":0` */
static size_t write_where(char *at, Call *call) {
    return (size_t)sprintf(at,
                           ",\"response_id\":\"resp_%04d%06u\",\"item_id\":\"item_p%04d%06u\",\"output_index\":0,"
                           "\"content_index\":0",
                           call->number, call->turn, call->number, call->turn);
}

static size_t write_spoken(char *at, Call *call, int step) {
    unsigned began = call->turn * 6000;
    switch (step) {
    case 0:
        return (size_t)sprintf(at, ",\"audio_start_ms\":%u,\"item_id\":\"item_l%04d%06u\"}", began, call->number,
                               call->turn);
    case 1:
        return (size_t)sprintf(at, ",\"audio_end_ms\":%u,\"item_id\":\"item_l%04d%06u\"}", began + 1800, call->number,
                               call->turn);
    case 2:
        return (size_t)sprintf(at, ",\"previous_item_id\":null,\"item_id\":\"item_l%04d%06u\"}", call->number,
                               call->turn);
    case 3:
    case 11:
        return (size_t)sprintf(at,
                               ",\"previous_item_id\":null,\"item\":{\"id\":\"item_l%04d%06u\",\"object\":"
                               "\"realtime.item\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"user\","
                               "\"content\":[{\"type\":\"input_audio\",\"transcript\":null}]}}",
                               call->number, call->turn);
    case 10:
        return (size_t)sprintf(at,
                               ",\"item_id\":\"item_l%04d%06u\",\"content_index\":0,\"transcript\":\"%s\",\"usage\":"
                               "{\"type\":\"duration\",\"seconds\":2}}",
                               call->number, call->turn, QUESTION);
    default:
        return (size_t)sprintf(at, ",\"item_id\":\"item_l%04d%06u\",\"content_index\":0,\"delta\":\"%.12s\"}",
                               call->number, call->turn, QUESTION + 12 * (step - 4));
    }
}

/* Sends the event of this step of a turn: what the learner said, and the answer to it with so many deltas. */
void write_step(Call *call, int deltas) {
    static const char *const SPOKEN_TYPES[] = {
        "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
        "conversation.item.added"};
    static const char *const LAST[] = {"response.output_audio.done", "response.output_audio_transcript.done",
                                       "response.content_part.done", "conversation.item.done",
                                       "response.output_item.done", "response.done", "rate_limits.updated"};
    static const char *const FIRST[] = {"response.created", "response.output_item.added", "conversation.item.added",
                                        "response.content_part.added"};
    int step = call->step, last = step - (int)deltas_from(deltas), delta = step - FIRST_DELTA;
    bool flows = step_flows(step, deltas), voice = flows && delta >= 0 && delta % 3 == 0;
    Stream *stream = flows ? &call->flow : &call->facts;
    uint32_t number = stream->sent++;
    const char *type = step < 4                ? SPOKEN_TYPES[step]
                       : step < 10             ? "conversation.item.input_audio_transcription.delta"
                       : step == 10            ? "conversation.item.input_audio_transcription.completed"
                       : step == 11            ? "conversation.item.done"
                       : step < FIRST_DELTA    ? FIRST[step - SPOKEN]
                       : last >= 0             ? LAST[last]
                       : voice                 ? "response.output_audio.delta"
                                               : "response.output_audio_transcript.delta";
    char *text = (char *)link_room(call->upstream, HEAD * 3 + (voice ? LONGEST : 0)) + 14;
    size_t size = (size_t)sprintf(text, "{\"type\":\"%s\",\"event_id\":\"event_%c%04d%08u\"", type, flows ? 'f' : 'd',
                                  call->number, number);
    char content[512];
    sprintf(content, "{\"type\":\"output_audio\",\"transcript\":\"%s\"}", ANSWER);
    if (step < SPOKEN) {
        size += write_spoken(text + size, call, step);
    } else if (step == SPOKEN || last == 5) {
        size += put((uint8_t *)text + size, ",\"response\":");
        size += write_response(text + size, call, last == 5 ? "completed" : "in_progress", last == 5);
        text[size++] = '}';
    } else if (step == SPOKEN + 1 || step == SPOKEN + 2 || last == 3 || last == 4) {
        size += step == SPOKEN + 1 || last == 4
                    ? (size_t)sprintf(text + size, ",\"response_id\":\"resp_%04d%06u\",\"output_index\":0,\"item\":",
                                      call->number, call->turn)
                    : put((uint8_t *)text + size, ",\"previous_item_id\":null,\"item\":");
        size += write_item(text + size, call, last >= 0 ? "completed" : "in_progress", last >= 0 ? content : "");
        text[size++] = '}';
    } else if (last == 6) {
        size += put((uint8_t *)text + size, ",\"rate_limits\":[{\"name\":\"tokens\",\"limit\":40000,\"remaining\":"
                                            "39188,\"reset_seconds\":1.218}]}");
    } else {
        size += write_where(text + size, call);
        if (voice) {
            size_t sound_size = delta_size(number);
            size += put((uint8_t *)text + size, ",\"delta\":\"");
            memcpy(text + size, sound_of(call->number, number), sound_size);
            size += sound_size;
            size += put((uint8_t *)text + size, "\"}");
        } else if (flows) {
            size += (size_t)sprintf(text + size, ",\"delta\":\"%s\"}", WORDS[number % 12]);
        } else if (last == 0) {
            text[size++] = '}';
        } else if (last == 1) {
            size += (size_t)sprintf(text + size, ",\"transcript\":\"%s\"}", ANSWER);
        } else {
            size += (size_t)sprintf(text + size, ",\"part\":%s}",
                                    last == 2 ? content : "{\"type\":\"audio\",\"transcript\":\"\"}");
        }
    }
    note(stream, number, (uint8_t *)text, size);
    link_text(call->upstream, size);
    if (last == CLOSING_EVENTS - 1) {
        call->step = 0;
        call->turn++;
    } else {
        call->step++;
    }
}

/* What a relay with a session of its own asks before the first word, and at the end. */
void answer_relay(Link *upstream, uint8_t *bytes, size_t size) {
    char *text = strndup((char *)bytes, size), *reply = malloc(size + 4096), *at;
    static unsigned others;
    *reply = 0;
    others++;
    if (strstr(text, "\"session.update\"")) {
        sprintf(reply,
                "{\"type\":\"session.updated\",\"event_id\":\"event_x%u\",\"session\":{\"type\":\"realtime\","
                "\"object\":\"realtime.session\",\"id\":\"sess_1\",\"output_modalities\":[\"audio\"]}}",
                others);
    } else if (strstr(text, "\"conversation.item.create\"") && (at = strstr(text, "\"item\":"))) {
        sprintf(reply, "{\"type\":\"conversation.item.added\",\"event_id\":\"event_x%u\",%s", others, at);
    } else if (strstr(text, "\"response.create\"")) {
        char tag[64] = "";
        if ((at = strstr(text, "\"vivavoce\":\""))) sscanf(at + 12, "%63[^\"]", tag);
        sprintf(reply,
                "{\"type\":\"response.created\",\"event_id\":\"event_x%u\",\"response\":{\"id\":\"resp_x%u\","
                "\"status\":\"in_progress\",\"output\":[],\"metadata\":{\"vivavoce\":\"%s\"}}}",
                others, others, tag);
        link_say(upstream, reply);
        sprintf(reply,
                "{\"type\":\"response.done\",\"event_id\":\"event_x%u\",\"response\":{\"id\":\"resp_x%u\","
                "\"status\":\"completed\",\"output\":[],\"metadata\":{\"vivavoce\":\"%s\"}}}",
                others, others, tag);
    }
    if (*reply) link_say(upstream, reply);
    free(text);
    free(reply);
}

/* What came */

/* The string under this key: its first character, NULL if it is not near the beginning. */
static const char *value_of(const uint8_t *text, size_t size, const char *key) {
    const char *at = memmem(text, size < 400 ? size : 400, key, strlen(key));
    if (!at) return NULL;
    at += strlen(key);
    while (*at == ' ' || *at == ':') at++; /* a relay that dumps puts spaces in */
    return *at == '"' ? at + 1 : NULL;
}

static bool digits(const char *at, int count, uint32_t *number) {
    for (*number = 0; count--; at++) {
        if (*at < '0' || *at > '9') return false;
        *number = *number * 10 + (uint32_t)(*at - '0');
    }
    return true;
}

/* NULL when it is one of ours and as it should be, "" when it is none, else what is wrong. */
const char *check_append(const uint8_t *text, size_t size, int *call, uint32_t *number, bool mixed, bool whole) {
    const char *at = value_of(text, size, "\"audio\"");
    uint32_t which;
    if (!at || (const uint8_t *)at + 16 > text + size || memcmp(at, "CALL", 4)) return "";
    if (!digits(at + 4, 4, &which) || !digits(at + 8, 8, number)) return "an append with a broken marker";
    *call = (int)which;
    size_t sound_size = append_size(*number, mixed);
    if ((size_t)(text + size - (const uint8_t *)at) != sound_size + 2) return "an append of another size";
    if (whole && memcmp(at + 16, sound_of(*call, *number), sound_size - 16)) return "an append with other sound";
    return NULL;
}

const char *check_event(const uint8_t *text, size_t size, char *kind, uint32_t *number, int *call, bool whole) {
    const char *at = value_of(text, size, "\"event_id\"");
    uint32_t which;
    if (!at || memcmp(at, "event_", 6) || (at[6] != 'f' && at[6] != 'd')) return "";
    *kind = at[6];
    if (!digits(at + 7, 4, &which) || !digits(at + 11, 8, number)) return "an event with a broken id";
    *call = (int)which;
    if (*kind == 'f' && memmem(text, 64, "response.output_audio.delta", 27)) {
        size_t sound_size = delta_size(*number);
        at = value_of(text, size, "\"delta\"");
        if (!at || (size_t)(text + size - (const uint8_t *)at) != sound_size + 2) return "a delta of another size";
        if (whole && memcmp(at, sound_of(*call, *number), sound_size)) return "a delta with other sound";
    }
    return NULL;
}
