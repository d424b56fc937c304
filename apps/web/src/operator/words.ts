// The sentences of the operator's page.
import { counted } from '../counted'

export const operating = {
  title: 'Operation',
  what: 'Whether calls are taken, who is on the line, and what it costs. For the one who runs this server.',
  toClass: 'Results of the class',
  loading: 'Loading the figures',
  stale: 'These figures are not fresh: the server does not answer.',
  open: 'Calls are taken',
  openText: (running: number) =>
    running === 0 ? 'Nobody is on the line.' : `${counted(running, 'call is', 'calls are')} going on.`,
  closed: 'No new calls are taken',
  closedText: (running: number) =>
    running === 0 ? 'Nobody is on the line.' : `${counted(running, 'call goes', 'calls go')} on to the end.`,
  close: 'Take no new calls',
  reopen: 'Take calls again',
  endAll: 'End all calls',
  reallyEnd: (running: number) => `End ${calls(running)} now?`,
  reallyEndText:
    'The personas say goodbye in a sentence, and what was said is graded. New calls are not taken until you allow them again.',
  goOn: 'Let them go on',
  money: 'Money',
  moneyText: (day: string) =>
    `Estimated from what the voice service reported, with the prices of ${day}. Days are UTC.`,
  today: 'Today',
  month: 'This month',
  of: (cap: string) => `of ${cap}`,
  noCap: 'no limit is set',
  reserved: (dollars: string) => `${dollars} reserved for the calls that go on`,
  perCall: (cap: string) => `a call may cost ${cap}`,
  perDay: (cap: string) => `a learner may spend ${cap} a day`,
  live: 'On the line',
  nobody: 'Nobody is on the line.',
  users: 'Learners',
  days: 'Days',
  models: 'Models',
  last: 'The last 30 days.',
  nothing: 'There was no call in the last 30 days.',
  unpriced: (answers: number) => `${counted(answers, 'answer', 'answers')} without a known price`,
  learner: 'Learner',
  scenario: 'Scenario',
  length: 'Length',
  calls: 'Calls',
  cost: 'Cost',
  day: 'Day',
  model: 'Model',
  tokens: 'Tokens',
}

function calls(count: number): string {
  return counted(count, 'call', 'calls')
}
