// The sentences for whoever comes in, and for calls that break off and go on.
import { roughly } from './clock'

export const comingBack = {
  signIn: {
    title: 'Sign in',
    what: 'This server is for a class. The code comes from whoever teaches it.',
    code: 'Class code',
    name: 'Your name',
    nameHint: 'It stands beside your calls. Somebody else with the same name is still somebody else.',
    enter: 'Sign in',
    entering: 'Signing in',
    failed: 'You are not signed in yet',
    leave: 'Sign out',
    stayed: 'You are still signed in',
    unknown: 'You are not signed in',
    unknownText:
      'This server lets another page say who you are, and it did not. Sign in there, then load this page again.',
    loading: 'Asking the server',
    unreachable: 'The server does not answer',
  },

  closed: 'No calls can be made at the moment',

  kept: {
    card: (seconds: number) => `Continue, left ${ago(seconds)}`,
    title: 'Your call is waiting',
    text: (seconds: number, until: string) =>
      `You left it ${ago(seconds)}. It goes on where it stopped, with everything that was said. It is kept until ${until}.`,
    continue: 'Continue the call',
    again: 'Start again',
    againText: 'Starting again ends the call that is waiting; it is graded as it stands.',
  },

  outage: {
    lost: 'The connection is lost',
    lostText: 'Your call is kept. It goes on by itself as soon as the server answers.',
    restarting: 'Back in a moment',
    trying: 'Trying now',
    next: (seconds: number) => `Next try in ${seconds} s`,
    tryNow: 'Try now',
    stop: 'Stop trying',
  },

  gap: {
    // The page keeps the last three seconds of the learner's voice.
    line: (seconds: number, spoken: boolean) =>
      spoken && seconds >= 4
        ? `The connection was gone for ${roughly(seconds)}. What you said meanwhile was not heard.`
        : `The connection was gone for ${roughly(seconds)}`,
    away: (seconds: number) => `You were away for ${roughly(seconds)}`,
  },
}

function ago(seconds: number): string {
  return seconds < 60 ? 'less than a minute ago' : `${roughly(seconds)} ago`
}
