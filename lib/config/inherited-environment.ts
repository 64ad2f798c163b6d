/** What any program needs to find its libraries, its temporary folder and its devices. */
const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'LD_LIBRARY_PATH', 'XDG_CACHE_HOME']
const prefixes = ['CUDA_', 'NVIDIA_']

/** The environment for a child process that has no business with this process's settings and secrets. */
export function inheritedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      names.includes(entry[0]) || prefixes.some((prefix) => entry[0].startsWith(prefix)),
  )
  return Object.fromEntries(entries)
}
