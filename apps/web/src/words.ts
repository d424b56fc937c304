// Every sentence of the page, so that its tone has one home. Those of the pages that are fetched later come with them.
import type { CallState, FailureAction } from './call/types'
import type { Measure } from './contract.gen'
import { inDays, inPoints } from './counted'
import { comingBack } from './words-coming-back'

export const words = {
  name: 'vivavoce',

  menu: {
    title: 'Rehearse the conversation before it counts.',
    what: 'Pick a scenario, talk it through with someone who answers, and see what you showed in your own words.',
    heading: 'Scenarios',
    history: 'History',
    learner: 'Your name',
    learnerHint: 'Letters, digits and . _ @ - only',
    save: 'Save',
    change: 'Change',
    minutes: (minutes: number) => `${minutes} min`,
    open: (title: string, persona: string) => `${title}, with ${persona}`,
    loading: 'Loading the scenarios',
    emptyTitle: 'There are no scenarios yet',
    emptyText: 'Put a lesson into the server’s scenarios folder, then look again.',
    failedTitle: 'The scenarios did not arrive',
    failedText: 'The server did not answer. It may be starting; try again in a moment.',
    retry: 'Try again',
  },

  later: {
    loading: 'Loading the page',
    failed: 'This page did not arrive',
    failedText: 'The server did not send it, or has a newer version of it. Load the page again.',
    reload: 'Load again',
  },

  before: {
    back: 'All scenarios',
    role: 'Your role:',
    brief: 'The situation',
    goals: 'What to bring about',
    optional: 'optional',
    start: 'Start call',
    type: 'Type instead',
    again:
      'This call begins in the middle: what was said before that turn is taken over from your earlier call.',
    microphone: 'Your browser will ask for the microphone. Headphones keep the other voice out of it.',
    length: (minutes: number) => `up to ${minutes} min`,
  },

  goals: {
    reached: 'reached',
    count: (reached: number, all: number) => `${reached} of ${all}`,
    all: 'All your goals are reached',
    done: (goal: string) => `Reached: ${goal}`,
  },

  hints: {
    title: 'Hint',
    what: 'Stuck? First comes a nudge, then how the sentence begins, then the whole sentence.',
    kinds: { nudge: 'A nudge', phrase: 'How it may begin', script: 'What you could say' },
    first: 'Give me a hint',
    next: 'One step more',
    price: (points: number) =>
      points > 0
        ? `Each step takes up to ${inPoints(points)} off your score.`
        : 'Hints are free in this lesson.',
    cost: (points: number) => `${inPoints(points)} off your score`,
    over: 'There are no more hints for what is still open.',
    close: 'Close the hint',
  },

  privacy: {
    none: 'Nothing of this call is kept when it is over. If you leave before its end, it waits for you for a day.',
    transcript: (days: number) =>
      `What is said is kept as text for ${inDays(days)}, so that you can review it. The sound is not kept.`,
    agree: 'Keep the sound of this call too',
    audio: (days: number) =>
      `To hear it again later. Both voices stay on this server for ${inDays(days)}, or until you delete the call. Otherwise only the text is kept.`,
  },

  call: {
    timeLeft: 'left',
    goals: 'Your goals',
    scene: 'Situation and goals',
    you: 'You',
    conversation: 'Conversation',
    empty: 'What you both say will stand here.',
    typed: 'typed',
    cutOff: 'cut off',
    notHeard: 'not heard:',
    latest: 'Latest',
    captionsEmpty: 'Captions are on.',
    stopVoice: 'Stop the voice',
    mute: 'Mute',
    unmute: 'Unmute',
    hold: 'Hold to talk',
    talking: 'Talking',
    captions: 'Captions',
    write: 'Write a message',
    send: 'Send',
    devices: 'Sound and keys',
    events: 'Events',
    end: 'End',
    reallyEnd: 'Really end?',
    controls: 'Call controls',
    shortcuts: 'Keyboard shortcuts',
    openMicrophone: 'Leave the microphone open',
  },

  devices: {
    microphone: 'Microphone',
    speaker: 'Speaker',
    standard: 'System default',
    unnamed: (kind: string, n: number) => `${kind} ${n}`,
    speakerByBrowser: 'This browser plays on the system’s speaker.',
    hold: 'Hold to talk',
    holdHint: 'The microphone is open only while you hold V or the button.',
    keys: 'Single-key shortcuts',
    keysHint: 'Switch off if they get in the way of your own tools.',
    list: 'Show the list',
  },

  shortcuts: [
    ['M', 'Mute or unmute'],
    ['V', 'Hold to talk'],
    ['C', 'Captions'],
    ['T', 'Write a message'],
    ['H', 'Hint: once to see what it costs, again to have it'],
    ['?', 'This list'],
  ] as [string, string][],
  close: 'Close',

  events: {
    title: 'Events',
    filter: 'Filter by text',
    direction: 'Direction',
    all: 'Both ways',
    sent: 'Sent',
    received: 'Received',
    count: (shown: number, all: number) => `${shown} of the last ${all}`,
    copyAll: 'Copy all',
    copy: 'Copy',
    copied: 'Copied',
    notCopied: 'The browser did not allow copying',
    none: 'No event matches.',
  },

  quiz: {
    title: 'A question or two',
    check: 'Check',
    checking: 'Checking',
    answer: 'Your answer',
    right: 'Right.',
    wrong: 'Not quite.',
    rightAnswer: 'The answer:',
    record: 'Answer aloud',
    recordHint: (seconds: number) => `Up to ${seconds} seconds. You can also type.`,
    stop: 'Done speaking',
    recording: (seconds: number) => `Listening, ${seconds} s`,
    sending: 'Your answer is being written down',
    resend: 'Send it again',
    given: 'You answered:',
    nothing: 'Nothing was heard. Try again closer to the microphone, or type your answer.',
    unanswered: 'Not answered',
    offline: 'The connection is closed, so this cannot be marked any more.',
  },

  result: {
    title: 'Result',
    passed: 'Passed',
    notYet: 'Not yet',
    pending: 'Grading your call',
    pendingText: 'Your words are being read against the lesson. This takes a few seconds.',
    none: 'No grade this time',
    outOf: 'of 100',
    passMark: (mark: number) => `Pass mark ${mark}`,
    length: (length: string) => `Call of ${length}`,
    with: (persona: string) => `with ${persona}`,
    criteria: 'What you showed',
    gate: 'must be met in full',
    shown: 'Shown',
    missed: 'Missed',
    unproven: 'Unproven',
    unprovenText: 'Unproven: no words of the record show it, so it does not count.',
    decidedBy: {
      measure: 'Decided by a measure of your speech.',
      quiz: 'Decided by the quiz.',
      judge: 'Decided by a language model, which had to quote you.',
    },
    hintCost: (points: number, cost: number) => `${inPoints(points)}, less ${cost} for hints`,
    judgeFailed: (failed: number, asked: number) =>
      `The language model did not answer for ${failed} of ${asked} questions; they were graded without it.`,
    gradeAgain: 'Grade again',
    grading: 'Grading',
    review: 'Look at the whole call',
    instead: 'Try instead',
    transcript: 'Transcript',
    noTranscript: 'Nothing was said.',
    again: 'Try again',
    others: 'Other scenarios',
    print: 'Print',
    score: (score: number) => `Score ${score} of 100`,
  },

  measures: {
    title: 'How you spoke',
    unknown: 'cannot be said of this call',
    target: (least: string | null, most: string | null) => {
      if (least !== null && most !== null) return `Aim for ${least} to ${most}`
      if (least !== null) return `Aim for ${least} or more`
      return most === null ? null : `Aim for ${most} or less`
    },
    within: 'reached',
    outside: 'not yet',
  },

  ...comingBack,

  theme: { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' },
}

export const measureNames: Record<Measure['id'], string> = {
  talk_share: 'Your share of the talking',
  words_per_minute: 'Words a minute',
  fillers_per_100: 'Fillers, such as “um”',
  longest_turn_s: 'Your longest turn',
  questions: 'Questions you asked',
  response_delay_s: 'Time until you answered',
  interruptions: 'Times you cut in',
  interrupted: 'Times you were cut off',
  silences: 'Long silences',
}

/** Why a call was over; a server that was killed could not say. */
export function endedWord(reason: string | null): string {
  const named: Record<string, string> = {
    learner_ended: 'You ended the call',
    learner_left: 'The page was left',
    lesson_graded: 'The other one ended the call',
    time_limit: 'The time was up',
    taken_over: 'Taken over by another tab',
    budget_spent: 'The budget was used up',
    operator_stopped: 'Ended by the operator',
  }
  return reason === null ? 'Not ended yet, or broken off' : (named[reason] ?? 'Broken off')
}

export const actionWords: Record<FailureAction, string> = {
  'retry-mic': 'Try again',
  'type-instead': 'Type instead',
  'choose-microphone': 'Choose a microphone',
  'resume-sound': 'Resume sound',
  reconnect: 'Connect again',
  continue: 'Continue the call',
  'continue-here': 'Continue here',
  'sign-in': 'Sign in',
  'start-again': 'Start again',
  menu: 'All scenarios',
}

export function stateWord(state: CallState, persona: string): string {
  const named: Record<CallState, string> = {
    idle: 'Ready',
    'requesting-mic': 'Asking for your microphone',
    connecting: 'Connecting',
    listening: 'Your turn',
    thinking: 'Thinking',
    speaking: `${persona} is speaking`,
    reconnecting: 'Reconnecting',
    ended: 'Call ended',
    error: 'Stopped',
  }
  return named[state]
}

export interface HintFacts {
  persona: string
  voiceLost: boolean
  resuming: boolean
  microphone: boolean
  muted: boolean
  holdToTalk: boolean
  talking: boolean
}

export function stateHint(state: CallState, facts: HintFacts): string {
  switch (state) {
    case 'requesting-mic':
      return 'Your browser asks whether this page may listen. Choose Allow.'
    case 'connecting':
      if (facts.voiceLost) return 'The voice service does not answer yet. It is tried again.'
      return facts.resuming ? 'Your call is being brought back.' : `${facts.persona} will speak first.`
    case 'listening':
      return listeningHint(facts)
    case 'thinking':
      return `${facts.persona} heard you and is about to answer.`
    case 'speaking':
      return facts.microphone ? 'Just speak if you want to cut in.' : 'Write whenever you like.'
    case 'reconnecting':
      return facts.voiceLost
        ? 'The voice service dropped out and is being called again. Nothing of the call is lost.'
        : 'The connection dropped. Your call is kept; hold on a moment.'
    default:
      return ''
  }
}

function listeningHint({ microphone, muted, holdToTalk, talking }: HintFacts): string {
  if (!microphone) return 'Write your answer below.'
  if (muted) return 'You are muted. Unmute to be heard.'
  if (!holdToTalk) return 'Speak when you are ready.'
  return talking ? 'Let go when you have finished.' : 'Hold V or the button while you speak.'
}
