"""Rehearses a lesson before class: simulated learners talk to its persona on a clock of their own.

Above the session and the engine, which it joins as a host does, without sockets, threads or sound.
"""
