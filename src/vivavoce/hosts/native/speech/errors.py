"""What may go wrong with speech."""


class SpeechUnavailable(Exception):
    """There is no speech on this machine yet. The message says how to get it; calls go on by text."""


class SpeechError(Exception):
    """A piece of speech that cannot be worked on. The message goes to the client."""
