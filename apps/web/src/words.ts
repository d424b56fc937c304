// Every sentence of the page, so that its tone has one home.
import type { CallState, FailureAction } from './call/types'

export const words = {
  name: 'vivavoce',

  menu: {
    title: 'Rehearse the conversation before it counts.',
    what: 'Pick a scenario, talk it through with someone who answers, and see what you showed in your own words.',
    heading: 'Scenarios',
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

  before: {
    back: 'All scenarios',
    role: 'Your role:',
    brief: 'The situation',
    goals: 'What to bring about',
    optional: 'optional',
    start: 'Start call',
    type: 'Type instead',
    microphone: 'Your browser will ask for the microphone. Headphones keep the other voice out of it.',
    length: (minutes: number) => `up to ${minutes} min`,
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
    instead: 'Try instead',
    transcript: 'Transcript',
    noTranscript: 'Nothing was said.',
    again: 'Try again',
    others: 'Other scenarios',
    print: 'Print',
    score: (score: number) => `Score ${score} of 100`,
  },

  theme: { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' },
}

export const actionWords: Record<FailureAction, string> = {
  'retry-mic': 'Try again',
  'type-instead': 'Type instead',
  'choose-microphone': 'Choose a microphone',
  'resume-sound': 'Resume sound',
  reconnect: 'Connect again',
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
      return `${facts.persona} will speak first.`
    case 'listening':
      return listeningHint(facts)
    case 'thinking':
      return `${facts.persona} heard you and is about to answer.`
    case 'speaking':
      return facts.microphone ? 'Just speak if you want to cut in.' : 'Write whenever you like.'
    case 'reconnecting':
      return 'The connection dropped. Your call is kept; hold on a moment.'
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
