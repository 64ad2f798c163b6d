import { z } from 'zod'
import { integer, setting } from '../../../lib/config/settings.ts'
import { defineRole, runRole } from '../../../lib/process/run-role.ts'

/** A role whose end depends on its setting: run as a process of its own by the tests. */
const role = defineRole({
  name: 'probe',
  settings: {
    onStop: setting(z.enum(['drain', 'hang', 'throw']), 'What happens on a stop'),
    onStart: setting(
      z.enum(['work', 'throw-later', 'reject-later']).default('work'),
      'What happens after the start',
    ),
    crashes: setting(integer(0, 10).default(0), 'How often its component crashes'),
  },
  async start({ config, logger, supervise }) {
    const work = setInterval(() => undefined, 1_000)
    let starts = 0
    await supervise('sample', (onCrash) => {
      starts += 1
      logger.info({ starts }, 'component.started')
      if (starts <= config.crashes) setTimeout(() => onCrash(new TypeError('on purpose')), 1)
      return { stop: () => undefined }
    })
    if (config.onStart === 'throw-later')
      setTimeout(() => {
        throw new Error('unexpected')
      }, 1)
    if (config.onStart === 'reject-later') void Promise.reject(new Error('unexpected'))
    return {
      readiness: () => ({ work: 'ok' }),
      async stop() {
        if (config.onStop === 'throw') throw new Error('cannot stop')
        if (config.onStop === 'hang') await new Promise(() => undefined)
        clearInterval(work)
      },
    }
  },
})

await runRole(role, process.env, process.argv.slice(2))
