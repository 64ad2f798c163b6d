import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client'
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { UnstartedMessage } from '../../../workers/push/journal/message-starts.ts'
import { startMessageStarter } from '../../../workers/push/start-message-starter.ts'
import { messageWorkflowId } from '../../../workflows/messages.ts'
import { messageStartOptions } from '../../../workflows/start-options.ts'
import { until } from '../../support/until.ts'

let connection: Connection
let client: Client
let message: UnstartedMessage
/** No worker serves it: workflows are started, and wait. */
const taskQueue = `test-${randomUUID()}`

beforeAll(async () => {
  connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' })
  client = new Client({ connection })
})

beforeEach(() => {
  message = {
    clientId: randomUUID(),
    endpointId: randomUUID(),
    host: 'hooks.example',
    messageId: randomUUID(),
    position: 7,
    correlationId: 'case-17',
    type: 'ocr.v1m0.RecognizedText',
    failures: 1,
    lastStatus: 400,
    lastError: 'status-400',
  }
})

afterAll(() => connection.close())

/** Starts a starter whose journal lists the message until it is marked. */
function startStarter() {
  const listed = new Set([message])
  const outcomes: string[] = []
  const starter = startMessageStarter({
    client,
    taskQueue,
    journal: {
      findUnstarted: () => Promise.resolve([...listed]),
      markStarted: (messages) => {
        expect(messages).toEqual([message])
        listed.clear()
        return Promise.resolve()
      },
    },
    logger: pino({ level: 'silent' }),
    onStart: (outcome) => outcomes.push(outcome),
  })
  starter.lookSoon()
  return { starter, outcomes, listed }
}

const handleOf = (workflowId = messageWorkflowId(message.messageId)) =>
  client.workflow.getHandle(workflowId)

/** The workflow of a copy of the message, at this endpoint. */
const startCopy = (endpointId: string) =>
  client.workflow.start('messageDelivery', {
    ...messageStartOptions({ ...message, endpointId, state: 'dead' }),
    taskQueue,
  })

async function signalsOf(): Promise<string[]> {
  const { events } = await handleOf().fetchHistory()
  return (events ?? []).flatMap(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
  )
}

describe('the starter of messages’ workflows', () => {
  test('starts the workflow of what the journal lists, with names only, and notes that', async () => {
    const { starter, outcomes, listed } = startStarter()
    await until('it is started', () => listed.size === 0)
    const { type, memo, typedSearchAttributes } = await handleOf().describe()
    expect(type).toBe('messageDelivery')
    const { clientId, endpointId, host } = message
    expect(memo).toEqual({ clientId, endpointId, host })
    expect(typedSearchAttributes.getAll().map(({ value }) => value)).toEqual(
      expect.arrayContaining([clientId, endpointId, 'case-17', 'retrying']),
    )
    await starter.stop()
    expect(outcomes).toEqual(['started'])
    await handleOf().terminate()
  })

  test('takes a workflow that runs for the same endpoint for the message’s own, and tells it', async () => {
    await startCopy(message.endpointId)
    const { starter, listed } = startStarter()
    await until('it is noted', () => listed.size === 0)
    expect(await signalsOf()).toEqual(['refused'])
    await starter.stop()
    await handleOf().terminate()
  })

  test('leaves a workflow alone that runs for another endpoint, and comes back when it has ended', async () => {
    const copy = await startCopy(randomUUID())
    const { starter, outcomes, listed } = startStarter()
    await until('it has tried', () => outcomes.length > 0)
    expect(outcomes).toEqual(['waits'])
    expect(listed.size).toBe(1)
    expect(await signalsOf()).toEqual([])
    await copy.terminate()
    starter.lookSoon()
    await until('it is started', () => listed.size === 0)
    const { typedSearchAttributes } = await handleOf().describe()
    expect(typedSearchAttributes.getAll().map(({ value }) => value)).toContain(message.endpointId)
    await starter.stop()
    await handleOf().terminate()
  })

  test('starts nothing twice, whoever looks at the same time', async () => {
    const first = startStarter()
    const second = startStarter()
    await until('both have noted it', () => first.listed.size + second.listed.size === 0)
    await Promise.all([first.starter.stop(), second.starter.stop()])
    const { runId } = await handleOf().describe()
    await handleOf().terminate()
    await expect(
      client.workflow.getHandle(messageWorkflowId(message.messageId), randomUUID()).describe(),
    ).rejects.toBeInstanceOf(WorkflowNotFoundError)
    expect((await handleOf().describe()).runId).toBe(runId)
  })
})
