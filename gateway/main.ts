import {
  authenticationSettings,
  mountAuthentication,
} from './authentication/mount-authentication.ts'
import { authorisationSettings, mountAuthorisation } from './authorisation/mount-authorisation.ts'
import { defineHttpRole } from './define-http-role.ts'
import { firehoseStreamSettings } from './firehose/firehose-settings.ts'
import { mountFirehose } from './firehose/mount-firehose.ts'
import { httpSettings } from './http-settings.ts'
import { ingestionSettings } from './ingestion/ingestion-settings.ts'
import { mountIngestion } from './ingestion/mount-ingestion.ts'
import type { MountedService } from './mounted-service.ts'

/** Every HTTP service in one process. */
export const role = defineHttpRole({
  name: 'gateway',
  settings: {
    ...httpSettings,
    ...ingestionSettings,
    ...authenticationSettings,
    ...authorisationSettings,
    ...firehoseStreamSettings,
  },
  async mount(app, context) {
    const services: MountedService[] = [
      await mountAuthentication(app, context),
      await mountAuthorisation(app, context),
      mountIngestion(app, context),
      mountFirehose(app, context),
    ]
    return {
      async readiness() {
        const checks = await Promise.all(services.map(async ({ readiness }) => await readiness()))
        return Object.assign({}, ...checks) as Record<string, string>
      },
      async stop() {
        await Promise.all(services.map((service) => service.stop()))
      },
    }
  },
})
