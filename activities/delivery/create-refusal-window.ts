/** The last answers of an endpoint. */
export interface RefusalWindow {
  note(isRefused: boolean): void
  /** Whether so many of the last answers are refusals that it is the endpoint that is in trouble, not its messages. */
  isMostlyRefused(): boolean
}

/** The contract: most of an endpoint's recent messages are 80 % of its last 20. */
export const windowAnswers = 20
export const mostRefusals = 0.8 * windowAnswers

/** Creates an empty window. */
export function createRefusalWindow(): RefusalWindow {
  const answers: boolean[] = []
  let next = 0
  let refusals = 0
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
