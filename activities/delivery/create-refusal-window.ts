/** The last answers of an endpoint, and the refusals among them, whose messages are not settled yet. */
export interface RefusalWindow<Refusal> {
  /**
   * Notes an answer, `undefined` for one that is no refusal. Returns the refusal that leaves the window, if any: enough
   * came after it to say that it is the message's own.
   */
  note(refusal: Refusal | undefined): Refusal | undefined
  /** Whether so many of the last answers are refusals that it is the endpoint that is in trouble, not its messages. */
  isMostlyRefused(): boolean
  /** Takes out the refusals, and forgets the answers. */
  empty(): Refusal[]
}

/** The contract: most of an endpoint's recent messages are 80 % of its last 20. */
export const windowAnswers = 20
export const mostRefusals = 0.8 * windowAnswers

/** Creates an empty window. */
export function createRefusalWindow<Refusal>(): RefusalWindow<Refusal> {
  let answers: (Refusal | undefined)[] = []
  const refusals = () => answers.filter((answer) => answer !== undefined)
  return {
    note(refusal) {
      answers.push(refusal)
      return answers.length > windowAnswers ? answers.shift() : undefined
    },
    isMostlyRefused: () => refusals().length >= mostRefusals,
    empty() {
      const held = refusals()
      answers = []
      return held
    },
  }
}
