import { describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import {
  toApplicationFailure,
  withReadableFailures,
} from '../../../lib/temporal/to-application-failure.ts'

describe('what an activity throws', () => {
  test.each([true, false])('has its code for operators, retryable: %s', (retryable) => {
    const cause = new Error('below')
    const failure = toApplicationFailure(new IpsError('some-code', 'why', { retryable, cause }))
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({
      message: 'why',
      type: 'some-code',
      nonRetryable: !retryable,
      cause,
    })
  })

  test('stays as it is where it is not thrown on purpose', () => {
    const error = new TypeError('a mistake')
    expect(toApplicationFailure(error)).toBe(error)
  })

  test('is translated for each activity, which is otherwise unchanged', async () => {
    const { double, refuse } = withReadableFailures({
      double: (value: number) => Promise.resolve(2 * value),
      refuse: (): Promise<never> => Promise.reject(new IpsError('some-code', 'why')),
    })
    await expect(double(21)).resolves.toBe(42)
    await expect(refuse()).rejects.toMatchObject({ type: 'some-code', nonRetryable: true })
  })
})
