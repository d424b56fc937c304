import { useEffect, useMemo, useRef, useState } from 'react'
import { audioPath, type Lane } from '../api'
import { LanePlayer, type PlayerState } from '../audio/lane-player'
import { LaneSource } from '../audio/lane-source'
import { Loudspeaker } from '../audio/loudspeaker'
import type { Line } from '../contract.gen'
import type { Review } from '../review.gen'
import { callLength, lineAt } from './timeline'

/** How often what is drawn from the position is drawn again, in milliseconds. */
const EVERY_MS = 100

/** Hearing a call again, from any moment. */
export interface Hearing {
  /** False when the sound of this call was not kept. */
  kept: boolean
  state: PlayerState
  /** Seconds of the call; read when needed, see `usePosition`. */
  position: () => number
  play: (at: number) => void
  stop: () => void
}

export function useHearing(review: Review): Hearing {
  const { id } = review.call
  const length = callLength(review)
  const { learner = false, persona = false } = review.audio ?? {}
  const [state, setState] = useState<PlayerState>('stopped')
  const speaker = useRef<Loudspeaker | null>(null)
  const player = useMemo(() => {
    const kept: Lane[] = [...(learner ? ['learner' as const] : []), ...(persona ? ['persona' as const] : [])]
    const sources = kept.map((lane) => new LaneSource(audioPath(id, lane)))
    speaker.current?.close()
    speaker.current = new Loudspeaker()
    return new LanePlayer(sources, length, speaker.current, (player) => setState(player.state))
  }, [id, length, learner, persona])
  useEffect(
    () => () => {
      player.stop()
      speaker.current?.close()
    },
    [player],
  )
  return useMemo(
    () => ({
      kept: learner || persona,
      state,
      position: () => player.position(),
      play: (at) => void player.play(at),
      stop: () => player.stop(),
    }),
    [player, state, learner, persona],
  )
}

/** The position, drawn anew while it moves. */
export function usePosition({ state, position }: Hearing): number {
  const [, redraw] = useState(0)
  useEffect(() => {
    if (state !== 'playing') return
    const timer = setInterval(() => redraw((count) => count + 1), EVERY_MS)
    return () => clearInterval(timer)
  }, [state])
  return position()
}

/** The line that is heard; drawn anew only when another one begins. */
export function useHeardLine({ state, position }: Hearing, lines: Line[]): string | null {
  const [heard, setHeard] = useState<string | null>(null)
  useEffect(() => {
    if (state !== 'playing') {
      setHeard(null)
      return
    }
    const timer = setInterval(() => setHeard(lineAt(lines, position())), EVERY_MS)
    return () => clearInterval(timer)
  }, [state, position, lines])
  return heard
}
