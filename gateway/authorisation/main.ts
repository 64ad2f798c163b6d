import { defineRole } from '../../lib/process/run-role.ts'
import { createApp, listen } from '../create-app.ts'
import { httpSettings } from '../http-settings.ts'
import { authorisationSettings, mountAuthorisation } from './mount-authorisation.ts'

/** The authorisation service alone in a process. */
export const role = defineRole({
  name: 'authorisation',
  settings: { ...httpSettings, ...authorisationSettings },
  async start({ config, logger, metrics }) {
    const app = createApp({ logger, metrics })
    const service = await mountAuthorisation(app, { config, logger, metrics })
    await listen(app, config)
    return {
      readiness: () => service.readiness(),
      async stop() {
        await app.close()
        await service.stop()
      },
    }
  },
})
