/** A process as the supervisor runs it. */
export interface ProcessDefinition {
  readonly kind: 'server' | 'role'
  readonly name: string
  readonly ports: Readonly<Record<string, number>>
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  /** For a process that must not run as root. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Done before every start; what it throws counts as an exit. */
  readonly prepare?: () => Promise<void>
  /** Asked again and again; it must answer, or reject, within a few seconds. */
  readonly isReady: () => Promise<boolean>
  /** What the process takes as the wish to end in good order. */
  readonly stopSignal: NodeJS.Signals
  /** After that it is killed. */
  readonly stopTimeoutMs: number
}
