# cython: language_level=3
"""What a compiled transport and a pump are to each other, so that no object goes between."""

cdef class Inlet:
    cdef char *room(self, Py_ssize_t *size) except NULL
    cdef int filled(self, Py_ssize_t size) except -1


cdef class Outlet:
    cdef bint shut  # the end was said there
    cdef int put(self, const char *frames, Py_ssize_t size) except -1
