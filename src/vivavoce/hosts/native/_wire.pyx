# cython: language_level=3, cdivision=True, auto_pickle=False
"""A TCP connection as a transport that a pump reads from and writes to without a call into Python.

asyncio's contract, as far as a WebSocket asks for it. All wires of a loop are watched by one epoll of their own, which
is to the loop a single file that becomes readable: so the loop keeps nothing for each of them, and wakes up once for
all that are ready. Linux only; elsewhere, and with TLS, the transport stays aiofastnet's.
"""

import select

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdint cimport uint32_t
from libc.string cimport strerror

from vivavoce.hosts.native._pump cimport Inlet, Outlet

cdef extern from "<sys/epoll.h>" nogil:
    int EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL
    uint32_t EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLET
    ctypedef union epoll_data_t:
        void *ptr
    struct epoll_event:
        uint32_t events
        epoll_data_t data
    int epoll_ctl(int watching, int operation, int file, epoll_event *wanted)
    int epoll_wait(int watching, epoll_event *found, int most, int milliseconds)

cdef extern from "<sys/socket.h>" nogil:
    ssize_t recv(int file, void *data, size_t size, int flags)
    ssize_t send(int file, const void *data, size_t size, int flags)
    int MSG_NOSIGNAL

cdef enum:
    AT_ONCE = 64  # wires; those beyond wait until the loop has looked after everything else
    MOST_READ = 262144  # bytes that one may bring before it is another's turn
    HIGH = 65536  # bytes unsent at which the protocol is told to pause, and at which to go on: asyncio's own marks
    LOW = 16384

_watchers = {}  # of each loop that has wires


cdef OSError _error():
    return OSError(errno, strerror(errno).decode())


@cython.final
cdef class _Watcher:
    """Tells a loop's wires when something came for them, and when they can send again."""

    cdef object _loop
    cdef object _epoll
    cdef int _file
    cdef set _wires  # nobody else need hold on to them

    def __init__(self, loop):
        self._loop = loop
        self._epoll = select.epoll()
        self._file = self._epoll.fileno()
        self._wires = set()
        loop.add_reader(self._file, self._look)

    cdef int enter(self, Wire wire) except -1:
        self._wires.add(wire)
        try:
            self._control(EPOLL_CTL_ADD, wire)
        except OSError:
            self.leave(wire)
            raise
        return 0

    cdef int tell_again(self, Wire wire) except -1:
        """Also of what it was told already."""
        return self._control(EPOLL_CTL_MOD, wire)

    cdef int ignore(self, Wire wire) except -1:
        """Its socket may be open for longer than the wire."""
        return self._control(EPOLL_CTL_DEL, wire)

    cdef int leave(self, Wire wire) except -1:
        self._wires.discard(wire)
        if not self._wires:
            del _watchers[self._loop]
            self._loop.remove_reader(self._file)
            self._epoll.close()
        return 0

    cdef int _control(self, int operation, Wire wire) except -1:
        cdef epoll_event wanted
        wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET
        wanted.data.ptr = <void *>wire
        if epoll_ctl(self._file, operation, wire._file, &wanted):
            raise _error()
        return 0

    def _look(self):
        cdef epoll_event found[AT_ONCE]
        cdef int i, count = epoll_wait(self._file, found, AT_ONCE, 0)
        for i in range(count):
            # It is there still: who ends meanwhile is held by the loop, which is yet to tell its protocol.
            (<Wire>found[i].data.ptr).ready(found[i].events)


cdef _Watcher _watcher_of(loop):
    if loop not in _watchers:
        for known in list(_watchers):
            if known.is_closed():
                del _watchers[known]
        _watchers[loop] = _Watcher(loop)
    return _watchers[loop]


@cython.final
cdef class Wire(Outlet):
    cdef _Watcher _watcher
    cdef object _loop
    cdef object _socket
    cdef object _protocol
    cdef Inlet _inlet  # the protocol, if it is one
    cdef bytearray _unsent  # None for nothing
    cdef int _file
    cdef bint _paused  # reading
    cdef bint _full  # the protocol knows it
    cdef bint _closing
    cdef bint _ended

    def __init__(self, loop, connection, protocol):
        """`connection`: a socket that does not block; it is closed with this. Raises OSError."""
        self._loop = loop
        self._socket = connection
        self._file = connection.fileno()
        self.set_protocol(protocol)
        self._watcher = _watcher_of(loop)
        self._watcher.enter(self)

    # As asyncio.Transport

    def set_protocol(self, protocol):
        self._protocol = protocol
        self._inlet = protocol if isinstance(protocol, Inlet) else None

    def get_protocol(self):
        return self._protocol

    def get_extra_info(self, name, default=None):
        return self._socket if name == "socket" else default

    def is_closing(self):
        return self._closing

    def is_reading(self):
        return not self._closing and not self._paused

    def pause_reading(self):
        self._paused = True

    def resume_reading(self):
        if self._paused and not self._ended:
            self._watcher.tell_again(self)
        self._paused = False

    def get_write_buffer_size(self):
        return 0 if self._unsent is None else len(self._unsent)

    def write(self, data):
        cdef Py_buffer view
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            self._send(<char *>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    def close(self):
        """Send what is unsent first."""
        self._closing = True
        if self._unsent is None:
            self._end(None)

    def abort(self):
        self._end(None)

    # As an outlet

    cdef int put(self, const char *frames, Py_ssize_t size) except -1:
        return 0 if self.shut else self._send(frames, size)

    # What the watcher tells

    cdef int ready(self, uint32_t events) except -1:
        try:
            if events & ~EPOLLOUT:  # before it is told that it cannot send: the last that came may say why
                self._read(events & ~(EPOLLIN | EPOLLOUT))
            if self._unsent is not None and events & ~EPOLLIN:
                self._send_rest()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            self._fail(error)
        return 0

    cdef int _read(self, bint ends) except -1:
        """All that came, for it is told of only once. `ends`: nothing more will come."""
        cdef Py_buffer view
        cdef Inlet inlet  # also when it is replaced meanwhile
        cdef char *data
        cdef Py_ssize_t size, came, total = 0
        while not self._closing and not self._paused:
            if total >= MOST_READ:
                return self._watcher.tell_again(self)
            inlet = self._inlet
            if inlet is not None:
                data = inlet.room(&size)
            else:
                PyObject_GetBuffer(self._protocol.get_buffer(-1), &view, PyBUF_WRITABLE)
                data, size = <char *>view.buf, view.len
                PyBuffer_Release(&view)
            came = recv(self._file, data, size, 0)
            if came < 0:
                if errno == EAGAIN or errno == EINTR:
                    return 0
                raise _error()
            if came == 0:
                self._protocol.eof_received()
                self.close()
                return 0
            total += came
            if inlet is not None:
                inlet.filled(came)
            else:
                self._protocol.buffer_updated(came)
            if came < size and not ends:
                return 0
        return 0

    cdef int _send(self, const char *data, Py_ssize_t size) except -1:
        cdef Py_ssize_t went = 0
        if self._closing or not size:
            return 0
        if self._unsent is None:
            went = self._try(data, size)
            if went == size or self._ended:
                return 0
            self._unsent = bytearray()
        self._unsent += PyBytes_FromStringAndSize(data + went, size - went)
        if len(self._unsent) > HIGH and not self._full:
            self._full = True
            self._tell(self._protocol.pause_writing)
        return 0

    cdef int _send_rest(self) except -1:
        cdef Py_ssize_t went = self._try(PyByteArray_AS_STRING(self._unsent), len(self._unsent))
        if self._ended:
            return 0
        del self._unsent[:went]
        if not self._unsent:
            self._unsent = None
        if self._full and self.get_write_buffer_size() <= LOW:
            self._full = False
            self._tell(self._protocol.resume_writing)
        if self._closing and self._unsent is None:
            self._end(None)
        return 0

    cdef Py_ssize_t _try(self, const char *data, Py_ssize_t size) except -1:
        """Send what can be sent now."""
        cdef Py_ssize_t went = send(self._file, data, size, MSG_NOSIGNAL)
        if went < 0:
            went = 0
            if errno != EAGAIN and errno != EINTR:
                self._end(_error())
        return went

    cdef int _tell(self, method) except -1:
        """Something else went on when this came up, and must not fail with it."""
        try:
            method()
        except Exception as error:
            self._report(error)
        return 0

    cdef int _fail(self, error) except -1:
        if not isinstance(error, OSError):
            self._report(error)
        return self._end(error)

    cdef int _report(self, error) except -1:
        about = {"message": "a protocol failed", "exception": error, "transport": self, "protocol": self._protocol}
        self._loop.call_exception_handler(about)
        return 0

    cdef int _end(self, error) except -1:
        if not self._ended:
            self._closing = self._ended = True
            self._unsent = None
            self._watcher.ignore(self)
            self._loop.call_soon(self._finish, error)
        return 0

    def _finish(self, error):
        try:
            self._protocol.connection_lost(error)
        finally:
            self._protocol = self._inlet = None
            self._watcher.leave(self)
            self._socket.close()
