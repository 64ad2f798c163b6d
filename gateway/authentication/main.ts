import { defineRole } from '../../lib/process/run-role.ts'
import { createApp, listen } from '../create-app.ts'
import { httpSettings } from '../http-settings.ts'
import { authenticationSettings, mountAuthentication } from './mount-authentication.ts'

/** The authentication service alone in a process. */
export const role = defineRole({
  name: 'authentication',
  settings: { ...httpSettings, ...authenticationSettings },
  async start({ config, logger, metrics }) {
    const app = createApp({ logger, metrics })
    const service = await mountAuthentication(app, { config, logger, metrics })
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
