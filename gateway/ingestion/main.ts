import { defineRole } from '../../lib/process/run-role.ts'
import { createApp, listen } from '../create-app.ts'
import { describeApi } from '../describe-api.ts'
import { httpSettings } from '../http-settings.ts'
import { ingestionSettings } from './ingestion-settings.ts'
import { mountIngestion } from './mount-ingestion.ts'

/** Ingestion alone in a process. */
export const role = defineRole({
  name: 'ingestion',
  settings: { ...httpSettings, ...ingestionSettings },
  async start({ config, logger, metrics }) {
    const app = createApp({ logger, metrics })
    await describeApi(app)
    const service = mountIngestion(app, { config, logger, metrics })
    await listen(app, config)
    return {
      readiness: service.readiness,
      async stop() {
        await app.close()
        await service.stop()
      },
    }
  },
})
