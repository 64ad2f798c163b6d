import { endOf } from './decide.ts'
import { readExtension } from './read-extension.ts'
import type { TransactionState } from './transaction-state.ts'

/**
 * An operator moves the end: `request` is whatever came with the signal. What is not clear or not possible becomes an
 * objection. Never throws.
 */
export function applyExtension(
  { objection: _objection, ...state }: TransactionState,
  request: unknown,
  nowMs: number,
): TransactionState {
  const { progress } = state
  const endMs = progress === undefined ? nowMs : endOf(progress, state).untilMs
  const extension = readExtension(request, { nowMs, endMs })
  if ('objection' in extension)
    return { ...state, objection: `\`extend\` was not met: ${extension.objection}` }
  return { ...state, extendedToMs: extension.untilMs, isExtensionNew: true }
}
