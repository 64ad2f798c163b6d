import { defineRole } from '../lib/process/run-role.ts'
import {
  authenticationSettings,
  mountAuthentication,
} from './authentication/mount-authentication.ts'
import { authorisationSettings, mountAuthorisation } from './authorisation/mount-authorisation.ts'
import { createApp, listen } from './create-app.ts'
import { describeApi } from './describe-api.ts'
import { httpSettings } from './http-settings.ts'
import { ingestionSettings } from './ingestion/ingestion-settings.ts'
import { mountIngestion } from './ingestion/mount-ingestion.ts'
import type { MountedService } from './mounted-service.ts'

/** Every HTTP service in one process. */
export const role = defineRole({
  name: 'gateway',
  settings: {
    ...httpSettings,
    ...ingestionSettings,
    ...authenticationSettings,
    ...authorisationSettings,
  },
  async start({ config, logger, metrics }) {
    const app = createApp({ logger, metrics })
    await describeApi(app)
    const context = { config, logger, metrics }
    const services: MountedService[] = [
      await mountAuthentication(app, context),
      await mountAuthorisation(app, context),
      mountIngestion(app, context),
    ]
    await listen(app, config)
    return {
      async readiness() {
        const checks = await Promise.all(services.map(async ({ readiness }) => await readiness()))
        return Object.assign({}, ...checks) as Record<string, string>
      },
      async stop() {
        await app.close()
        await Promise.all(services.map((service) => service.stop()))
      },
    }
  },
})
