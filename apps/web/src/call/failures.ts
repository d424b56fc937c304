// Everything that can go wrong, in words: what happened, and what the learner can do about it.
import { Refusal } from '../api'
import type { Ended } from '../contract.gen'
import type { Loss } from './connection'
import type { Bubble, Failure, FailureAction, FailureCode } from './types'

type Words = Omit<Failure, 'code'>

const WORDS: Record<FailureCode, Words> = {
  'mic-refused': {
    title: 'The microphone is not allowed',
    message: 'The browser keeps the microphone from this page.',
    actions: ['retry-mic', 'type-instead', 'menu'],
    fatal: true,
  },
  'mic-missing': {
    title: 'No microphone found',
    message:
      'Plug one in or switch one on: the call starts by itself when it appears. Or type instead of speaking.',
    actions: ['retry-mic', 'type-instead', 'menu'],
    fatal: true,
  },
  'mic-busy': {
    title: 'The microphone is in use',
    message: 'Another program has it. Close that program, such as a meeting or a recorder, and try again.',
    actions: ['retry-mic', 'type-instead', 'menu'],
    fatal: true,
  },
  'mic-insecure': {
    title: 'The browser offers no microphone here',
    message:
      'Browsers give the microphone to secure pages only. Open this page by https, or as localhost on the machine that runs it. You can also type.',
    actions: ['type-instead', 'menu'],
    fatal: true,
  },
  'mic-unplugged': {
    title: 'The microphone is gone',
    message: 'The call goes on. Choose another microphone, plug it in again, or type.',
    actions: ['choose-microphone', 'type-instead'],
    fatal: false,
  },
  'mic-silent': {
    title: "We can't hear you",
    message:
      'Nothing comes from the microphone. Is it muted by a switch or by the system, or is another one meant?',
    actions: ['retry-mic', 'choose-microphone', 'type-instead'],
    fatal: false,
  },
  'sound-blocked': {
    title: 'The sound is stopped',
    message:
      'The browser or the system holds the sound back, or there is no speaker. Tap to go on; the transcript shows what is said.',
    actions: ['resume-sound', 'type-instead'],
    fatal: false,
  },
  'server-unreachable': {
    title: 'The server does not answer',
    message:
      'The call could not begin. Check that the server runs and that you are connected to it, then try again.',
    actions: ['reconnect', 'menu'],
    fatal: true,
  },
  'connection-lost': {
    title: 'The connection was lost',
    message:
      'What was said until then is below. The call is kept for a day: you can go on with it here, or later from the menu.',
    actions: ['continue', 'menu'],
    fatal: true,
  },
  'taken-over': {
    title: 'The call goes on elsewhere',
    message: 'It was opened in another tab or window. If you continue it here, it stops there.',
    actions: ['continue-here', 'menu'],
    fatal: true,
  },
  'call-over': {
    title: 'This call cannot be continued',
    message:
      'It was ended, or begun anew, in another tab or on another device; or it was left for too long. You can start again.',
    actions: ['start-again', 'menu'],
    fatal: true,
  },
  'upstream-down': {
    title: 'The persona cannot speak now',
    message: 'The speech service is not available.',
    actions: ['start-again', 'menu'],
    fatal: true,
  },
  'server-failed': {
    title: 'The server ended the call',
    message: 'Something went wrong there.',
    actions: ['start-again', 'menu'],
    fatal: true,
  },
  refused: {
    title: 'The call cannot begin',
    message: '',
    actions: ['reconnect', 'menu'],
    fatal: true,
  },
  busy: {
    title: 'The voice service is not available now',
    message: '',
    actions: ['reconnect', 'menu'],
    fatal: true,
  },
  'calls-closed': {
    title: 'No calls at the moment',
    message: '',
    actions: ['reconnect', 'menu'],
    fatal: true,
  },
  'no-budget': {
    title: 'The budget for calls is used up',
    message: 'Ask whoever runs this server, or try again tomorrow.',
    actions: ['menu'],
    fatal: true,
  },
  'signed-out': {
    title: 'You are not signed in any more',
    message: 'The server does not know who you are. Sign in to make calls.',
    actions: ['sign-in', 'menu'],
    fatal: true,
  },
  'unknown-scenario': {
    title: 'This scenario is not here',
    message: 'The server does not know it (any more). Choose another one.',
    actions: ['menu'],
    fatal: true,
  },
  'retry-refused': {
    title: 'This turn cannot be tried again',
    message:
      'The earlier call is not on this server any more, or the server has no room now. You can start from the beginning.',
    actions: ['start-again', 'menu'],
    fatal: true,
  },
  'grade-late': {
    title: 'The grade is late',
    message: 'The call is over, but its grade has not come. It is shown if it still arrives.',
    actions: ['start-again', 'menu'],
    fatal: false,
  },
}

/** Those of the devices that a call holds: when it is over, they are too. */
export const DEVICE_FAILURES: FailureCode[] = [
  'mic-refused',
  'mic-missing',
  'mic-busy',
  'mic-insecure',
  'mic-unplugged',
  'mic-silent',
  'sound-blocked',
]

export function failure(code: FailureCode, changes: Partial<Words> = {}): Failure {
  return { code, ...WORDS[code], ...changes }
}

/** Why there is no line to the server, as a page can tell. */
export function lossFailure(loss: Loss, call: { retry: boolean; kept: boolean }): Failure {
  if (loss instanceof Refusal) return refusal(loss)
  switch (loss) {
    case 'unreachable':
      return failure(call.retry ? 'retry-refused' : 'server-unreachable')
    case 'call-over':
      return failure(call.retry ? 'retry-refused' : 'call-over')
    case 'lost':
      return failure('connection-lost', call.kept ? {} : NOT_KEPT)
    default:
      return failure(loss)
  }
}

const NOT_KEPT: Partial<Words> = {
  message: 'This call cannot go on. What was said until then is below.',
  actions: ['start-again', 'menu'],
}

/** No ticket was given. The server's words say why. */
function refusal({ status, code, message, retryAfter }: Refusal): Failure {
  if (status === 0) return failure('server-unreachable')
  const words = { message: retryAfter === null ? message : `${message} ${soon(retryAfter)}` }
  switch (code) {
    case 'sign_in_needed':
      return failure('signed-out')
    case 'unknown_scenario':
      return failure('unknown-scenario')
    case 'budget_spent':
      return failure('no-budget', words)
    case 'calls_closed':
    case 'no_room':
      return failure('calls-closed', words)
    case 'provider_down':
      return failure('busy', words)
    default:
      return failure('refused', words)
  }
}

function soon(seconds: number): string {
  return seconds > 90
    ? `Try again in ${Math.ceil(seconds / 60)} minutes.`
    : `Try again in ${Math.max(1, seconds)} s.`
}

/** Null when the call ended as calls do. One that broke off before the learner said a word has nothing to show. */
export function endedBadly(
  { reason, message }: Ended,
  { grade, bubbles }: { grade: unknown; bubbles: Bubble[] },
): Failure | null {
  const said = grade !== null || bubbles.some(({ role, partial }) => role === 'user' && !partial)
  const words = { message, fatal: !said }
  switch (reason) {
    case 'provider_unavailable':
    case 'provider_refused':
      return failure('upstream-down', words)
    case 'server_error':
    case 'policy_flood':
      return failure('server-failed', words)
    case 'taken_over':
      return failure('taken-over', { message, actions: ['start-again', 'menu'] })
    default:
      return null
  }
}

/** What getUserMedia's exception means. In a call that runs already, it is a banner and the call goes on. */
export function microphoneFailure(error: unknown, inCall: boolean): Failure {
  const code = MICROPHONE_ERRORS[error instanceof Error ? error.name : ''] ?? 'mic-busy'
  const words: Partial<Words> = code === 'mic-refused' ? { message: howToAllow(navigator.userAgent) } : {}
  if (!inCall) return failure(code, words)
  const actions: FailureAction[] = ['choose-microphone', 'type-instead']
  return failure(code, { ...words, actions, fatal: false })
}

const MICROPHONE_ERRORS: Record<string, FailureCode> = {
  NotAllowedError: 'mic-refused',
  SecurityError: 'mic-refused',
  NotFoundError: 'mic-missing',
  OverconstrainedError: 'mic-missing',
  NotReadableError: 'mic-busy',
  AbortError: 'mic-busy',
  InsecureContextError: 'mic-insecure',
  NetworkError: 'server-unreachable',
}

export function howToAllow(userAgent: string): string {
  if (/iPhone|iPad/.test(userAgent)) {
    return 'Tap the page menu in the address bar, open the website settings, set Microphone to Allow, then try again.'
  }
  if (/Firefox\//.test(userAgent)) {
    return 'Click the crossed-out microphone in the address bar, remove the block, then try again.'
  }
  if (/Chrome\/|Chromium\//.test(userAgent)) {
    return 'Click the icon at the left end of the address bar, set Microphone to Allow, then try again.'
  }
  if (/Safari\//.test(userAgent)) {
    return 'In the Safari menu open Settings for this website, set Microphone to Allow, then try again.'
  }
  return 'Allow the microphone for this page in the browser’s settings, then try again.'
}
