import { z } from 'zod'
import { IpsError } from '../errors/ips-error.ts'

/** One setting: how its text is read, and what it is for. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  readonly description: string
  /** Never logged. */
  readonly secret: boolean
}

/** Settings by their camelCase name; `kafkaBrokers` is read from `KAFKA_BROKERS`. */
export type Settings = Readonly<Record<string, Setting>>

/** The values of settings, as a service sees them. */
export type Config<S extends Settings> = { readonly [Name in keyof S]: z.output<S[Name]['schema']> }

/** Declares a setting. The schema gets the environment's text, or `undefined` where it is not set or empty. */
export function setting<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  options: { secret?: boolean } = {},
): Setting<Schema> {
  return { schema, description, secret: options.secret ?? false }
}

/** A whole number within bounds, both included. */
export function integer(minimum: number, maximum: number) {
  return z.coerce.number().int().min(minimum).max(maximum)
}

/** `true` or `false`. */
export function boolean() {
  return z.enum(['true', 'false']).transform((text) => text === 'true')
}

/** A list separated by commas, without empty entries. */
export function list() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  )
}

/** The environment variable of a setting: `kafkaBrokers` is `KAFKA_BROKERS`. */
export function environmentName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/**
 * Reads and validates settings. Returns a frozen object. Throws `IpsError('config-invalid')` that names every variable
 * that is wrong and why, without its value (it may be a secret).
 */
export function readConfig<S extends Settings>(
  settings: S,
  environment: Readonly<Record<string, string | undefined>>,
): Config<S> {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [name, { schema }] of Object.entries(settings)) {
    const variable = environmentName(name)
    const text = environment[variable]
    const result = schema.safeParse(text === '' ? undefined : text)
    if (result.success) values[name] = result.data
    else
      problems.push(`${variable}: ${result.error.issues.map((issue) => issue.message).join(', ')}`)
  }
  if (problems.length > 0) throw new IpsError('config-invalid', problems.join('; '))
  return Object.freeze(values) as Config<S>
}

/** The configuration as it may be logged: secrets are replaced. */
export function redactConfig<S extends Settings>(
  settings: S,
  config: Config<S>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      settings[name]?.secret ? '[redacted]' : value,
    ]),
  )
}

/** One row of the generated documentation. */
export interface SettingDescription {
  readonly variable: string
  /** `required` where there is no default. */
  readonly fallback: string
  readonly description: string
}

/** What `--help` and `docs/configuration.md` say of settings. */
export function describeSettings(settings: Settings): SettingDescription[] {
  return Object.entries(settings).map(([name, { schema, description, secret }]) => {
    const result = schema.safeParse(undefined)
    const fallback = !result.success ? 'required' : secret ? 'none' : describeValue(result.data)
    return { variable: environmentName(name), fallback, description }
  })
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'none'
  return Array.isArray(value)
    ? value.join(',')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
}
