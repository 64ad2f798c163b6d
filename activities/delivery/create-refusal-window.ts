/** The last answers of an endpoint. */
export interface RefusalWindow {
  note(isRefused: boolean): void
  /** Whether so many of the last answers are refusals that it is the endpoint that is in trouble, not its messages. */
  isMostlyRefused(): boolean
}

/** The contract: most of an endpoint's recent messages are 80 % of its last 20. */
export const windowAnswers = 20
export const mostRefusals = 0.8 * windowAnswers

/** Creates a window that is empty, or that one more refusal makes mostly refused. */
export function createRefusalWindow(isNearlyRefused = false): RefusalWindow {
  const answers: boolean[] = isNearlyRefused ? Array<boolean>(mostRefusals - 1).fill(true) : []
  let next = answers.length
  let refusals = answers.length
  return {
    note(isRefused) {
      if (answers[next] === true) refusals -= 1
      if (isRefused) refusals += 1
      answers[next] = isRefused
      next = (next + 1) % windowAnswers
    },
    isMostlyRefused: () => refusals >= mostRefusals,
  }
}
