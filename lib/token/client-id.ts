/** Ids go into Kafka keys, workflow ids, file names and URLs: nothing in them needs escaping. */
const format = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** The rule for client ids, for people. */
export const clientIdRule =
  '1 to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or a digit'

/** True for what can be a client's id, which is also its name. */
export function isClientId(text: string): boolean {
  return format.test(text)
}
