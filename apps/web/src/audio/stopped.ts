/** The last message of an audio worklet that was asked to stop. */
export const STOPPED = 'stopped'
