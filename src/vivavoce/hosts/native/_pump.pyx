# cython: language_level=3, cdivision=True
"""A passage and what fills it, compiled: frames that decide nothing leave for the other link without becoming objects.

A pump sits before picows on the same transport. It reads frame headers, and moves a whole text that its passage takes.
All else goes to picows as it came, byte for byte and in its turn: what is right under RFC 6455, and what becomes of a
frame, is decided there and in nothing of this file. What may flow is decided by `protocol.flowing`, whose words are
used here; it is only recognised once more.
"""

import os

cimport cython
from cpython.buffer cimport PyBUF_READ, PyBUF_WRITABLE, PyBUF_WRITE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcmp, memcpy, memmove

from vivavoce.hosts.native.passage import MOST as _MOST
from vivavoce.protocol.audio import BASE64, DELTA
from vivavoce.protocol.flowing import LONGEST_WORDS as _LONGEST_WORDS
from vivavoce.protocol.flowing import HEARD_HEAD, SPEECH_HEAD, SPEECH_TAIL, TEXT_HEADS, VOICE_HEAD
from vivavoce.session.flow import moment
from vivavoce.session.inputs import Peer

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <stdint.h>
    #include <string.h>
    static _Thread_local char *pump_spare;   /* a buffer in which nobody's bytes are */
    static _Thread_local void *pump_reader;  /* the pump that was told to read into it */

    /* These loops have no branches, so compilers make vectors of them: where they can, also wider ones, which are used
       if the processor turns out to have them. */
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute)
    #if __has_attribute(target_clones)
    #if defined(__clang__) || __GNUC__ < 12
    #define PUMP_WIDE __attribute__((target_clones("avx2", "default")))
    #else
    #define PUMP_WIDE __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
    #endif
    #endif
    #endif
    #ifndef PUMP_WIDE
    #define PUMP_WIDE
    #endif

    PUMP_WIDE static void pump_mask(uint8_t *text, size_t length, const uint8_t *key)
    {
        uint64_t word, twice;
        size_t i, whole = length & ~(size_t)7;
        memcpy(&twice, key, 4);
        memcpy((uint8_t *)&twice + 4, key, 4);
        for (i = 0; i < whole; i += 8) {
            memcpy(&word, text + i, 8);
            word ^= twice;
            memcpy(text + i, &word, 8);
        }
        for (i = whole; i < length; i++)
            text[i] ^= key[i & 3];
    }

    PUMP_WIDE static int pump_ascii(const uint8_t *text, size_t length)
    {
        uint8_t seen = 0;
        for (size_t i = 0; i < length; i++)
            seen |= text[i];
        return seen < 128;
    }

    PUMP_WIDE static int pump_base64(const uint8_t *text, size_t length)
    {
        uint8_t wrong = 0;
        for (size_t i = 0; i < length; i++) {
            uint8_t c = text[i];  /* '/' stands just before the digits */
            int right = ((uint8_t)((c | 32) - 'a') < 26) | ((uint8_t)(c - '/') < 11) | (c == '+');
            wrong |= right ? 0 : 255;
        }
        return !wrong;
    }
    """
    void _mask "pump_mask"(uint8_t *text, size_t length, const uint8_t *key) nogil  # or unmask, in place
    bint _ascii "pump_ascii"(const uint8_t *text, size_t length) nogil
    bint _base64 "pump_base64"(const uint8_t *text, size_t length) nogil  # without its padding
    void *memmem(const void *text, size_t length, const void *wanted, size_t size) nogil
    char *pump_spare
    void *pump_reader
    const Py_ssize_t PY_SSIZE_T_MAX

INTERFACE = 3  # as in `pumping`, when this was compiled

cdef enum:
    BUFFER = 65536  # a frame that does not fit goes to picows as it comes
    WARY = 4096  # bytes read of a browser at a time after a frame that did not flow, as LingeringProtocol does
    LONGEST_HEAD = 64
    TEXT = 1
    BINARY = 2
    CONTINUATION = 0
    WHOLE_TEXT = 0x81  # with no reserved bit set
    KEYS = 256  # fetched at once

cdef double TELL_SECONDS = 0.25
cdef Py_ssize_t MOST = _MOST
cdef Py_ssize_t LONGEST_WORDS = _LONGEST_WORDS
cdef bytes _delta = DELTA
cdef bytes _speech_head = SPEECH_HEAD
cdef bytes _speech_tail = SPEECH_TAIL
cdef bytes _voice_head = VOICE_HEAD
cdef bytes _heard_head = HEARD_HEAD
cdef tuple _text_heads = TEXT_HEADS
assert max(map(len, (SPEECH_HEAD, VOICE_HEAD, *TEXT_HEADS))) <= LONGEST_HEAD

cdef bytes _keys = b""
cdef Py_ssize_t _keys_used = 0


cdef int _fresh_key(uint8_t *key) except -1:
    """Nobody may foresee what a frame looks like on the wire, so chance is the kernel's."""
    global _keys, _keys_used
    if _keys_used == PyBytes_GET_SIZE(_keys):
        _keys, _keys_used = os.urandom(4 * KEYS), 0
    memcpy(key, PyBytes_AS_STRING(_keys) + _keys_used, 4)
    _keys_used += 4
    return 0


def _forget_keys():
    global _keys, _keys_used
    _keys, _keys_used = b"", 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_keys)


def framed(bytes text not None, bint masked):
    """A whole text as a frame of its own; masked by a fresh key, as what a client sends must be."""
    cdef Py_ssize_t length = PyBytes_GET_SIZE(text), i
    cdef Py_ssize_t sized = 0 if length < 126 else 2 if length < 65536 else 8
    cdef Py_ssize_t head = 2 + sized + (4 if masked else 0)
    cdef bytes frame = PyBytes_FromStringAndSize(NULL, head + length)
    cdef uint8_t *to = <uint8_t *>PyBytes_AS_STRING(frame)
    to[0] = WHOLE_TEXT
    to[1] = <uint8_t>(length if not sized else 126 if sized == 2 else 127) | (0x80 if masked else 0)
    for i in range(sized):
        to[2 + i] = <uint8_t>(<uint64_t>length >> 8 * (sized - 1 - i))
    memcpy(to + head, PyBytes_AS_STRING(text), length)
    if masked:
        _fresh_key(to + head - 4)
        _mask(to + head, length, to + head - 4)
    return frame


cdef Py_ssize_t _base64_size(const uint8_t *text, Py_ssize_t length) noexcept nogil:
    """As protocol.audio.base64_size, -1 for None."""
    cdef Py_ssize_t padding = 0
    if length & 3:
        return -1
    while padding < 2 and padding < length and text[length - 1 - padding] == c'=':
        padding += 1
    return length // 4 * 3 - padding if _base64(text, length - padding) else -1


cdef Py_ssize_t _delta_size(const uint8_t *text, Py_ssize_t length) noexcept:
    """As protocol.audio.delta_size."""
    cdef const uint8_t *begin
    cdef const uint8_t *end = NULL
    cdef Py_ssize_t padding = 0
    begin = <const uint8_t *>memmem(text, length, PyBytes_AS_STRING(_delta), PyBytes_GET_SIZE(_delta))
    if begin != NULL:
        begin += PyBytes_GET_SIZE(_delta)
        end = <const uint8_t *>memchr(begin, c'"', text + length - begin)
    if end == NULL:
        return length * 3 // 4
    if end - begin > 0 and end[-1] == c'=':
        padding += 1
    if end - begin > 1 and end[-2] == c'=':
        padding += 1
    return max(0, (end - begin) * 3 // 4 - padding)


cdef bint _starts(const uint8_t *text, Py_ssize_t length, bytes head) noexcept:
    cdef Py_ssize_t size = PyBytes_GET_SIZE(head)
    return length >= size and memcmp(text, PyBytes_AS_STRING(head), size) == 0


cdef struct Note:
    double time
    Py_ssize_t frames
    Py_ssize_t size


cdef class Inlet:
    """What can be read into without an object between; of the two, each call is followed by one of the other."""

    cdef char *room(self, Py_ssize_t *size) except NULL:
        """Where to read to, and how much."""
        raise NotImplementedError

    cdef int filled(self, Py_ssize_t size) except -1:
        raise NotImplementedError


cdef class Outlet:
    """Where frames leave without becoming objects."""

    cdef int put(self, const char *frames, Py_ssize_t size) except -1:
        """Copies what it cannot send at once."""
        raise NotImplementedError


@cython.final
cdef class Passage:
    """As the one in `passage`, whose every word holds for it."""

    cdef object _target
    cdef object _write
    cdef Outlet _outlet  # in the place of _write
    cdef bytes _secret
    cdef int _rare  # a byte of it that no sound has, if there is one: to look for that takes a tenth of the time
    cdef list _words
    cdef Py_ssize_t _frames
    cdef Py_ssize_t _size
    cdef Py_ssize_t _went
    cdef Note *_notes  # NULL while there are none: most calls are silent most of the time
    cdef bint _voice

    def __init__(self, source, bytes secret not None):
        self._voice = source is not Peer.BROWSER
        self._secret = secret
        self._rare = (secret.translate(None, BASE64) or secret or b"\0")[0]
        self._words = []

    def __dealloc__(self):
        free(self._notes)

    def allow(self, target, Py_ssize_t frames, Py_ssize_t size):
        self._target = target
        self._write = target.write if target is not None else None
        self._outlet = target.outlet if target is not None else None
        self._frames = frames if target is not None and self.has_room() else 0
        self._size = size

    def take(self, bytes frame not None, double now, bint more=False):
        cdef const uint8_t *text = <const uint8_t *>PyBytes_AS_STRING(frame)
        cdef Py_ssize_t length = PyBytes_GET_SIZE(frame)
        cdef Py_ssize_t size = self.measure(text, length)
        if self._frames <= 0 or not self.admits(text, length, size):
            return False
        self._target.send(frame)
        self.note(text, length, size, now)
        return True

    def flowed(self):
        cdef Py_ssize_t i
        if not self._went:
            return None
        went = (
            [self._notes[i].time for i in range(self._went)],
            [self._notes[i].frames for i in range(self._went)],
            [self._notes[i].size for i in range(self._went)],
            self._words,
        )
        free(self._notes)
        self._notes, self._went, self._words = NULL, 0, []
        return went

    cdef int put(self, const char *frames, Py_ssize_t size) except -1:
        """Send what was taken, in one go."""
        cdef Outlet outlet = self._outlet
        if outlet is not None:
            outlet.put(frames, size)
        else:
            self._write(PyMemoryView_FromMemory(<char *>frames, size, PyBUF_READ))
        return 0

    cdef bint begins(self, const uint8_t *text, Py_ssize_t length) noexcept:
        """Whether it may be of the kind that flows, by its first bytes."""
        if not self._voice:
            return _starts(text, length, _speech_head)
        if _starts(text, length, _voice_head):
            return True
        for head in _text_heads:
            if _starts(text, length, <bytes>head):
                return True
        return False

    cdef Py_ssize_t measure(self, const uint8_t *text, Py_ssize_t length) noexcept:
        """As protocol.flowing.speech_size or voice_size, -1 for None."""
        cdef Py_ssize_t head = PyBytes_GET_SIZE(_speech_head), tail = PyBytes_GET_SIZE(_speech_tail), size
        if not self.begins(text, length):
            return -1
        if not self._voice:
            if length < head + tail or memcmp(text + length - tail, PyBytes_AS_STRING(_speech_tail), tail):
                return -1
            size = _base64_size(text + head, length - head - tail)
            return -1 if size & 1 else size
        if not _ascii(text, length):
            return -1
        if _starts(text, length, _voice_head):
            return _delta_size(text, length) or -1
        return 0 if length <= LONGEST_WORDS else -1

    cdef bint admits(self, const uint8_t *text, Py_ssize_t length, Py_ssize_t size) noexcept:
        """Whether a frame measured as this may go."""
        cdef Py_ssize_t secret = PyBytes_GET_SIZE(self._secret)
        return 0 <= size <= self._size and not (
            secret
            and memchr(text, self._rare, length) != NULL
            and memmem(text, length, PyBytes_AS_STRING(self._secret), secret) != NULL
        )

    cdef int note(self, const uint8_t *text, Py_ssize_t length, Py_ssize_t size, double now) except -1:
        if self._notes == NULL:
            self._notes = <Note *>malloc(MOST * sizeof(Note))
            if self._notes == NULL:
                raise MemoryError
        if not self._went or now > self._notes[self._went - 1].time:
            self._notes[self._went] = Note(moment(now), 0, 0)
            self._went += 1
        self._notes[self._went - 1].frames += 1
        self._notes[self._went - 1].size += size
        if self._voice and not size and not _starts(text, length, _heard_head):
            self._words.append(PyBytes_FromStringAndSize(<const char *>text, length))
        self._frames = self._frames - 1 if self.has_room() else 0
        self._size -= size
        return 0

    cdef bint has_room(self) noexcept:
        return self._went < MOST and PyList_GET_SIZE(self._words) < MOST


@cython.final
cdef class Pump(Inlet):
    """A buffered protocol before picows' own. Of the transport it wants that get_buffer, the reading and buffer_updated
    follow each other at once, as on aiofastnet's: so a buffer is a connection's only while a frame is incomplete.
    """

    cdef public Passage passage
    cdef object _inner
    cdef object _clock
    cdef Passage _through  # took the frames since the last write
    cdef char *_data  # the beginning of a frame; NULL for none
    cdef Py_ssize_t _held
    cdef Py_ssize_t _cold  # so many bytes more go to picows as they come
    cdef double _now
    cdef double _told
    cdef bint _masked
    cdef bint _fragments  # the next text is none of its own
    cdef bint _wary

    def __init__(self, inner, Passage passage, bint masked, clock):
        self.passage = passage
        self._inner = inner
        self._masked = masked
        self._clock = clock

    def __dealloc__(self):
        free(self._data)

    def is_buffered_protocol(self):
        return True

    def get_buffer(self, Py_ssize_t hint):
        cdef Py_ssize_t size
        cdef char *data = self.room(&size)
        return PyMemoryView_FromMemory(data, size, PyBUF_WRITE)

    def buffer_updated(self, Py_ssize_t size):
        self.filled(size)

    cdef char *room(self, Py_ssize_t *size) except NULL:
        global pump_reader, pump_spare
        cdef Py_buffer of_picows
        cdef char *data = self._data
        if self._cold:
            PyObject_GetBuffer(self._inner.get_buffer(-1), &of_picows, PyBUF_WRITABLE)
            data, size[0] = <char *>of_picows.buf, min(of_picows.len, self._cold)
            PyBuffer_Release(&of_picows)
            return data
        if data == NULL:
            if pump_spare == NULL:
                pump_spare = <char *>malloc(BUFFER)
            if pump_spare == NULL:
                raise MemoryError
            data, pump_reader = pump_spare, <void *>self
        size[0] = BUFFER - self._held
        if self._wary:
            size[0] = min(size[0], <Py_ssize_t>WARY)
        return data + self._held

    cdef int filled(self, Py_ssize_t size) except -1:
        global pump_reader, pump_spare
        if self._cold:
            self._cold -= size
            self._inner.buffer_updated(size)
            self._see()
            return 0
        if size < 0 or size > BUFFER - self._held or (self._data == NULL and pump_reader != <void *>self):
            raise RuntimeError("what was read is not in the buffer that was given")
        if self._data == NULL:
            self._data, pump_spare, pump_reader = pump_spare, NULL, NULL
        self._held += size
        return self._process()

    def eof_received(self):
        return self._inner.eof_received()

    def pause_writing(self):
        self._inner.pause_writing()

    def resume_writing(self):
        self._inner.resume_writing()

    def connection_lost(self, error):
        inner, self._inner, self.passage = self._inner, None, None  # picows knows the link, and the link this
        inner.connection_lost(error)

    cdef int _process(self) except -1:
        global pump_spare
        cdef char *data = self._data  # out of reach of what runs meanwhile
        cdef Py_ssize_t held = self._held, at = 0, left = 0, part
        self._data, self._held, self._now, self._wary = NULL, 0, 0, False
        try:
            while at < held:
                if not self._cold:
                    part = self._move(<uint8_t *>data + at, held - at)
                    at += part
                    if part:
                        continue
                    if not self._cold:
                        break
                self._send(data + left, at - left)
                part = min(held - at, self._cold)
                self._cold -= part
                self._hand_over(data + at, part)
                at += part
                left = at
            self._send(data + left, at - left)
        finally:
            self._through = None
            if at < held:
                memmove(data, data + at, held - at)
                self._data, self._held = data, held - at
            elif pump_spare == NULL:
                pump_spare = data
            else:
                free(data)
        if self._now - self._told >= TELL_SECONDS and not self._cold and self._inner is not None:
            self._told = self._now
            self._inner.buffer_updated(0)  # it hears nothing of what flows, and would take the peer for silent
        return 0

    cdef Py_ssize_t _move(self, uint8_t *frame, Py_ssize_t held) except -1:
        """Make the frame that begins here ready to be sent on, and say how long it is; or say 0: then _cold is set, or
        the frame has not come whole.
        """
        cdef uint8_t opcode, code
        cdef uint64_t length = 0
        cdef Py_ssize_t head, i
        cdef Passage passage = self.passage
        if held < 2:
            return 0
        opcode, code = frame[0] & 15, frame[1] & 127
        head = 2 + (2 if code == 126 else 8 if code == 127 else 0)
        if frame[1] >> 7 != self._masked:
            self._cold = PY_SSIZE_T_MAX  # this ends the connection; nobody knows where a frame would begin
            return 0
        if held < head:
            return 0
        for i in range(2, head):
            length = length << 8 | frame[i]
        if head == 2:
            length = code
        elif length < (126 if head == 4 else 65536) or length > <uint64_t>PY_SSIZE_T_MAX - 14:
            self._cold = PY_SSIZE_T_MAX
            return 0
        if self._masked:
            head += 4
            if held < head:
                return 0
        if frame[0] == WHOLE_TEXT and not self._fragments and passage is not None and passage._frames > 0:
            if length <= <uint64_t>(BUFFER - head):
                if held < head + <Py_ssize_t>length:
                    return 0
                if self._takes(passage, frame + head, <Py_ssize_t>length):
                    return head + <Py_ssize_t>length
        if opcode == CONTINUATION or opcode == TEXT or opcode == BINARY:
            self._fragments = not frame[0] >> 7
        self._wary = self._masked
        self._cold = head + <Py_ssize_t>length
        return 0

    cdef bint _takes(self, Passage passage, uint8_t *text, Py_ssize_t length) except -1:
        """Whether the passage does; if the text is masked, it is then so by a new key, else as it was."""
        cdef uint8_t *key = text - 4
        cdef uint8_t begin[LONGEST_HEAD]
        cdef Py_ssize_t size
        if self._masked:
            size = min(length, <Py_ssize_t>LONGEST_HEAD)
            memcpy(begin, text, size)
            _mask(begin, size, key)
            if not passage.begins(begin, size):
                return False
            _mask(text, length, key)
        size = passage.measure(text, length)
        if not passage.admits(text, length, size):
            if self._masked:
                _mask(text, length, key)
            return False
        if not self._now:
            self._now = self._clock()
        passage.note(text, length, size, self._now)
        if self._masked:
            _fresh_key(key)
            _mask(text, length, key)
        self._through = passage
        return True

    cdef int _send(self, char *frames, Py_ssize_t size) except -1:
        cdef Passage through = self._through
        if size:
            through.put(frames, size)
        return 0

    cdef int _hand_over(self, const char *data, Py_ssize_t size) except -1:
        cdef Py_buffer room
        cdef Py_ssize_t part
        while size and self._inner is not None:
            PyObject_GetBuffer(self._inner.get_buffer(-1), &room, PyBUF_WRITABLE)
            part = min(size, room.len)
            memcpy(room.buf, data, part)
            PyBuffer_Release(&room)
            data += part
            size -= part
            self._inner.buffer_updated(part)
        self._see()
        return 0

    cdef int _see(self) except -1:
        """Once the end has been said, by the link or by picows that found something wrong, nothing flows any more."""
        if self._inner is not None:
            transport = self._inner.transport
            wire = transport.underlying_transport
            if transport.is_close_frame_sent or wire.is_closing():
                self.passage = None
                if isinstance(wire, Outlet):
                    (<Outlet>wire).shut = True
        return 0
