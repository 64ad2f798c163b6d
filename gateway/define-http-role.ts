import type { Config } from '../lib/config/settings.ts'
import { defineRole, type RoleContext, type RoleDefinition } from '../lib/process/run-role.ts'
import type { RoleName } from '../lib/topology.ts'
import { createApp, listen, type App } from './create-app.ts'
import { describeApi } from './describe-api.ts'
import type { httpSettings } from './http-settings.ts'
import type { MountedService } from './mounted-service.ts'

/**
 * Declares a role that serves HTTP: what `mount` puts on the app, described at `/openapi.json` and `/docs`. It listens once
 * everything is mounted; when it stops, requests under way are answered before the services close.
 */
export function defineHttpRole<S extends typeof httpSettings>(options: {
  readonly name: RoleName
  readonly settings: S
  mount(app: App, context: RoleContext<NoInfer<S>>): Promise<MountedService> | MountedService
}): RoleDefinition<S> {
  return defineRole({
    name: options.name,
    settings: options.settings,
    async start(context) {
      const config: Config<typeof httpSettings> = context.config
      const app = createApp({ ...context, trustedProxies: config.trustedProxies })
      await describeApi(app, config.publicUrl)
      const service = await options.mount(app, context)
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
}
