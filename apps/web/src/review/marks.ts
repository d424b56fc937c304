// The kinds of marker on the timeline, and what each is called.
import {
  Check,
  Circle,
  CircleQuestionMark,
  Hourglass,
  Lightbulb,
  type LucideIcon,
  Scissors,
} from 'lucide-react'
import { clock } from '../clock'
import type { Marker } from '../review.gen'
import { afterwards } from '../words-afterwards'

export type MarkerKind = Marker['kind']

export const markerIcons: Record<MarkerKind, LucideIcon> = {
  evidence: Check,
  missed: Circle,
  hint: Lightbulb,
  interruption: Scissors,
  silence: Hourglass,
  quiz: CircleQuestionMark,
}

export const markerKinds = Object.keys(markerIcons) as MarkerKind[]

export function markerName({ kind, label, at }: Marker): string {
  return `${afterwards.review.kinds[kind]}, ${clock(at)}: ${label}`
}
