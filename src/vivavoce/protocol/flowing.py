"""Frames that decide nothing, told by their first bytes: the learner's speech, what that is being heard as, and the
persona's voice and words.

A call has some forty of them a second and hardly any others, so none of them is parsed.
"""

from __future__ import annotations

from vivavoce.protocol.audio import base64_size, delta_size

SPEECH_HEAD = b'{"type":"input_audio_buffer.append","audio":"'
SPEECH_TAIL = b'"}'
VOICE_HEAD = b'{"type":"response.output_audio.delta",'
WORDS_HEADS = (
    b'{"type":"response.output_audio_transcript.delta",',
    b'{"type":"response.output_text.delta",',
)
HEARD_HEAD = b'{"type":"conversation.item.input_audio_transcription.delta",'
TEXT_HEADS = (*WORDS_HEADS, HEARD_HEAD)
LONGEST_WORDS = 4096
"""Bytes of a frame of text: the persona's words are kept until the text is final, and a delta is a word or two."""


def speech_size(frame: bytes) -> int | None:
    """Bytes of PCM16 in an append of the browser's that may be passed on as it is; None for every other frame.

    Strict base64 between a fixed head and tail holds no quote and no backslash, so no other key can exist and the
    frame means the same to every parser.
    """
    if not (frame.startswith(SPEECH_HEAD) and frame.endswith(SPEECH_TAIL, len(SPEECH_HEAD))):
        return None
    size = base64_size(frame[len(SPEECH_HEAD) : -len(SPEECH_TAIL)])
    return None if size is None or size % 2 else size


def voice_size(frame: bytes) -> int | None:
    """Bytes of PCM16 in a delta of the upstream's, none in one of text; None for every other frame.

    The upstream is trusted to mean what the first key says. Whatever is spelled in another way is no less right, and
    read with more care.
    """
    if frame.startswith(VOICE_HEAD):
        return (delta_size(frame) or None) if frame.isascii() else None
    return 0 if len(frame) <= LONGEST_WORDS and frame.startswith(TEXT_HEADS) and frame.isascii() else None
