import type { Readiness } from '../lib/telemetry/health-server.ts'

/** A service whose routes are on the app, with what it opened for them. */
export interface MountedService {
  readonly readiness: () => Promise<Readiness> | Readiness
  /** Closes what the service opened; called after the last request has been answered. */
  readonly stop: () => Promise<void>
}
