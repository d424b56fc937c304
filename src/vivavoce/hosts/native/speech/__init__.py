"""The embedded engine's ears and voice on this machine's processor. `shared.open_speech` is the way in.

Everything here but `shared` and `jobs` needs the packages of `vivavoce[local]`, and is imported by `open_speech` alone.
"""
