import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow'

/** What the workflow does of its own. */
export interface BareActivities {
  note(): Promise<void>
}

export const bareSignal = defineSignal<[string]>('bare')

const { note } = proxyActivities<BareActivities>({ startToCloseTimeout: '15 seconds' })

/** The least that a workflow can do which is told something and then does something: one signal, one activity. */
export async function bare(): Promise<void> {
  let isTold = false
  setHandler(bareSignal, () => {
    isTold = true
  })
  await condition(() => isTold)
  await note()
}
